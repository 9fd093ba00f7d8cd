"""Space groups and what they belong to: symbol, crystal system, Bravais lattice (International Tables A)."""

from functools import cache

import numpy as np
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
    return spglib.get_spacegroup_type(_standard_settings()[space_group]).international_short


def operations(space_group: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the operations x' = R x + t of a space group (1 to 230) in its standard setting, centring included.

    The standard setting is the first in International Tables A: b unique, hexagonal axes, origin choice 1.

    Returns:
        R, int (n, 3, 3), and t in units of the conventional axes, float (n, 3).
    """
    found = spglib.get_symmetry_from_database(_standard_settings()[space_group])
    return found["rotations"].astype(int), found["translations"]


@cache
def _standard_settings() -> dict[int, int]:
    """Return spglib's number of the standard setting of each space group, the first of those it has."""
    settings: dict[int, int] = {}
    for hall_number in range(1, 531):
        settings.setdefault(spglib.get_spacegroup_type(hall_number).number, hall_number)
    return settings
