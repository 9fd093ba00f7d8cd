"""The structure type of a crystal: what it shares with crystals that have other elements and other numbers."""

from functools import cache
from string import ascii_uppercase

import numpy as np

from sgbench.crystals.crystal import Crystal, species
from sgbench.crystals.wyckoff import orbits_of, permutations
from sgbench.errors import SgbenchError


def structure_type(crystal: Crystal) -> str:
    """Return anonymous formula, space group and Wyckoff sequence of a crystal.

    ``AB2 136 0 7``, rutile, has an orbit on each of two positions, numbered as in
    :func:`sgbench.crystals.wyckoff.positions`. Which position an orbit is on depends on the choice of origin and axes:
    of the sequences that such choices make of each other, the first stands for all. It does not say which elements are
    on which positions, so a type here may be several of the literature, never the other way round.

    A crystal whose space group is not found again at 0.01 Å has ``?`` for a sequence.
    """
    try:
        on = orbits_of(crystal).positions
    except SgbenchError:
        sequence = "?"
    else:
        sequence = " ".join(map(str, _first(crystal.space_group, tuple(sorted(on.tolist())))))
    return f"{_anonymous(species(crystal.numbers, crystal.isotopes))} {crystal.space_group} {sequence}"


@cache
def _first(space_group: int, sequence: tuple[int, ...]) -> tuple[int, ...]:
    """Return the first of the sequences that other origins and axes make of one."""
    others = np.sort(permutations(space_group)[:, sequence], axis=1)
    return min(map(tuple, others.tolist()))


def _anonymous(kinds: np.ndarray) -> str:
    """Return the formula of species, shape (N,), with letters for elements, the rarest first: ``AB2``."""
    counts = np.sort(np.unique(kinds, return_counts=True)[1])
    counts //= np.gcd.reduce(counts)
    letters = [ascii_uppercase[place % 26] + "'" * (place // 26) for place in range(len(counts))]
    return "".join(letter if count == 1 else f"{letter}{count}" for letter, count in zip(letters, counts, strict=True))
