"""How the crystals of a powder may differ from the ideal one: strain, and preferred orientation."""

from dataclasses import dataclass

import numpy as np
import spglib

from sgbench.crystals.crystal import SYMPREC_A
from sgbench.errors import SgbenchError


@dataclass(frozen=True)
class Distortion:
    """How far a specimen may be from the ideal crystal; what it is in fact is drawn at random.

    Attributes:
        strain: standard deviation of the components of the strain tensor; about 0.001 to 0.02. The tensor is
            averaged over the point group, as Neumann's principle demands of the thermal and chemical
            expansion that it stands for, so the space group stays what it is.
        march: range of the March parameter r, uniform, of a preferred orientation about a random low-index
            plane normal; 1 is a random powder, smaller for plates, larger for needles; about 0.5 to 1.5
            (Dollase, J. Appl. Cryst. 19, 267, 1986).
    """

    strain: float = 0.0
    march: tuple[float, float] = (1.0, 1.0)


def strain(
    lattice: np.ndarray, kinds: np.ndarray, coords: np.ndarray, sigma: float, rng: np.random.Generator
) -> np.ndarray:
    """Random symmetric strain tensor (3, 3), Cartesian, that the crystal's point group leaves unchanged."""
    draw = rng.normal(0, sigma, (3, 3))
    symmetry = spglib.get_symmetry((lattice, coords, kinds), symprec=SYMPREC_A)
    if symmetry is None:
        raise SgbenchError("no symmetry operations found")
    rotations = lattice.T @ symmetry["rotations"] @ np.linalg.inv(lattice.T)
    return (rotations @ ((draw + draw.T) / 2) @ rotations.swapaxes(1, 2)).mean(0)


def march_dollase(
    hkl: np.ndarray, lattice: np.ndarray, march: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """Factor (M,) of preferred orientation (Dollase, 1986); its mean over all directions is 1."""
    r = rng.uniform(*march)
    low_index = np.array([1, *rng.integers(-1, 2, 2)])[rng.permutation(3)]
    reciprocal = np.linalg.inv(lattice).T
    normal, g = low_index @ reciprocal, hkl @ reciprocal
    cos2 = (g @ normal) ** 2 / (g**2).sum(1) / (normal**2).sum()
    return (r**2 * cos2 + (1 - cos2) / r) ** -1.5
