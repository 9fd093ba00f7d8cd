"""Which space groups a powder pattern cannot tell apart: those of one extinction group."""

from functools import cache
from itertools import permutations

import numpy as np

from sgbench.crystals.symmetry import N_SPACE_GROUPS, crystal_system, operations

# Enough to show every condition; their periods are 2, 3, 4 and 6.
_LARGEST_INDEX = 6
_WHOLE = 24  # of a translation, in units of which all are whole numbers


@cache
def extinction_groups() -> tuple[tuple[int, ...], ...]:
    """Return the extinction groups: the space groups of each in order, the extinction groups by their first.

    A powder pattern shows the cell, and which reflections are absent from it in every crystal of the space group. So
    two space groups are of one extinction group if, in their standard settings,

    - they are of one crystal family, as trigonal and hexagonal cells have one shape; and
    - the same reflections are absent, where the axes of an orthorhombic cell may be exchanged: nothing in a pattern
      names them.

    These are 97. Counts of others follow from the same absences, and keep apart more:

    - The 122 diffraction symbols (International Tables A, 5th edition, chapter 3.1) count the Laue class, and the
      orientation of -3m, as well. Single crystals show these; in a powder pattern equivalent and merely overlapping
      reflections are one line. Its groups are parts of ours.
    - 101, if trigonal and hexagonal are different systems: P---, 00l with l = 3n, P-c- and P--c then count twice.
    - 99 extinction groups are what arXiv 2604.23811 tells apart, whose list we have not seen. 99 it is if two
      conditions that have two names each count twice: 00l with l = 3n (P31--, P62--), cubic h00 with h = 2n (P21--,
      P42--).

    Enantiomorphs such as P4_1 and P4_3 are never apart, and no overlap of lines that are not equivalent, such as 333
    and 511 of a cubic cell, joins two of the 97.
    """
    found: dict[tuple[str, bytes], list[int]] = {}
    for space_group in range(1, N_SPACE_GROUPS + 1):
        found.setdefault(_conditions(space_group), []).append(space_group)
    return tuple(map(tuple, found.values()))


@cache
def extinction_group(space_group: int) -> tuple[int, ...]:
    """Return the space groups, 1 to 230, that a powder pattern cannot tell from this one, itself included."""
    return next(group for group in extinction_groups() if space_group in group)


def _conditions(space_group: int) -> tuple[str, bytes]:
    """Return what a powder pattern shows of a space group: the crystal family, and the absences."""
    shown = absent(space_group, _LARGEST_INDEX)
    system = crystal_system(space_group)
    family = "hexagonal" if system == "trigonal" else system
    settings = permutations(range(3)) if system == "orthorhombic" else [(0, 1, 2)]
    return family, min(np.packbits(shown.transpose(axes)).tobytes() for axes in settings)


def absent(space_group: int, largest: int) -> np.ndarray:
    """Return which reflections are absent in every crystal of a space group, in its standard setting.

    A reflection h is absent if an operation (R, t) leaves it where it is, h R = h, and changes its phase, h t not whole
    (International Tables B, section 1.4.2).

    Args:
        space_group: 1 to 230.
        largest: the largest Miller index.

    Returns:
        bool, shape (n, n, n), n = 2 largest + 1: of hkl at [h + largest, k + largest, l + largest].
    """
    hkl = _reflections(largest)
    gone = np.zeros(len(hkl), bool)
    for rotation, translation in zip(*operations(space_group), strict=True):
        kept = _kept(rotation.tobytes(), largest)
        gone[kept] |= hkl[kept] @ np.rint(translation * _WHOLE).astype(int) % _WHOLE != 0
    return gone.reshape(3 * (2 * largest + 1,))


@cache
def _reflections(largest: int) -> np.ndarray:
    """Return all hkl to an index, int (n, 3), l fastest."""
    return np.indices(3 * (2 * largest + 1,)).reshape(3, -1).T - largest


@cache
def _kept(rotation: bytes, largest: int) -> np.ndarray:
    """Return the positions of those that a rotation, as bytes, leaves where they are; few dozens serve all groups."""
    hkl = _reflections(largest)
    return np.flatnonzero((hkl @ np.frombuffer(rotation, int).reshape(3, 3) == hkl).all(axis=1))
