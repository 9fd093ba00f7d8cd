"""The label of a crystal, checked: the space group that is stated against the one that spglib finds."""

from dataclasses import replace

from spglib import SpglibDataset

from sgbench.crystals.crystal import LOOSE_A, SYMPREC_A, Crystal, find_symmetry, standard_cell
from sgbench.crystals.symmetry import symbol
from sgbench.errors import SgbenchError


def confirmed(crystal: Crystal) -> Crystal:
    """Return a crystal with its standard cell and the tolerance at which spglib confirms its space group.

    Where it does so at :data:`LOOSE_A` only, the structure becomes its standard cell, which has the symmetry exactly.

    Raises:
        SgbenchError: it does so at neither tolerance.
    """
    stated = crystal.space_group
    strict = _found(crystal, SYMPREC_A)
    if strict and strict.number == stated:
        return replace(crystal, standard=standard_cell(strict), confirmed_at_A=SYMPREC_A)
    loose = _found(crystal, LOOSE_A)
    if loose and loose.number == stated:
        ideal = standard_cell(loose)
        return replace(crystal, standard=ideal, confirmed_at_A=LOOSE_A, **ideal._asdict())
    both = f"{named(strict)} at {SYMPREC_A} Å, {named(loose)} at {LOOSE_A} Å"
    raise SgbenchError(f"declares {named(stated)}, but the atoms give {both}")


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


def _found(crystal: Crystal, symprec_A: float) -> SpglibDataset | None:
    return find_symmetry(crystal.lattice, crystal.frac_coords, crystal.numbers, crystal.isotopes, symprec_A)
