"""Measured powder patterns as diffractometers, beamlines and archives write them, one module a format.

The content tells the format, not the name. Each module has ``FORMAT``, what people call it, ``recognised(source)`` and
``patterns(source)``, which yields a :class:`Pattern` a scan, or a :class:`Damaged` one; ``source`` is text, or bytes in
the modules of binary formats.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from struct import error as struct_error
from xml.etree.ElementTree import ParseError

from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged, first_line
from sgbench.ingest.diffractograms import brml, bruker_raw, columns, gsas, pdcif, ras, uxd, xrdml
from sgbench.ingest.diffractograms.checks import checked
from sgbench.ingest.diffractograms.text import decoded
from sgbench.samples.pattern import Pattern

_BINARY = (bruker_raw, brml)
# Columns of numbers are what anything else may be.
_TEXT = (xrdml, ras, uxd, gsas, pdcif, columns)
_LARGEST = 200_000_000  # bytes; the largest patterns have some
# What readers meet in damaged files.
_DAMAGE = (ValueError, IndexError, KeyError, OverflowError, EOFError, RuntimeError, NotImplementedError)
_DAMAGE += (struct_error, ParseError, zipfile.BadZipFile)


def read(path: str | Path) -> list[Pattern | Damaged]:
    """Read the patterns of a file, whatever its format: .xy, .xye, .csv, .xrdml, .raw, .brml, .ras, .gsas, .uxd, .cif.

    Args:
        path: the file.

    Returns:
        A pattern a scan, in the order of the file, positions rising; in the place of one that cannot be used, why.
        A file that cannot be read at all is one :class:`Damaged`, whose ``group`` is "".
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST:
            return [Damaged("", f"is larger than {_LARGEST // 10**6} MB, and no powder pattern")]
        content = path.read_bytes()
    except OSError as error:
        return [Damaged("", f"cannot be read: {(error.strerror or str(error)).lower()}")]
    try:
        found = list(_patterns(content, path.suffix.lower()))
    except SgbenchError as reason:
        return [Damaged("", str(reason))]
    if not found:
        return [Damaged("", "holds no scan")]
    several = len(found) > 1
    named = [_named(one, str(number) if several else "") for number, one in enumerate(found, start=1)]
    return [one if isinstance(one, Damaged) else _judged(one) for one in named]


def _patterns(content: bytes, suffix: str) -> Iterator[Pattern | Damaged]:
    if not content.strip(b"\0 \t\r\n"):
        raise SgbenchError("is empty")
    text = None
    module = next((module for module in _BINARY if module.recognised(content)), None)
    if module is None:
        text = decoded(content)
        if text is None:
            raise SgbenchError("is binary, and of no format that is known here; export it as .xy or .xye")
        module = next(module for module in _TEXT if module.recognised(text))
    try:
        yield from columns.patterns(text, suffix) if module is columns else module.patterns(text or content)
    except _DAMAGE as error:
        raise SgbenchError(f"is damaged, not readable as {module.FORMAT}: {first_line(error)}") from None


def _named(one: Pattern | Damaged, number: str) -> Pattern | Damaged:
    return replace(one, group=number) if isinstance(one, Damaged) else replace(one, block=number)


def _judged(pattern: Pattern) -> Pattern | Damaged:
    try:
        return checked(pattern)
    except SgbenchError as reason:
        return Damaged(pattern.block, str(reason))
