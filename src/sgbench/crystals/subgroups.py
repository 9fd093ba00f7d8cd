"""How far apart two space groups are: steps on the graph of maximal translationengleiche subgroups."""

from collections.abc import Iterable
from functools import cache

import numpy as np
import spglib
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from sgbench.crystals.symmetry import N_SPACE_GROUPS, operations


@cache
def distances() -> np.ndarray:
    """Return the number of steps between any two space groups.

    A step leads from a group to one of its maximal translationengleiche subgroups (t-subgroups, International Tables
    A1: they keep all translations and lose operations of the point group), or back. Every group has P1 as a t-subgroup
    in the end, so any two are connected. Subgroups that keep the point group and lose translations (klassengleiche) are
    no step: P222 and P222_1 are 2 apart, by way of P2.

    Returns:
        int, shape (231, 231), by the numbers of the groups, 1 to 230; row and column 0 are -1.
    """
    edges = [(group, sub) for group in range(1, N_SPACE_GROUPS + 1) for sub in maximal_subgroups(group)]
    group, sub = np.transpose(edges) - 1
    graph = coo_array((np.ones(len(edges)), (group, sub)), shape=(N_SPACE_GROUPS, N_SPACE_GROUPS))
    steps = shortest_path(graph.tocsr(), directed=False, unweighted=True)
    return np.pad(steps.astype(int), ((1, 0), (1, 0)), constant_values=-1)


@cache
def maximal_subgroups(space_group: int) -> tuple[int, ...]:
    """Return the types of the maximal t-subgroups of a space group (1 to 230), in order; none of P1.

    Each consists of the operations whose rotations belong to a maximal subgroup of the point group, all centring
    translations among them; spglib names its type.
    """
    rotations, translations = operations(space_group)
    names = [rotation.tobytes() for rotation in rotations]
    types = set()
    for subgroup in _maximal_point_subgroups(tuple(sorted(set(names)))):
        kept = [name in subgroup for name in names]
        types.add(spglib.get_spacegroup_type_from_symmetry(rotations[kept], translations[kept]).number)
    return tuple(sorted(types))


@cache
def _maximal_point_subgroups(point_group: tuple[bytes, ...]) -> list[frozenset[bytes]]:
    """Return the maximal subgroups of a point group, given and returned as the bytes of rotation matrices."""
    matrices = np.frombuffer(b"".join(point_group), int).reshape(-1, 3, 3)
    place = {name: number for number, name in enumerate(point_group)}
    table = [[place[(one @ other).tobytes()] for other in matrices] for one in matrices]
    # All subgroups, each with elements that generate it: grown from the trivial one by an element at a time.
    found: dict[frozenset[int], tuple[int, ...]] = {}
    grown: dict[frozenset[int], tuple[int, ...]] = {_generated((), table): ()}
    while grown:
        found |= grown
        larger = {}
        for subgroup, generators in grown.items():
            for element in set(range(len(table))) - subgroup:
                larger.setdefault(_generated((*generators, element), table), (*generators, element))
        grown = {subgroup: generators for subgroup, generators in larger.items() if subgroup not in found}
    proper = [subgroup for subgroup in found if len(subgroup) < len(table)]
    largest = [one for one in proper if not any(one < other for other in proper)]
    return [frozenset(point_group[element] for element in subgroup) for subgroup in largest]


def _generated(generators: Iterable[int], table: list[list[int]]) -> frozenset[int]:
    """Return the elements that some elements of a finite group generate, by its table of products."""
    identity = next(element for element, row in enumerate(table) if row[element] == element)
    known, fresh = {identity}, [identity]
    while fresh:
        fresh = list({table[element][by] for element in fresh for by in generators} - known)
        known.update(fresh)
    return frozenset(known)
