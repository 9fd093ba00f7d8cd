"""Other crystals of the same space group: another cell, other elements, atoms moved as far as symmetry allows.

A classifier of few crystals learns their chemistry and their exact cells by heart. What makes a space group is neither:
cells may stretch within their crystal system, atoms move along the free coordinates of their Wyckoff positions, and
every species be another element. Patterns of such crystals are new examples, where those of a noisy instrument are the
same ones again.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import spglib
from pymatgen.core.periodic_table import Element

from sgbench.crystals.crystal import SYMPREC_A, Crystal, of_species, species
from sgbench.errors import SgbenchError

_ELEMENTS = np.array([element.Z for element in Element if element.Z <= 83])


@dataclass(frozen=True)
class Variation:
    """How far a crystal is changed; 0 leaves a change out.

    Attributes:
        scale: standard deviation of the logarithm of a factor on the whole cell; 0 to 0.2.
        strain: standard deviation of the components of a strain tensor, averaged over the point group, as Neumann's
            principle has it for whatever keeps the symmetry; 0 to 0.2.
        displacement_A: standard deviation of the atoms' displacements along each Cartesian axis before they are
            averaged over the space group, which leaves those along free coordinates; Å, 0 to 0.5.
        substitution: probability of each species to become another element up to bismuth; distinct species stay
            distinct; 0 to 1.
    """

    scale: float = 0.08
    strain: float = 0.05
    displacement_A: float = 0.05
    substitution: float = 0.7


def vary(crystal: Crystal, variation: Variation, seed: int) -> Crystal:
    """Return a random crystal that keeps all symmetry operations of ``crystal``.

    Args:
        crystal: the crystal; any cell.
        variation: how far it is changed.
        seed: of the draw.

    Returns:
        The changed crystal, with the id, source, formula and space group of ``crystal`` and an unknown standard cell.

    Raises:
        SgbenchError: no symmetry operations are found, or it has more species than there are elements.
    """
    rng = np.random.default_rng(seed)
    lattice = np.asarray(crystal.lattice, float)
    coords = np.asarray(crystal.frac_coords, float)
    kinds = species(crystal.numbers, crystal.isotopes)
    rotations, images = _operations(lattice.tobytes(), coords.tobytes(), kinds.tobytes())
    strain = _strain(lattice, rotations, rng.normal(0, variation.strain, (3, 3)))
    drawn = rng.normal(0, variation.displacement_A, coords.shape) @ np.linalg.inv(lattice)
    factor = np.exp(rng.normal(0, variation.scale))
    numbers, isotopes = of_species(_substituted(kinds, variation.substitution, rng))
    return replace(
        crystal,
        lattice=lattice @ (np.eye(3) + strain) * factor,
        frac_coords=coords + _displacements(rotations, images, drawn),
        numbers=numbers,
        isotopes=isotopes,
        standard=None,
    )


@lru_cache(maxsize=4096)
def _operations(lattice: bytes, coords: bytes, numbers: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (K, 3, 3) of the space group, and where they take each site, (K, N).

    The arrays come as bytes, so that many changes of one crystal search its symmetry once.
    """
    cell = np.frombuffer(lattice).reshape(3, 3)
    sites = np.frombuffer(coords).reshape(-1, 3)
    try:
        found = spglib.get_symmetry((cell, sites, np.frombuffer(numbers, np.int32)), symprec=SYMPREC_A)
    except spglib.error.SpglibError:
        found = None
    if found is None:
        raise SgbenchError("no symmetry operations found")
    rotations, images = found["rotations"], []
    for rotation, shift in zip(rotations, found["translations"], strict=True):
        difference = (sites @ rotation.T + shift)[:, None] - sites
        difference -= np.rint(difference)
        images.append(((difference @ cell) ** 2).sum(-1).argmin(1))
    return rotations, np.array(images)


def _strain(lattice: np.ndarray, rotations: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Symmetric strain tensor (3, 3), Cartesian, that the point group leaves as it is."""
    turns = lattice.T @ rotations @ np.linalg.inv(lattice.T)
    return (turns @ ((drawn + drawn.T) / 2) @ turns.swapaxes(1, 2)).mean(0)


def _displacements(rotations: np.ndarray, images: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Displacements (N, 3), fractional, averaged over the space group."""
    turned = np.einsum("kij,nj->kni", rotations, drawn)
    total = np.zeros_like(drawn)
    np.add.at(total, images.ravel(), turned.reshape(-1, 3))
    return total / len(rotations)


def _substituted(kinds: np.ndarray, probability: float, rng: np.random.Generator) -> np.ndarray:
    """Species (N,) after each has become another element with this probability."""
    distinct, site = np.unique(kinds, return_inverse=True)
    changed = rng.random(len(distinct)) < probability
    free = np.setdiff1d(_ELEMENTS, distinct[~changed])
    distinct[changed] = rng.choice(free, changed.sum(), replace=False)
    return distinct[site]
