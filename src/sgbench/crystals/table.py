"""Crystals as one table: described, ranked, drawn from, and read back."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from sgbench.crystals.crystal import Cell, Crystal, Rejected, cell_parameters, find_symmetry
from sgbench.crystals.symmetry import bravais_lattice, crystal_system
from sgbench.errors import SgbenchError
from sgbench.files import read_table
from sgbench.parallel import ordered_map
from sgbench.progress import track
from sgbench.seeds import generator

#: The columns of :func:`tabulate`'s table that hold structures.
STRUCTURE_COLUMNS = [
    *("lattice", "numbers", "frac_coords"),
    *("standard_lattice", "standard_numbers", "standard_frac_coords"),
]


def tabulate(records: Sequence[Crystal | Rejected], workers: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe crystals in one table, a row a crystal, and list the rejected records in another.

    The first has ``id`` (unique: source/id, with #2, #3, ... where that repeats), ``material`` (the source's id),
    source, formula, space_group, crystal_system, bravais_lattice, ``space_group_rank`` (1 for the group with the most
    distinct materials, a material being one reduced formula in one space group), structure_class ("" where the source
    gives none), the conventional cell (a, b, c in Å; alpha, beta, gamma in degrees; by spglib), volume_per_atom (Å³),
    and the :data:`STRUCTURE_COLUMNS`: the structure itself and its standard conventional cell. The second has source,
    id and reason.

    Args:
        records: what :func:`sgbench.crystals.read` yields.
        workers: processes to find the conventional cells with.

    Raises:
        SgbenchError: not one crystal is left.
    """
    crystals = [record for record in records if isinstance(record, Crystal)]
    rejected = [record for record in records if isinstance(record, Rejected)]
    rows = []
    cells = ordered_map(_conventional_cell, crystals, workers)
    cells = track(cells, len(crystals), "find conventional cells", "crystals")
    for crystal, cell in zip(crystals, cells, strict=True):
        if cell is None:
            rejected.append(Rejected(crystal.source, crystal.id, "spglib finds no symmetry in this structure"))
        else:
            rows.append(_row(crystal, cell))
    if not rows:
        raise SgbenchError(f"no usable crystal in {len(records)} records")
    table = pd.DataFrame(rows)
    table["id"] = _unique(table["id"])
    table.insert(7, "space_group_rank", space_group_ranks(table))
    return table, pd.DataFrame(
        [(r.source, r.id, r.reason) for r in rejected], columns=["source", "id", "reason"], dtype="str"
    )


def _conventional_cell(crystal: Crystal) -> Cell | None:
    if crystal.standard is not None:
        return crystal.standard
    found = find_symmetry(crystal.lattice, crystal.frac_coords, crystal.numbers)
    return None if found is None else Cell(found.std_lattice, found.std_types, found.std_positions)


def _row(crystal: Crystal, standard: Cell) -> dict:
    cell = zip(("a", "b", "c", "alpha", "beta", "gamma"), cell_parameters(standard.lattice), strict=True)
    return {
        "id": f"{crystal.source}/{crystal.id}",
        "material": crystal.id,
        "source": crystal.source,
        "formula": crystal.formula,
        "space_group": crystal.space_group,
        "crystal_system": crystal_system(crystal.space_group),
        "bravais_lattice": bravais_lattice(crystal.space_group),
        "structure_class": crystal.structure_class,
        **{name: round(float(value), 5) for name, value in cell},
        "volume_per_atom": round(abs(np.linalg.det(crystal.lattice)) / len(crystal.numbers), 5),
        "lattice": crystal.lattice.ravel(),
        "numbers": crystal.numbers.astype(np.uint8),
        "frac_coords": crystal.frac_coords.ravel(),
        "standard_lattice": standard.lattice.ravel(),
        "standard_numbers": standard.numbers.astype(np.uint8),
        "standard_frac_coords": standard.frac_coords.ravel(),
    }


def _unique(ids: pd.Series) -> pd.Series:
    repeat = ids.groupby(ids).cumcount() + 1
    return ids.where(repeat == 1, ids + "#" + repeat.astype(str))


def space_group_ranks(table: pd.DataFrame) -> pd.Series:
    """Rank the space group of each row by its number of distinct materials, 1 the largest, ties by group number."""
    materials = table[["formula", "space_group"]].drop_duplicates()["space_group"].value_counts()
    order = sorted(materials.index, key=lambda group: (-materials[group], group))
    return table["space_group"].map({group: rank for rank, group in enumerate(order, start=1)})


def draw(table: pd.DataFrame, records: int | None, largest: int | None, name: str) -> pd.DataFrame:
    """Draw crystals at random for one use of them.

    Args:
        table: see :func:`tabulate`.
        records: how many; None, or more than there are, takes all.
        largest: only crystals of that many largest space groups; None takes all groups.
        name: the use; another one draws others.

    Returns:
        The rows drawn, in their order, numbered anew.
    """
    if largest is not None:
        table = table[table["space_group_rank"] <= largest]
    if records is not None and records < len(table):
        table = table.iloc[np.sort(generator(0, "records", name).choice(len(table), records, replace=False))]
    return table.reset_index(drop=True)


def from_table(table: pd.DataFrame) -> Iterator[Crystal]:
    """Yield the crystals of a table that :func:`tabulate` made, in its order."""
    columns = ["material", "source", "formula", "space_group", "structure_class", *STRUCTURE_COLUMNS]
    for row in table[columns].itertuples(index=False):
        yield Crystal(
            id=row.material,
            source=row.source,
            formula=row.formula,
            space_group=row.space_group,
            structure_class=row.structure_class,
            standard=Cell.of_lists(row.standard_lattice, row.standard_numbers, row.standard_frac_coords),
            **Cell.of_lists(row.lattice, row.numbers, row.frac_coords)._asdict(),
        )


def crystals_of(path: str | Path, rows: pd.DataFrame, column: str) -> Callable[[np.ndarray], list[Crystal]]:
    """Return a function that gives the crystals of positions in a table of samples.

    Args:
        path: ``crystals.parquet``.
        rows: the samples.
        column: by which both know a crystal: id, or material, of which the first record stands for all.
    """

    # Read when it is asked for: not all that generates items needs crystals, nor has every study some.
    @cache
    def table() -> pd.DataFrame:
        return read_table(path).drop_duplicates(column).set_index(column, drop=False)

    return lambda positions: list(from_table(table().loc[rows[column].iloc[positions]]))
