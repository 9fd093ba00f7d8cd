"""Synthetic crystals: random ones of any space group, as like real ones as the statistics of some of these make them.

As a source, ``synthetic:20@resources/materials_project.parquet`` draws 20 crystals of each of the 230 space groups,
from the statistics of all crystals that are read from this table (or folder of CIF files). A source knows no parts of a
split: where crystals of that table are judged, learn from the balance step ``synthetic``, which does.

A draw goes as in H. Schopmans, P. Reiser & P. Friederich, Digital Discovery 2, 1414 (2023): how many species and
orbits, the element of each species, the Wyckoff position of each orbit, a cell, and evenly spread free coordinates.
Beyond that, atoms keep a distance by their covalent radii, and the space group is searched for in what came out: where
it is another one, or there is no room, all is drawn again.
"""

from collections.abc import Iterator

import moyopy
import numpy as np

from sgbench.crystals.crystal import SYMPREC_A, Cell, Crystal, Rejected
from sgbench.crystals.formula import formula_of
from sgbench.crystals.placing import first_with_room
from sgbench.crystals.possible import covalent_radii
from sgbench.crystals.recipe import Recipe, recipe_of
from sgbench.crystals.statistics import MOST_ORBITS, Statistics, fit
from sgbench.crystals.symmetry import N_SPACE_GROUPS
from sgbench.errors import SgbenchError
from sgbench.seeds import generator

#: Of the sum of two covalent radii, the least distance of two atoms.
ROOM = 0.75
#: Radius of the smallest atoms, so that two of hydrogen are about as far apart as in their molecule, Å.
SMALLEST_A = 0.45
_ATTEMPTS = 400
_TRIES = 24
# Spread of a cell's edges and cosines about those of a known one, before they are averaged over the space group.
_EDGES, _COSINES = 0.08, 0.05
# Of the square of the product of its edges, what the square of a cell's volume is at least.
_FLATTEST = 0.05


def draw(statistics: Statistics, space_group: int, seed: int) -> Crystal:
    """Draw a crystal; spglib finds exactly this space group in it at 0.01 Å.

    Args:
        statistics: what it is drawn from.
        space_group: international number, 1 to 230.
        seed: of the draw.

    Returns:
        A primitive, reduced cell, with the standard cell; its id is of space group and seed.

    Raises:
        SgbenchError: no attempt succeeded.
    """
    for outcome in attempts(statistics, space_group, seed):
        if isinstance(outcome, Crystal):
            return outcome
    raise SgbenchError(f"no crystal of space group {space_group} in {_ATTEMPTS} attempts")


def attempts(statistics: Statistics, space_group: int, seed: int) -> Iterator[Crystal | str]:
    """Yield what comes of each attempt of a draw: the crystal, which is the last, or why there is none.

    After several attempts of another symmetry a crystal gets another orbit, as few atoms often have more symmetry than
    was asked for; after each without room its cell is a little larger.
    """
    rng = generator(seed, "synthetic", space_group)
    recipe = recipe_of(statistics, space_group)
    crowded = symmetric = 0
    for _ in range(_ATTEMPTS):
        shares, at = _occupied(recipe, statistics.atoms, symmetric // 4, rng)
        numbers = np.repeat(_elements(recipe, shares, rng), shares)
        volume = float(recipe.volumes[numbers - 1] @ recipe.sizes[at])
        volume *= np.exp(recipe.swelling[rng.integers(len(recipe.swelling))]) * 1.02**crowded
        placed = _placed(recipe, at, numbers, volume, rng)
        if placed is None:
            crowded += 1
            yield "no room"
            continue
        crystal = _checked(placed, space_group, f"{space_group}-{seed}")
        yield crystal
        if isinstance(crystal, Crystal):
            return
        symmetric += 1


def read(argument: str) -> Iterator[Crystal | Rejected]:
    """Draw as many crystals of each space group as the argument says, from the statistics of a source.

    Args:
        argument: ``COUNT@SOURCE``, the source being one that :func:`sgbench.crystals.read` takes.

    Raises:
        SgbenchError: the argument is none of this form.
    """
    # The package reads sources by their modules, of which this is one.
    from sgbench.crystals import read as read_sources

    count, _, source = argument.partition("@")
    if not (count.isdigit() and int(count) and source):
        raise SgbenchError(
            f"crystals: synthetic:{argument}: say how many of each space group and whose statistics, "
            "e.g. synthetic:20@resources/materials_project.parquet"
        )
    statistics = fit(record for record in read_sources([source]) if isinstance(record, Crystal))
    for group in range(1, N_SPACE_GROUPS + 1):
        for number in range(int(count)):
            yield draw(statistics, group, number)


def _one_of(sums: np.ndarray, rng: np.random.Generator) -> int:
    """Draw an index, likely as its step in the sums is high."""
    return min(int(np.searchsorted(sums, rng.random() * sums[-1], side="right")), len(sums) - 1)


def _occupied(recipe: Recipe, atoms: int, more: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw how many orbits each species has, (species,), and the position of each orbit, the species one by one, (n,).

    Args:
        recipe: of the space group.
        atoms: how many the primitive cell may have, if that leaves room for two orbits.
        more: orbits beyond those drawn, all on positions with free coordinates.
        rng: what draws.
    """
    species, sums = recipe.species
    for _ in range(_TRIES):
        shares = np.array(species[_one_of(sums, rng)])
        np.add.at(shares, rng.integers(len(shares), size=more), 1)
        at, weights = [], recipe.weights.copy()
        for number in range(shares.sum()):
            if number == shares.sum() - more:
                weights = weights * recipe.free
            drawn = _one_of(np.cumsum(weights), rng)
            at.append(drawn)
            weights[drawn] *= recipe.free[drawn]
        if recipe.sizes[at].sum() <= max(atoms, 2 * recipe.sizes[-1]):
            break
    # Which orbits came first says nothing of the species that they are of.
    return shares, rng.permutation(at)


def _elements(recipe: Recipe, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the element of each species, all different; shape (species,), atomic numbers."""
    elements: list[int] = []
    for share in shares:
        likely = recipe.elements[min(share, MOST_ORBITS) - 1].copy()
        likely[np.array(elements, int) - 1] = 0
        elements.append(1 + _one_of(np.cumsum(likely), rng))
    return np.array(elements)


def _placed(
    recipe: Recipe, at: np.ndarray, numbers: np.ndarray, volume: float, rng: np.random.Generator
) -> Cell | None:
    """Draw a cell and free coordinates; None where atoms find no room.

    Args:
        recipe: of the space group.
        at: position of each orbit, shape (n,).
        numbers: atomic number of each orbit, shape (n,).
        volume: of the primitive cell, Å³.
        rng: what draws.
    """
    lattice = _lattice(recipe, volume, rng)
    if lattice is None:
        return None
    reduced, change = moyopy.minkowski_reduce(lattice.tolist())
    lattice, back = np.array(reduced), np.linalg.inv(np.array(change).T)
    radii = np.maximum(covalent_radii()[numbers], SMALLEST_A)
    placed, around = np.zeros((0, 3)), np.zeros(0)
    # What has no choice comes first, then what is hardest to place.
    order = np.lexsort((-recipe.sizes[at], recipe.free[at]))
    for orbit in order:
        origins, directions = recipe.sites[at[orbit]]
        tried = (origins @ back)[None]
        if recipe.free[at[orbit]]:
            free = rng.random((_TRIES, directions.shape[1]))
            tried = tried + np.einsum("kf,mfi->kmi", free, directions @ back)
        found = first_with_room(tried, radii[orbit], placed, around, lattice, ROOM)
        if found < 0:
            return None
        placed = np.concatenate([placed, tried[found]])
        around = np.concatenate([around, np.full(len(tried[found]), radii[orbit])])
    return Cell(lattice, np.repeat(numbers[order], recipe.sizes[at[order]]), placed % 1)


def _lattice(recipe: Recipe, volume: float, rng: np.random.Generator) -> np.ndarray | None:
    """Draw lattice vectors of the primitive cell, rows, (3, 3), Å; None for the few that make no cell."""
    shapes, sums = recipe.shapes
    metric = shapes[_one_of(sums, rng)]
    edges = np.sqrt(metric.diagonal())
    between = rng.normal(0, _COSINES, (3, 3))
    np.fill_diagonal(between, 0)
    cosines = metric / (edges[:, None] * edges) + between + between.T
    edges = edges * np.exp(rng.normal(0, _EDGES, 3))
    metric = (recipe.turns.swapaxes(1, 2) @ (cosines * edges[:, None] * edges) @ recipe.turns).mean(axis=0)
    try:
        lattice = np.linalg.cholesky(recipe.axes.T @ metric @ recipe.axes)
    except np.linalg.LinAlgError:
        return None
    # Of a triangle, the product of the diagonal.
    square = lattice.diagonal() ** 2
    lengths = (lattice**2).sum(axis=1)
    if square.prod() <= _FLATTEST * lengths.prod():
        return None
    return lattice * np.cbrt(volume / np.sqrt(square.prod()))


def _checked(cell: Cell, space_group: int, name: str) -> Crystal | str:
    """Return the crystal of a cell with its standard cell, or which other space group it has."""
    given = moyopy.Cell(cell.lattice.tolist(), cell.frac_coords.tolist(), cell.numbers.tolist())
    try:
        found = moyopy.MoyoDataset(given, symprec=SYMPREC_A, setting=moyopy.Setting.spglib())
    except ValueError:
        return "no symmetry"
    if found.number != space_group:
        return f"space group {found.number}"
    standard = found.std_cell
    return Crystal(
        id=name,
        source="synthetic",
        formula=formula_of(cell.numbers),
        space_group=space_group,
        spacegroup_reported=space_group,
        confirmed_at_A=SYMPREC_A,
        standard=Cell(np.array(standard.basis), np.array(standard.numbers), np.array(standard.positions)),
        **cell._asdict(),
    )
