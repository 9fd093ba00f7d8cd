"""Crystals from a parquet table, e.g. that of the Materials Project in ``resources/``."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from sgbench.crystals.crystal import Cell, Crystal, Rejected, fault_of
from sgbench.crystals.formula import canonical_formula, formula_of
from sgbench.errors import SgbenchError
from sgbench.files import read_table
from sgbench.progress import track

_OPTIONAL = ["isotopes", "spacegroup_reported"]
_COLUMNS = ["id", "source", "formula", "spacegroup", "lattice", "numbers", "frac_coords"]


def read(path: str) -> Iterator[Crystal | Rejected]:
    """Read the table at ``path``.

    It has the columns id, source, formula, spacegroup, lattice (9 numbers, row-major, Å), numbers and frac_coords (3N
    numbers, row-major); and perhaps isotopes (N mass numbers, 0 for a natural element, 2 for deuterium) and
    spacegroup_reported.

    Yields:
        each record in its order, or why it cannot be used.

    Raises:
        SgbenchError: the path does not exist or is not such a table.
    """
    table = read_table(path)
    missing = [column for column in _COLUMNS if column not in table]
    if missing:
        raise SgbenchError(f"{path}: columns missing: {', '.join(missing)}; needed: {', '.join(_COLUMNS)}")
    table = table.reindex(columns=[*_COLUMNS, *_OPTIONAL])
    rows = table.itertuples(index=False)
    for line, row in enumerate(track(rows, len(table), f"read {Path(path).name}", "records"), start=1):
        source = Path(path).stem if pd.isna(row.source) else str(row.source)
        if pd.isna(row.id):
            yield Rejected(source, "", f"{Path(path).name}, row {line}: the id is missing")
            continue
        isotopes = row.isotopes if np.ndim(row.isotopes) else None
        reason = fault_of(row.lattice, row.numbers, row.frac_coords, row.spacegroup, isotopes)
        if not reason:
            cell = Cell.of_lists(row.lattice, row.numbers, row.frac_coords, isotopes)
            formula = formula_of(cell.numbers, cell.isotopes)
            if not pd.isna(row.formula) and canonical_formula(str(row.formula)) != formula:
                reason = f"the formula is {row.formula}, but the atoms give {formula}"
        if reason:
            yield Rejected(source, str(row.id), reason)
            continue
        yield Crystal(
            id=str(row.id),
            source=source,
            formula=formula,
            space_group=int(row.spacegroup),
            spacegroup_reported=0 if pd.isna(row.spacegroup_reported) else int(row.spacegroup_reported),
            **cell._asdict(),
        )
