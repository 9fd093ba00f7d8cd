"""One crystal: its cell, its label, and what tells a crystal from a record that is none."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import spglib

from sgbench.crystals.symmetry import N_SPACE_GROUPS

# spglib raises its errors, in place of printing and returning None.
spglib.error.OLD_ERROR_HANDLING = False

SYMPREC_A = 0.01
_HEAVIEST = 118


class Cell(NamedTuple):
    """A cell of a crystal.

    Attributes:
        lattice: lattice vectors as rows, shape (3, 3), Å.
        numbers: atomic numbers, shape (S,).
        frac_coords: fractional coordinates, shape (S, 3).
    """

    lattice: np.ndarray
    numbers: np.ndarray
    frac_coords: np.ndarray

    @classmethod
    def of_lists(cls, lattice: object, numbers: object, frac_coords: object) -> Self:
        """Return the cell that flat lists describe, as tables hold them: row-major, 9, N and 3N numbers."""
        coords = np.asarray(frac_coords, float).reshape(-1, 3)
        return cls(np.asarray(lattice, float).reshape(3, 3), np.asarray(numbers, int), coords)


@dataclass(frozen=True, slots=True, eq=False)
class Crystal:
    """One ordered crystal structure with its space group.

    Attributes:
        id: the record's id in its source, e.g. ``mp-1234``; need not be unique.
        source: the data set or file that the record comes from.
        formula: reduced formula, e.g. ``Fe2O3``.
        space_group: international number, 1 to 230.
        lattice: lattice vectors as rows, shape (3, 3), Å.
        numbers: atomic numbers, shape (N,).
        frac_coords: fractional coordinates, shape (N, 3).
        structure_class: structure type, e.g. ``fcc(225)``, of a prototype; else "".
        standard: the standard conventional cell, in the orientation and setting of spglib, where it is known: the
            search for it takes longer than most of what follows.
    """

    id: str
    source: str
    formula: str
    space_group: int
    lattice: np.ndarray
    numbers: np.ndarray
    frac_coords: np.ndarray
    structure_class: str = ""
    standard: Cell | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was left out, and why."""

    source: str
    id: str
    reason: str


def fault_of(lattice: object, numbers: object, frac_coords: object, space_group: object) -> str | None:
    """Say why a record cannot be a crystal, or None where it can."""
    try:
        cell = np.asarray(lattice, float).ravel()
        coords = np.asarray(frac_coords, float).ravel()
        species = np.asarray(numbers, float).ravel()
        label = float(space_group)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "a value is missing or not a number"
    if cell.size != 9 or not np.isfinite(cell).all():
        return "the lattice is not nine finite numbers"
    if abs(np.linalg.det(cell.reshape(3, 3))) < 1e-3:
        return "the cell has no volume"
    if species.size == 0 or coords.size != 3 * species.size:
        return f"{species.size} atomic numbers but {coords.size} coordinates"
    if not np.isfinite(coords).all():
        return "a coordinate is not finite"
    if not (np.isin(species, np.arange(1, _HEAVIEST + 1))).all():
        return "an atomic number is not between 1 and 118"
    if not (label.is_integer() and 1 <= label <= N_SPACE_GROUPS):
        return f"the space group {space_group} is not between 1 and 230"
    return None


def find_symmetry(lattice: np.ndarray, frac_coords: np.ndarray, numbers: np.ndarray) -> spglib.SpglibDataset | None:
    """Return what spglib finds of a structure at :data:`SYMPREC_A`, or None where it finds nothing."""
    try:
        return spglib.get_symmetry_dataset((lattice, frac_coords, numbers), symprec=SYMPREC_A)
    except spglib.error.SpglibError:
        return None


def cell_parameters(lattice: np.ndarray) -> tuple[float, float, float, float, float, float]:
    """Return a, b, c (Å) and alpha, beta, gamma (degrees) of lattice vectors, rows of a (3, 3) array."""
    a, b, c = lengths = np.linalg.norm(lattice, axis=1)
    cosines = [lattice[j] @ lattice[k] / (lengths[j] * lengths[k]) for j, k in ((1, 2), (0, 2), (0, 1))]
    alpha, beta, gamma = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    return a, b, c, alpha, beta, gamma
