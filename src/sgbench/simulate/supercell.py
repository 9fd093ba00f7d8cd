"""The finite piece of a crystal that a fingerprint is taken of: its standard cell, scaled and replicated."""

from dataclasses import dataclass

import numpy as np
import spglib

from sgbench.crystals.crystal import Crystal, conventional_cell
from sgbench.crystals.possible import pairs_within
from sgbench.errors import SgbenchError
from sgbench.simulate.scattering import form_factor_terms

# A record with less than this is broken: atoms never come so close, and no cell is so small.
SMALLEST_DISTANCE_A = 0.1
SMALLEST_VOLUME_A3 = 1e-3


@dataclass(frozen=True)
class Supercell:
    """A scaled cell and how often it is repeated along its three axes.

    Attributes:
        lattice: lattice vectors as rows, Å after scaling.
        frac_coords: fractional coordinates, shape (S, 3).
        numbers: atomic numbers, shape (S,).
        replicas: repetitions along the three axes.
        scale: Å after scaling for one Å of the crystal.
    """

    lattice: np.ndarray
    frac_coords: np.ndarray
    numbers: np.ndarray
    replicas: tuple[int, ...]
    scale: float


def supercell_of(crystal: Crystal, neighbour_distance_A: float, target_atoms: int) -> Supercell:
    """Build the standard cell, scaled by the neighbour distance of the perfect crystal, and its replicas.

    Args:
        crystal: the crystal.
        neighbour_distance_A: the mean nearest-neighbour distance that it is scaled to, Å.
        target_atoms: the number of atoms to come near to.

    Raises:
        SgbenchError: the crystal cannot be done.
    """
    scale = neighbour_distance_A / _mean_neighbour_distance(crystal)
    lattice, frac_coords, numbers = _standard_cell(crystal)
    replicas = _replicas(lattice, len(numbers), target_atoms)
    return Supercell(lattice * scale, frac_coords, numbers, replicas, scale)


def _mean_neighbour_distance(crystal: Crystal) -> float:
    """Average over the atoms of the endless crystal the distance to the nearest neighbour, in Å.

    Raises:
        SgbenchError: the structure is broken.
    """
    lattice, frac_coords = (np.array(x, dtype=np.float64) for x in (crystal.lattice, crystal.frac_coords))
    if not len(crystal.numbers):
        raise SgbenchError("the cell has no atoms")
    # NaN would not only spoil the image: spglib crashes the process on it.
    if not (np.isfinite(lattice).all() and np.isfinite(frac_coords).all()):
        raise SgbenchError("the lattice or the coordinates are not finite numbers")
    if abs(np.linalg.det(lattice)) < SMALLEST_VOLUME_A3:
        raise SgbenchError("the cell has no volume")
    unknown = sorted({int(number) for number in crystal.numbers} - form_factor_terms().keys())
    if unknown:
        raise SgbenchError(f"no form factor for atomic number {', '.join(map(str, unknown))}")

    reduced = spglib.delaunay_reduce(lattice)
    if reduced is None:
        raise SgbenchError("the cell is too flat to reduce")
    positions = frac_coords @ lattice
    # An atom's own image at the shortest lattice vector bounds the distance to its nearest neighbour.
    reach = np.linalg.norm(reduced, axis=1).min() * 1.001
    first, _, distance = pairs_within(reach, positions, reduced)
    nearest = np.full(len(positions), np.inf)
    np.minimum.at(nearest, first, distance)
    if nearest.min() < SMALLEST_DISTANCE_A:
        raise SgbenchError(f"two atoms are less than {SMALLEST_DISTANCE_A} Å apart")
    return float(nearest.mean())


def _standard_cell(crystal: Crystal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the standard conventional cell: lattice (3, 3), fractional coordinates (S, 3), atomic numbers (S,)."""
    lattice, numbers, frac_coords, _ = conventional_cell(crystal)
    frac_coords = _from_own_origin(frac_coords, numbers)
    # Vacancies are drawn by position in the list of atoms, which must not depend on the input's.
    order = np.lexsort([*frac_coords.round(3).T, numbers])
    return lattice, frac_coords[order], numbers[order]


def _from_own_origin(frac_coords: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Move the origin to an atom that the crystal itself singles out, and all atoms into the cell.

    The surface of a finite crystal shows in its image, and lies where the cell is cut. Many space groups
    leave a choice of origin; this takes, of the atoms of the rarest species, the one that sees the others
    nearest in a skewed measure, which ties for atoms with the same surroundings alone.
    """
    species, counts = np.unique(numbers, return_counts=True)
    origins = frac_coords[numbers == species[counts.argmin()]]
    seen = frac_coords - origins[:, None]
    # Rounding must not decide at which end of the cell an atom lies.
    seen -= np.floor(seen + 1e-4)
    measure = (numbers * np.exp(seen @ np.sqrt([2.0, 3.0, 5.0]))).sum(axis=1)
    return seen[measure.argmin()]


def _replicas(lattice: np.ndarray, atoms: int, target: int) -> tuple[int, ...]:
    """Repeat the cell to the near-cubic block with the number of atoms nearest to the target.

    Equal edges are repeated equally often, so that the block keeps the symmetry of the cell.
    """
    edges = np.linalg.norm(lattice, axis=1)
    # Trial widths in units of the shortest edge, none of which rounds up or down by a hair.
    widths = edges.min() * np.arange(1.1, target + 1, 0.25)
    replicas = np.maximum(1, np.rint(widths[:, None] / edges)).astype(int)
    return tuple(replicas[np.abs(atoms * replicas.prod(axis=1) - target).argmin()].tolist())
