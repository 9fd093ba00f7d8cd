"""What a crystal can be: no two atoms in one place, and neither crowded nor empty."""

from functools import cache

import gemmi
import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

#: Of the sum of two covalent radii (B. Cordero et al., Dalton Trans. 2832, 2008), the least distance of two atoms; the
#: least in 34,470 structures of the Materials Project is 0.647, between uranium atoms.
SHORTEST = 0.6
#: Å³; those structures have 5.6 to 896.
VOLUME_PER_ATOM = (2.0, 1000.0)


def closest(lattice: np.ndarray, numbers: np.ndarray, frac_coords: np.ndarray) -> tuple[int, int, float] | None:
    """Return the pair of atoms that are too close, most of all pairs, and how far they are apart.

    Args:
        lattice: lattice vectors as rows, shape (3, 3), Å.
        numbers: atomic numbers, shape (N,).
        frac_coords: fractional coordinates, shape (N, 3).

    Returns:
        Two indices and the distance in Å, or None where all have room.
    """
    radii = covalent_radii()[numbers]
    first, second, distance = pairs_within(2 * SHORTEST * float(radii.max()), frac_coords @ lattice, lattice)
    room = distance / (radii[first] + radii[second])
    if not (room < SHORTEST).any():
        return None
    pair = room.argmin()
    one, other = sorted((int(first[pair]), int(second[pair])))
    return one, other, float(distance[pair])


def pairs_within(
    reach_A: float, positions: np.ndarray, lattice: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs of atoms of the endless crystal that are within reach of each other.

    Args:
        reach_A: how far they are apart at most, Å.
        positions: of the atoms of one cell, shape (N, 3), Å.
        lattice: vectors that the crystal repeats by, as rows, shape (3, 3), Å.

    Returns:
        The indices of both atoms and their distance, Å, each of shape (P,): each pair both ways round, and atoms with
        their own images.
    """
    first, second, image, distance = find_points_in_spheres(
        positions, positions, r=reach_A, pbc=np.ones(3, dtype=np.int64), lattice=np.ascontiguousarray(lattice), tol=1e-8
    )
    others = (first != second) | image.any(axis=1)
    return first[others], second[others], distance[others]


def fault_of_volume(lattice: np.ndarray, atoms: int) -> str | None:
    """Say why a cell (3, 3), Å, cannot hold so many atoms, or None where it can."""
    each = abs(float(np.linalg.det(lattice))) / atoms
    least, most = VOLUME_PER_ATOM
    if least <= each <= most:
        return None
    return f"{each:.3g} Å³ an atom, which no crystal has ({least:g} to {most:g})"


@cache
def covalent_radii() -> np.ndarray:
    """Return the covalent radius of each element by atomic number, Å; see :data:`SHORTEST`."""
    return np.array([gemmi.Element(number).covalent_r for number in range(119)])
