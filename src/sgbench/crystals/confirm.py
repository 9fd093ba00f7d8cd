"""The label of a crystal, checked: the space group that is stated against the one that its atoms have.

spglib (A. Togo, K. Shinohara & I. Tanaka, Sci. Technol. Adv. Mater. Meth. 4, 2384822, 2024) decides. On the Wyckoff
letters of a cubic crystal it spends ten times as long as on all else, so where a cell has right angles and equal edges
moyopy, by an author of spglib, is asked first; what it finds counts where the crystal is so near to its ideal that
spglib finds the same.
"""

import logging
from dataclasses import replace

import moyopy
import numpy as np
from spglib import SpglibDataset

from sgbench.crystals.crystal import LOOSE_A, SYMPREC_A, Cell, Crystal, find_symmetry, species, standard_cell
from sgbench.crystals.symmetry import crystal_system, symbol
from sgbench.errors import SgbenchError

# It warns of cells that break the symmetry of their atoms, which spglib takes without a word.
logging.getLogger("moyo").setLevel(logging.ERROR)

#: How far atoms and cell may be from their ideal for moyopy's word to count, Å. Of 34,470 records it confirms none that
#: spglib does not; of 1,500 crystals distorted at random 61, all of them 0.0025 Å or more from their ideal.
_IDEAL_A = SYMPREC_A / 10


class OtherGroupError(SgbenchError):
    """The atoms are a possible crystal, but of another space group than is stated."""


def confirmed(crystal: Crystal) -> Crystal:
    """Return a crystal with its standard cell, or the lattice of it, and the tolerance that confirms its space group.

    Where :data:`LOOSE_A` alone does so, the structure becomes its standard cell, which has the symmetry exactly.

    Raises:
        OtherGroupError: neither tolerance does so.
    """
    stated = crystal.space_group
    lattice = _ideal_lattice(crystal) if crystal_system(stated) in ("tetragonal", "cubic") else None
    if lattice is not None:
        without_atoms = Cell(lattice, np.zeros(0, int), np.zeros((0, 3)))
        return replace(crystal, standard=without_atoms, confirmed_at_A=SYMPREC_A)
    strict = _found(crystal, SYMPREC_A)
    if strict and strict.number == stated:
        return replace(crystal, standard=standard_cell(strict), confirmed_at_A=SYMPREC_A)
    loose = _found(crystal, LOOSE_A)
    if loose and loose.number == stated:
        ideal = standard_cell(loose)
        return replace(crystal, standard=ideal, confirmed_at_A=LOOSE_A, **ideal._asdict())
    both = f"{named(strict)} at {SYMPREC_A} Å, {named(loose)} at {LOOSE_A} Å"
    raise OtherGroupError(f"declares {named(stated)}, but the atoms give {both}")


def found_alone(crystal: Crystal, rounding_A: float) -> Crystal:
    """Return a crystal, of which no space group is stated, with the one that spglib finds at :data:`SYMPREC_A`.

    Args:
        crystal: the crystal.
        rounding_A: what its coordinates may be off by rounding, Å.

    Raises:
        SgbenchError: it finds none, or one that may be due to rounding.
    """
    strict = _found(crystal, SYMPREC_A)
    if strict is None:
        raise SgbenchError("spglib finds no symmetry in this structure")
    if rounding_A > SYMPREC_A / 10:
        loose = _found(crystal, LOOSE_A)
        if loose is None or loose.number != strict.number:
            both = f"{named(strict)} at {SYMPREC_A} Å, {named(loose)} at {LOOSE_A} Å"
            raise SgbenchError(f"declares no symmetry, and its coordinates are rounded: the atoms give {both}")
    return replace(crystal, space_group=strict.number, standard=standard_cell(strict))


def named(group: int | SpglibDataset | None) -> str:
    """Name a space group by symbol and number."""
    if group is None:
        return "no space group"
    number = group if isinstance(group, int) else group.number
    return f"{symbol(number)} ({number})"


def _ideal_lattice(crystal: Crystal) -> np.ndarray | None:
    """Return the standard lattice (3, 3), Å, of a tetragonal or cubic crystal that is surely of the stated group."""
    lattice, coords = crystal.lattice, crystal.frac_coords
    kinds = species(crystal.numbers, crystal.isotopes)
    try:
        cell = moyopy.Cell(lattice.tolist(), coords.tolist(), kinds.tolist())
        found = moyopy.MoyoDataset(cell, symprec=SYMPREC_A)
    except ValueError:
        return None
    if found.number != crystal.space_group:
        return None
    ideal, axes = found.prim_std_cell, np.array(found.prim_std_linear)
    moved = (coords - found.prim_std_origin_shift) @ np.linalg.inv(axes).T
    moved -= np.array(ideal.positions)[found.mapping_std_prim]
    moved -= np.rint(moved)
    basis, metric = np.array(ideal.basis), axes.T @ lattice @ lattice.T @ axes
    strain = np.abs(metric - basis @ basis.T) / np.sqrt(np.diag(metric))
    if max(np.linalg.norm(moved @ basis, axis=1).max(), strain.max()) > _IDEAL_A:
        return None
    a, b, c = np.linalg.norm(np.array(found.std_linear).T @ lattice, axis=1)
    # As spglib has it: the mean of edges that symmetry makes equal.
    return np.diag([(a + b + c) / 3] * 3 if crystal_system(found.number) == "cubic" else [(a + b) / 2] * 2 + [c])


def _found(crystal: Crystal, symprec_A: float) -> SpglibDataset | None:
    return find_symmetry(crystal.lattice, crystal.frac_coords, crystal.numbers, crystal.isotopes, symprec_A)
