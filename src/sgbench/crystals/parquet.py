"""Crystals from a parquet table, e.g. that of the Materials Project in ``resources/``."""

from collections.abc import Iterator
from pathlib import Path

from sgbench.crystals.crystal import Cell, Crystal, Rejected, fault_of
from sgbench.errors import SgbenchError
from sgbench.files import read_table
from sgbench.progress import track

_COLUMNS = ["id", "source", "formula", "spacegroup", "lattice", "numbers", "frac_coords"]


def read(path: str) -> Iterator[Crystal | Rejected]:
    """Read the table at ``path``.

    It has the columns id, source, formula, spacegroup, lattice (9 numbers, row-major, Å), numbers and frac_coords (3N
    numbers, row-major).

    Yields:
        each record in its order, or why it cannot be used.

    Raises:
        SgbenchError: the path does not exist or is not such a table.
    """
    table = read_table(path)
    missing = [column for column in _COLUMNS if column not in table]
    if missing:
        raise SgbenchError(f"{path}: columns missing: {', '.join(missing)}; needed: {', '.join(_COLUMNS)}")
    rows = table[_COLUMNS].itertuples(index=False)
    for row in track(rows, len(table), f"read {Path(path).name}", "records"):
        reason = fault_of(row.lattice, row.numbers, row.frac_coords, row.spacegroup)
        if reason:
            yield Rejected(str(row.source), str(row.id), reason)
            continue
        yield Crystal(
            id=str(row.id),
            source=str(row.source),
            formula=str(row.formula),
            space_group=int(row.spacegroup),
            **Cell.of_lists(row.lattice, row.numbers, row.frac_coords)._asdict(),
        )
