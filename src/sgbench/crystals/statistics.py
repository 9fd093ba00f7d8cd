"""What crystals have in common: the statistics that synthetic ones are drawn from.

After H. Schopmans, P. Reiser & P. Friederich, Digital Discovery 2, 1414 (2023): elements, Wyckoff positions and cells
as often as in known crystals. Each number of a space group is that of its own crystals and, as if :data:`PRIOR`
crystals more were known, of a prior: of its crystal system for how many orbits the species have, of its Bravais lattice
for cells, and of positions of the same kind in all groups for the orbits on a position. A group without any crystal has
the prior alone. Elements, volumes and sizes are those of all groups.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Self

import gemmi
import numpy as np

from sgbench.crystals.crystal import Crystal, of_species
from sgbench.crystals.symmetry import bravais_lattice, crystal_system
from sgbench.crystals.wyckoff import Orbits, Position, operations, orbits_of, positions, primitive_axes
from sgbench.errors import SgbenchError

#: How many crystals of a space group the prior counts as.
PRIOR = 10
#: Crystals of a space group that are counted at most: more of them say little more, and each takes some milliseconds.
ENOUGH = 200
#: Orbits that a crystal is taken to have on a position of a kind that none is known on.
UNSEEN = 0.1
#: Elements are told apart by the orbits of a species, of which many have one and few have more than this.
MOST_ORBITS = 4
_HEAVIEST = 94
_NOBLE = (2, 10, 18, 36, 54)


@dataclass(frozen=True, eq=False)
class Statistics:
    """Statistics of crystals; plain lists and numbers, so that they can be written and compared.

    Attributes:
        crystals: how many were counted of each space group, by its number as text, as in the next three.
        species: how often the orbits of a crystal's species, most first, are so many each: ``[[[2, 1, 1], 7], ...]``.
        orbits: how many orbits are on each position of :func:`sgbench.crystals.wyckoff.positions`.
        shapes: cells of unit volume, as the six components 11, 22, 33, 23, 13, 12 of their metric tensor.
        kinds: orbits that a crystal has on average on a position, by the position's free coordinates and by the share
            of the operations that leave its sites in place: ``"1/4"``.
        elements: how often a species of 1, 2, 3, and 4 or more orbits is each element, by atomic number from 1.
        volumes: of an atom of each element, by atomic number from 1, Å³.
        swelling: logarithms of the ratio of a crystal's volume to that of its atoms: 101 quantiles.
        atoms: of a primitive cell, at most.
    """

    crystals: dict[str, int]
    species: dict[str, list]
    orbits: dict[str, list[int]]
    shapes: dict[str, list[list[float]]]
    kinds: dict[str, float]
    elements: list[list[float]]
    volumes: list[float]
    swelling: list[float]
    atoms: int

    def to_json(self) -> str:
        """Return the statistics as JSON; the same ones are the same text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the statistics that :meth:`to_json` wrote."""
        return cls(**json.loads(text))

    def checksum(self) -> str:
        """Return 16 hex digits that equal statistics share."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]


def fit(crystals: Iterable[Crystal]) -> Statistics:
    """Count what crystals have in common.

    Of each space group up to :data:`ENOUGH` are counted, evenly over their order, without those whose symmetry is not
    found again.

    Raises:
        SgbenchError: no crystal is left.
    """
    of_group: defaultdict[int, list[Crystal]] = defaultdict(list)
    for crystal in crystals:
        of_group[crystal.space_group].append(crystal)
    counted: dict[int, list[Orbits]] = {}
    for group in sorted(of_group):
        members = of_group[group]
        chosen = np.unique(np.linspace(0, len(members) - 1, min(ENOUGH, len(members))).round().astype(int))
        known = [orbits for at in chosen if (orbits := _orbits(members[at])) is not None]
        if known:
            counted[group] = known
    if not counted:
        raise SgbenchError("synthetic crystals: no crystal to learn from has the symmetry that it states")
    of_all = [(group, orbits) for group, known in counted.items() for orbits in known]
    volumes, swelling = _volumes(of_all)
    return Statistics(
        crystals={str(group): len(known) for group, known in counted.items()},
        species={str(group): _species(known) for group, known in counted.items()},
        orbits={
            str(group): np.bincount(
                np.concatenate([orbits.positions for orbits in known]), minlength=len(positions(group))
            ).tolist()
            for group, known in counted.items()
        },
        shapes={str(group): [_shape(orbits.lattice) for orbits in known] for group, known in counted.items()},
        kinds=_kinds(counted),
        elements=_elements([orbits for _, orbits in of_all]),
        volumes=volumes,
        swelling=swelling,
        atoms=max(int(_sizes(*one).sum() * round(np.linalg.det(primitive_axes(one[0])), 6)) for one in of_all),
    )


def kind_of(position: Position, order: int) -> str:
    """Return the kind of a position; see :class:`Statistics`.

    Args:
        position: the position.
        order: operations of the space group in the conventional cell.
    """
    return f"{position.freedom}/{order // position.multiplicity}"


def related(space_group: int, known: Iterable[str], by_lattice: bool) -> list[str]:
    """Return the known space groups of the same Bravais lattice, or crystal system; all, where there are none."""
    of = bravais_lattice if by_lattice else crystal_system
    return [group for group in known if of(int(group)) == of(space_group)] or list(known)


def _orbits(crystal: Crystal) -> Orbits | None:
    try:
        return orbits_of(crystal)
    except SgbenchError:
        return None


def _sizes(group: int, orbits: Orbits) -> np.ndarray:
    """Return the atoms of each orbit in the conventional cell."""
    return np.array([place.multiplicity for place in positions(group)])[orbits.positions]


def _species(known: Sequence[Orbits]) -> list:
    """Count the orbits of each species, most first."""
    counts = Counter(
        tuple(sorted(np.unique(orbits.species, return_counts=True)[1].tolist(), reverse=True)) for orbits in known
    )
    return [[list(shares), count] for shares, count in sorted(counts.items())]


def _shape(lattice: np.ndarray) -> list[float]:
    """Return the metric tensor of a cell of unit volume."""
    metric = lattice @ lattice.T / abs(np.linalg.det(lattice)) ** (2 / 3)
    return [round(float(metric[at]), 5) for at in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))]


def _kinds(counted: dict[int, list[Orbits]]) -> dict[str, float]:
    """Return how many orbits a crystal has on a position of each kind, on average over crystals and positions."""
    orbits: Counter[str] = Counter()
    chances: Counter[str] = Counter()
    for group, known in counted.items():
        kinds = [kind_of(place, len(operations(group)[0])) for place in positions(group)]
        for kind in kinds:
            chances[kind] += len(known)
        for one in known:
            orbits.update(kinds[at] for at in one.positions)
    # As if one more crystal were known that has few: what no known crystal has on a position is rare, not impossible.
    return {kind: (orbits[kind] + UNSEEN) / (chances[kind] + 1) for kind in sorted(chances)}


def _elements(known: Sequence[Orbits]) -> list[list[float]]:
    """Return how often species of 1, 2, 3, and more orbits are each element.

    All elements up to bismuth count as seen a little, but for the noble gases.
    """
    counts = np.zeros((MOST_ORBITS, _HEAVIEST))
    for orbits in known:
        numbers, of = np.unique(of_species(orbits.species)[0], return_counts=True)
        seen = numbers <= _HEAVIEST
        np.add.at(counts, (np.minimum(of[seen], MOST_ORBITS) - 1, numbers[seen] - 1), 1)
    common = np.setdiff1d(np.arange(83), np.array(_NOBLE) - 1)
    overall = counts.sum(axis=0)
    overall[common] += 0.1
    smoothed = counts + 20 * overall / overall.sum()
    return np.round(smoothed / smoothed.sum(axis=1, keepdims=True), 6).tolist()


def _volumes(of_all: Sequence[tuple[int, Orbits]]) -> tuple[list[float], list[float]]:
    """Return the volume of an atom of each element, and quantiles of what crystals deviate from their sum."""
    shares, each = np.zeros((len(of_all), _HEAVIEST)), np.zeros(len(of_all))
    for row, (group, orbits) in enumerate(of_all):
        sizes = _sizes(group, orbits)
        numbers = np.minimum(of_species(orbits.species)[0], _HEAVIEST)
        np.add.at(shares[row], numbers - 1, sizes / sizes.sum())
        each[row] = abs(np.linalg.det(orbits.lattice)) / sizes.sum()
    balls = np.array([gemmi.Element(number).covalent_r ** 3 for number in range(1, _HEAVIEST + 1)])
    prior = balls * np.median(each / (shares @ balls))
    # Least squares of relative deviations, towards volumes as the cubes of covalent radii where an element is rare.
    rows = shares / each[:, None]
    pull = np.diag(0.3 / prior**2)
    found = np.linalg.solve(rows.T @ rows + pull, rows.T @ np.ones(len(each)) + pull @ prior)
    volumes = np.clip(found, prior / 4, prior * 4)
    swelling = np.quantile(np.log(each / (shares @ volumes)), np.linspace(0, 1, 101))
    return np.round(volumes, 4).tolist(), np.round(swelling, 5).tolist()
