"""Crystals: the crystal itself, its symmetry and its relatives, a table of all, and a module a source.

A source is a module with a function ``read(argument)`` that yields each
:class:`sgbench.crystals.crystal.Crystal`, or a :class:`sgbench.crystals.crystal.Rejected` record with the reason.
:func:`sgbench.study.sources.kind` says which module a study's source is of.
"""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sgbench.crystals.crystal import Crystal, Rejected
from sgbench.errors import SgbenchError
from sgbench.study.sources import folder_of, kind


def read(sources: Sequence[str]) -> Iterator[Crystal | Rejected]:
    """Read or build the crystals of a study, one source after the other.

    Args:
        sources: parquet tables, folders of CIF files, or names of sources that are built, e.g. ``prototypes:10``.

    Yields:
        each record in its order, or why it cannot be used.

    Raises:
        SgbenchError: a source does not exist, or holds no crystal.
    """
    for source in sources:
        name, argument = kind(source)
        module = importlib.import_module(f"sgbench.crystals.{name}")
        if not hasattr(module, "read"):
            raise SgbenchError(f"crystals: {source}: no such file or folder, and no source of that name")
        records = module.read(argument)
        yield from _of_folder(records, source, sources) if name == "cif" else records


def _of_folder(
    records: Iterator[Crystal | Rejected], source: str, sources: Sequence[str]
) -> Iterator[Crystal | Rejected]:
    """Keep files of one name in several folders apart: they are as many materials."""
    folder = folder_of(source)
    names = [other.name for other in {folder_of(other) for other in sources}]
    for record in records:
        known = replace(record, source=str(folder)) if names.count(folder.name) > 1 else record
        yield known if isinstance(known, Rejected) else replace(known, material=f"{known.source}/{known.id}")
