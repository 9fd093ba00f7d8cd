"""Crystals: the crystal itself, its symmetry and its relatives, a table of all, and a module a source.

A source is a module with a function ``read(argument)`` that yields each
:class:`sgbench.crystals.crystal.Crystal`, or a :class:`sgbench.crystals.crystal.Rejected` record with the reason.
:func:`sgbench.study.sources.kind` says which module a study's source is of.
"""

import importlib
from collections.abc import Iterator, Sequence

from sgbench.crystals.crystal import Crystal, Rejected
from sgbench.errors import SgbenchError
from sgbench.study.sources import kind


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
        yield from module.read(argument)
