"""One crystal: its cell, its label, and what tells a crystal from a record that is none."""

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import spglib

from sgbench.crystals.symmetry import N_SPACE_GROUPS
from sgbench.errors import SgbenchError

# spglib raises its errors, in place of printing and returning None.
spglib.error.OLD_ERROR_HANDLING = False

SYMPREC_A = 0.01
#: The second look, which tells rounded coordinates from another space group.
LOOSE_A = 0.1
_HEAVIEST = 118
#: Mass number.
DEUTERIUM = 2
#: What tells atoms apart by one number has one for deuterium that no element has.
SPECIES_OF_DEUTERIUM = 201


class Cell(NamedTuple):
    """A cell of a crystal.

    Attributes:
        lattice: lattice vectors as rows, shape (3, 3), Å.
        numbers: atomic numbers, shape (S,).
        frac_coords: fractional coordinates, shape (S, 3).
        isotopes: mass numbers, shape (S,), 0 standing for the natural element; None where all are natural. The only
            isotope is deuterium, 2.
    """

    lattice: np.ndarray
    numbers: np.ndarray
    frac_coords: np.ndarray
    isotopes: np.ndarray | None = None

    @classmethod
    def of(cls, crystal: "Crystal") -> Self:
        """Return the cell of a crystal as it is."""
        return cls(crystal.lattice, crystal.numbers, crystal.frac_coords, crystal.isotopes)

    @classmethod
    def of_lists(cls, lattice: object, numbers: object, frac_coords: object, isotopes: object = None) -> Self:
        """Return the cell that flat lists describe, as tables hold them: row-major, 9, N, 3N and N or 0 numbers."""
        coords = np.asarray(frac_coords, float).reshape(-1, 3)
        masses = None if isotopes is None or not np.any(isotopes) else np.asarray(isotopes, int)
        return cls(np.asarray(lattice, float).reshape(3, 3), np.asarray(numbers, int), coords, masses)


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
        standard: the standard conventional cell, in the orientation and setting of spglib, where it is known; without
            atoms where no more than its lattice is. :func:`conventional_cell` finds it for who needs it.
        isotopes: mass numbers as :class:`Cell` has them.
        material: what the records of one material share; "" where that is the id.
        spacegroup_reported: number that the file or the source states; 0 where it states none.
        confirmed_at_A: at which of :data:`SYMPREC_A` and :data:`LOOSE_A` spglib finds the stated space group again; NaN
            where none was stated, or only P1, as programs do that leave symmetry out.
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
    isotopes: np.ndarray | None = None
    material: str = ""
    spacegroup_reported: int = 0
    confirmed_at_A: float = math.nan


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was left out, and why."""

    source: str
    id: str
    reason: str


def fault_of(
    lattice: object, numbers: object, frac_coords: object, space_group: object, isotopes: object = None
) -> str | None:
    """Say why a record cannot be a crystal, or None where it can."""
    try:
        cell = np.asarray(lattice, float).ravel()
        coords = np.asarray(frac_coords, float).ravel()
        elements = np.asarray(numbers, float).ravel()
        label = float(space_group)  # type: ignore[arg-type]
        masses = np.zeros(elements.size) if isotopes is None or not np.size(isotopes) else np.asarray(isotopes, float)
    except (TypeError, ValueError):
        return "a value is missing or not a number"
    if cell.size != 9 or not np.isfinite(cell).all():
        return "the lattice is not nine finite numbers"
    if abs(np.linalg.det(cell.reshape(3, 3))) < 1e-3:
        return "the cell has no volume"
    if elements.size == 0 or coords.size != 3 * elements.size:
        return f"{elements.size} atomic numbers but {coords.size} coordinates"
    if not np.isfinite(coords).all():
        return "a coordinate is not finite"
    if not ((elements >= 1) & (elements <= _HEAVIEST) & (elements % 1 == 0)).all():
        return "an atomic number is not between 1 and 118"
    if masses.shape != elements.shape or not ((masses == 0) | ((masses == DEUTERIUM) & (elements == 1))).all():
        return "an isotope is neither 0, for a natural element, nor 2, for deuterium"
    if not (label.is_integer() and 1 <= label <= N_SPACE_GROUPS):
        return f"the space group {space_group} is not between 1 and 230"
    return None


def find_symmetry(
    lattice: np.ndarray,
    frac_coords: np.ndarray,
    numbers: np.ndarray,
    isotopes: np.ndarray | None = None,
    symprec_A: float = SYMPREC_A,
) -> spglib.SpglibDataset | None:
    """Return what spglib finds of a structure within a tolerance, or None where it finds nothing."""
    try:
        return spglib.get_symmetry_dataset((lattice, frac_coords, species(numbers, isotopes)), symprec=symprec_A)
    except spglib.error.SpglibError:
        return None


def standard_cell(found: spglib.SpglibDataset) -> Cell:
    """Return the standard conventional cell of what :func:`find_symmetry` found."""
    numbers, isotopes = of_species(found.std_types)
    return Cell(found.std_lattice, numbers, found.std_positions, isotopes)


def conventional_cell(crystal: Crystal) -> Cell:
    """Return the standard conventional cell, which the crystal brings along or spglib finds.

    The search takes as long as many a pattern, so it is left to what cannot do without the atoms of that cell.

    Raises:
        SgbenchError: spglib finds none.
    """
    if crystal.standard is not None and len(crystal.standard.numbers):
        return crystal.standard
    lattice, coords = np.asarray(crystal.lattice, float), np.asarray(crystal.frac_coords, float)
    # NaN crashes spglib, and with it the process.
    if not (len(crystal.numbers) and np.isfinite(lattice).all() and np.isfinite(coords).all()):
        raise SgbenchError("no atoms, or lattice or coordinates that are not finite numbers")
    found = find_symmetry(lattice, coords, crystal.numbers, crystal.isotopes)
    if found is None:
        raise SgbenchError("spglib finds no standard cell")
    return standard_cell(found)


def species(numbers: np.ndarray, isotopes: np.ndarray | None) -> np.ndarray:
    """Return numbers, shape (N,), that tell isotopes apart as well: the atomic number, or another for deuterium."""
    numbers = np.asarray(numbers, np.int32)
    return numbers if isotopes is None else np.where(isotopes == DEUTERIUM, SPECIES_OF_DEUTERIUM, numbers)


def of_species(kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the atomic numbers and the isotopes that :func:`species` made one of."""
    heavy = kinds == SPECIES_OF_DEUTERIUM
    return np.where(heavy, 1, kinds), np.where(heavy, DEUTERIUM, 0) if heavy.any() else None


def cell_parameters(lattice: np.ndarray) -> tuple[float, float, float, float, float, float]:
    """Return a, b, c (Å) and alpha, beta, gamma (degrees) of lattice vectors, rows of a (3, 3) array."""
    a, b, c = lengths = np.linalg.norm(lattice, axis=1)
    cosines = [lattice[j] @ lattice[k] / (lengths[j] * lengths[k]) for j, k in ((1, 2), (0, 2), (0, 1))]
    alpha, beta, gamma = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    return a, b, c, alpha, beta, gamma
