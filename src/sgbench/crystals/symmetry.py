"""Space groups and what they belong to: symbol, crystal system, Bravais lattice (International Tables A)."""

from functools import cache

import spglib

N_SPACE_GROUPS = 230

#: Crystal systems from the least to the most symmetric.
CRYSTAL_SYSTEMS = ("triclinic", "monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic")

#: The 14 Bravais lattices: crystal family (a m o t h c) and centring, S standing for any one centred face.
BRAVAIS_LATTICES = (
    "aP", "mP", "mS", "oP", "oS", "oF", "oI", "tP", "tI", "hP", "hR", "cP", "cF", "cI",
)  # fmt: skip

_LAST_OF_SYSTEM = (2, 15, 74, 142, 167, 194, 230)
_FAMILY = dict(zip(CRYSTAL_SYSTEMS, "amothhc", strict=True))


def crystal_system(space_group: int) -> str:
    """Return the crystal system of a space group (1 to 230)."""
    return next(s for s, last in zip(CRYSTAL_SYSTEMS, _LAST_OF_SYSTEM, strict=True) if space_group <= last)


def bravais_lattice(space_group: int) -> str:
    """Return the Bravais lattice of a space group (1 to 230), e.g. ``cF`` for 225."""
    centring = symbol(space_group)[0]
    return _FAMILY[crystal_system(space_group)] + ("S" if centring in "AC" else centring)


@cache
def symbol(space_group: int) -> str:
    """Return the short Hermann-Mauguin symbol of a space group (1 to 230), e.g. ``Fm-3m`` for 225."""
    return _symbols()[space_group]


@cache
def _symbols() -> dict[int, str]:
    # The first of a group's Hall settings is the standard one.
    symbols: dict[int, str] = {}
    for hall_number in range(1, 531):
        kind = spglib.get_spacegroup_type(hall_number)
        symbols.setdefault(kind.number, kind.international_short)
    return symbols
