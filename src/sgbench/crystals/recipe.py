"""What synthetic crystals of one space group are drawn from: statistics as arrays, and the sites of each orbit."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sgbench.crystals.statistics import PRIOR, UNSEEN, Statistics, kind_of, related
from sgbench.crystals.wyckoff import operations, positions, primitive_axes


@dataclass(frozen=True, eq=False)
class Recipe:
    """What a space group's crystals are drawn from, n positions.

    Attributes:
        species: orbits of each species of a crystal, and the sums of how likely these and all before are.
        elements: how likely each element is for a species of 1, 2, ... orbits, shape (4, elements).
        volumes: of an atom of each element, shape (elements,), Å³.
        swelling: quantiles of the logarithm of what a cell's volume is of that of its atoms, shape (101,).
        weights: how likely an orbit is on each position, shape (n,).
        free: whether a position has a free coordinate, and so room for several orbits, shape (n,).
        sizes: atoms of an orbit in the primitive cell, shape (n,).
        sites: of each position, the origins (m, 3) and directions (m, freedom, 3) of an orbit's sites, primitive axes.
        shapes: metric tensors of cells of unit volume, shape (s, 3, 3), and sums as of ``species``, shape (s,).
        turns: the rotations of the point group, conventional axes, shape (D, 3, 3).
        axes: see :func:`sgbench.crystals.wyckoff.primitive_axes`.
    """

    species: tuple[list[tuple[int, ...]], np.ndarray]
    elements: np.ndarray
    volumes: np.ndarray
    swelling: np.ndarray
    weights: np.ndarray
    free: np.ndarray
    sizes: np.ndarray
    sites: list[tuple[np.ndarray, np.ndarray]]
    shapes: tuple[np.ndarray, np.ndarray]
    turns: np.ndarray
    axes: np.ndarray


@lru_cache(maxsize=512)
def recipe_of(statistics: Statistics, space_group: int) -> Recipe:
    """Return what the crystals of a space group (1 to 230) are drawn from: its statistics, mixed with their prior."""
    known, name = positions(space_group), str(space_group)
    rotations, _ = operations(space_group)
    rates = np.array([statistics.kinds.get(kind_of(place, len(rotations)), UNSEEN) for place in known])
    weights = np.array(statistics.orbits.get(name, np.zeros(len(known)))) + PRIOR * rates
    like = related(space_group, statistics.crystals, by_lattice=False)
    species = _pooled(statistics.species, name, like)
    like = related(space_group, statistics.crystals, by_lattice=True)
    cells = {group: [[shape, 1] for shape in shapes] for group, shapes in statistics.shapes.items()}
    shapes, likely = _pooled(cells, name, like)
    metrics = np.array(shapes)[:, [[0, 5, 4], [5, 1, 3], [4, 3, 2]]]
    sites = [_sites(space_group, place.origin, place.directions) for place in known]
    sizes = np.array([len(origins) for origins, _ in sites])
    free = np.array([place.freedom > 0 for place in known])
    return Recipe(
        species=species,
        elements=np.array(statistics.elements),
        volumes=np.array(statistics.volumes),
        swelling=np.array(statistics.swelling),
        weights=weights / weights.sum(),
        free=free,
        sizes=sizes,
        sites=sites,
        shapes=(metrics, likely),
        turns=np.unique(rotations, axis=0),
        axes=primitive_axes(space_group),
    )


def _pooled(counts: dict[str, list], name: str, like: list[str]) -> tuple[list[tuple], np.ndarray]:
    """Return what was counted of a group and of those like it, and the sums of how likely each and all before are."""
    values, weights = [], []
    for value, count in counts.get(name, []):
        values.append(tuple(value))
        weights.append(float(count))
    others = [(tuple(value), count) for group in like for value, count in counts[group]]
    total = sum(count for _, count in others)
    for value, count in others:
        values.append(value)
        weights.append(PRIOR * count / total)
    return values, np.cumsum(np.array(weights))


def _sites(space_group: int, origin: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the origins and directions of an orbit's sites in primitive axes, each site once."""
    rotations, translations = operations(space_group, primitive=True)
    to_primitive = np.linalg.inv(primitive_axes(space_group)).T
    origin, directions = origin @ to_primitive, directions @ to_primitive
    generic = origin + np.array([0.1234, 0.3217, 0.2611])[: len(directions)] @ directions
    images = np.round((rotations @ generic + translations) % 1, 6) % 1
    _, once = np.unique(images, axis=0, return_index=True)
    once = np.sort(once)
    return (rotations @ origin + translations)[once], (directions @ rotations.swapaxes(1, 2))[once]
