"""Crystals as one table: described, ranked, drawn from, and read back."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from sgbench.crystals.confirm import confirmed
from sgbench.crystals.crystal import Cell, Crystal, Rejected, cell_parameters
from sgbench.crystals.formula import symbols
from sgbench.crystals.possible import closest, fault_of_volume
from sgbench.crystals.symmetry import bravais_lattice, crystal_system
from sgbench.errors import SgbenchError
from sgbench.files import read_table
from sgbench.parallel import ordered_map
from sgbench.progress import track
from sgbench.seeds import generator

#: The columns of :func:`tabulate`'s table that hold structures.
STRUCTURE_COLUMNS = [
    *("lattice", "numbers", "frac_coords", "isotopes"),
    *("standard_lattice", "standard_numbers", "standard_frac_coords", "standard_isotopes"),
]


def tabulate(
    records: Sequence[Crystal | Rejected], workers: int = 1, confirmed_at_A: float | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe crystals in one table, a row a crystal, and list the rejected records in another.

    The first has ``id`` (unique: source/id, with #2, #3, ... where that repeats), ``material`` (the source's id),
    source, formula, space_group, crystal_system, bravais_lattice, ``space_group_rank`` (1 for the group with the most
    distinct materials, a material being one reduced formula in one space group), structure_class ("" where the source
    gives none), spglib's conventional cell (a, b, c in Å; alpha, beta, gamma in degrees), volume_per_atom (Å³),
    ``spacegroup_reported`` and ``confirmed_at_A`` (see :class:`sgbench.crystals.crystal.Crystal`), and the
    :data:`STRUCTURE_COLUMNS`: the structure itself and its standard conventional cell, without atoms where they are not
    known. The second has source, id and reason.

    Args:
        records: what :func:`sgbench.crystals.read` yields.
        workers: processes to check the crystals with.
        confirmed_at_A: keep only crystals whose space group is stated and confirmed at this tolerance, Å; None keeps
            all.

    Raises:
        SgbenchError: not one crystal is left.
    """
    crystals = [record for record in records if isinstance(record, Crystal)]
    rejected = [record for record in records if isinstance(record, Rejected)]
    rows = []
    checked = track(ordered_map(_checked, crystals, workers), len(crystals), "check", "crystals")
    for record in checked:
        if isinstance(record, Crystal) and confirmed_at_A and not record.confirmed_at_A <= confirmed_at_A:
            reason = f"its space group {record.space_group} is not stated and confirmed at {confirmed_at_A} Å"
            rejected.append(Rejected(record.source, record.id, reason))
        elif isinstance(record, Rejected):
            rejected.append(record)
        else:
            rows.append(_row(record))
    if not rows:
        raise SgbenchError(f"no usable crystal in {len(records)} records")
    table = pd.DataFrame(rows)
    table["id"] = _unique(table["id"])
    table.insert(7, "space_group_rank", space_group_ranks(table))
    return table, pd.DataFrame(
        [(r.source, r.id, r.reason) for r in rejected], columns=["source", "id", "reason"], dtype="str"
    )


def _checked(crystal: Crystal) -> Crystal | Rejected:
    """Return a crystal once it is checked, or why it is none; one that brings its standard cell along was before."""
    if crystal.standard is not None:
        return crystal
    reason = fault_of_volume(crystal.lattice, len(crystal.numbers))
    crowded = None if reason else closest(crystal.lattice, crystal.numbers, crystal.frac_coords)
    if crowded:
        pair = " and ".join(symbols(crystal.numbers[list(crowded[:2])]))
        reason = f"the atoms {crowded[0] + 1} and {crowded[1] + 1} ({pair}) are {crowded[2]:.2f} Å apart: too close"
    if not reason:
        try:
            return confirmed(crystal)
        except SgbenchError as error:
            reason = str(error)
    return Rejected(crystal.source, crystal.id, reason)


def _row(crystal: Crystal) -> dict:
    standard = crystal.standard
    cell = zip(("a", "b", "c", "alpha", "beta", "gamma"), cell_parameters(standard.lattice), strict=True)
    return {
        "id": f"{crystal.source}/{crystal.id}",
        "material": crystal.material or crystal.id,
        "source": crystal.source,
        "formula": crystal.formula,
        "space_group": crystal.space_group,
        "crystal_system": crystal_system(crystal.space_group),
        "bravais_lattice": bravais_lattice(crystal.space_group),
        "structure_class": crystal.structure_class,
        **{name: round(float(value), 5) for name, value in cell},
        "volume_per_atom": round(abs(np.linalg.det(crystal.lattice)) / len(crystal.numbers), 5),
        "spacegroup_reported": crystal.spacegroup_reported,
        "confirmed_at_A": crystal.confirmed_at_A,
        **_lists(crystal, ""),
        **_lists(standard, "standard_"),
    }


def _lists(cell: Crystal | Cell, prefix: str) -> dict:
    natural = np.zeros(0, np.uint8)
    return {
        f"{prefix}lattice": cell.lattice.ravel(),
        f"{prefix}numbers": cell.numbers.astype(np.uint8),
        f"{prefix}frac_coords": cell.frac_coords.ravel(),
        f"{prefix}isotopes": natural if cell.isotopes is None else cell.isotopes.astype(np.uint8),
    }


def _unique(ids: pd.Series) -> pd.Series:
    repeat = ids.groupby(ids).cumcount() + 1
    return ids.where(repeat == 1, ids + "#" + repeat.astype(str))


def space_group_ranks(table: pd.DataFrame) -> pd.Series:
    """Rank the space group of each row by its number of distinct materials, 1 the largest, ties by group number."""
    materials = table[["formula", "space_group"]].drop_duplicates()["space_group"].value_counts()
    order = sorted(materials.index, key=lambda group: (-materials[group], group))
    return table["space_group"].map({group: rank for rank, group in enumerate(order, start=1)})


def draw(table: pd.DataFrame, records: int | None, largest: int | None = None) -> pd.DataFrame:
    """Draw crystals at random, the same ones for all modalities that ask for as many.

    Args:
        table: see :func:`tabulate`.
        records: how many; None, or more than there are, takes all.
        largest: only crystals of that many largest space groups; None takes all groups.

    Returns:
        The rows drawn, in their order, numbered anew.
    """
    if largest is not None:
        table = table[table["space_group_rank"] <= largest]
    if records is not None and records < len(table):
        table = table.iloc[np.sort(generator(0, "records").choice(len(table), records, replace=False))]
    return table.reset_index(drop=True)


def from_table(table: pd.DataFrame) -> Iterator[Crystal]:
    """Yield the crystals of a table that :func:`tabulate` made, in its order."""
    about = ["material", "source", "formula", "space_group", "structure_class", "spacegroup_reported", "confirmed_at_A"]
    for row in table[[*about, *STRUCTURE_COLUMNS]].itertuples(index=False):
        yield Crystal(
            id=row.material,
            source=row.source,
            formula=row.formula,
            space_group=row.space_group,
            structure_class=row.structure_class,
            spacegroup_reported=row.spacegroup_reported,
            confirmed_at_A=row.confirmed_at_A,
            standard=Cell.of_lists(
                row.standard_lattice, row.standard_numbers, row.standard_frac_coords, row.standard_isotopes
            ),
            **Cell.of_lists(row.lattice, row.numbers, row.frac_coords, row.isotopes)._asdict(),
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
