"""Blocks of a CIF file, each read on its own: a damaged one costs no other, in whatever encoding the file is.

The syntax is that of CIF 1.1 (S. R. Hall, F. H. Allen & I. D. Brown, Acta Cryst. A47, 655, 1991) as gemmi reads it
(M. Wojdyr, J. Open Source Softw. 7, 4200, 2022).
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import gemmi

from sgbench.errors import SgbenchError

_HEADER = re.compile(r"\s*data_(\S*)", re.IGNORECASE)
_WHERE = re.compile(r"string:(\d+)(?::\d+\(\d+\))?(?: in \S+)?:? ?(.*)", re.DOTALL)
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True, slots=True)
class Block:
    """One data block.

    Attributes:
        name: what follows ``data_``; need not be unique.
        line: number of its first line in the file.
        cif: what gemmi reads of it.
    """

    name: str
    line: int
    cif: gemmi.cif.Block

    def value(self, *tags: str) -> str | None:
        """Return the value of the first of ``tags`` that has one; ``.``, ``?`` and blanks are none."""
        return next((value for tag in tags for value in self.column(tag) if value is not None), None)

    def values(self, *tags: str) -> list[str]:
        """Return the values of all of ``tags``, each once."""
        return list(dict.fromkeys(value for tag in tags for value in self.column(tag) if value is not None))

    def column(self, *tags: str) -> list[str | None]:
        """Return the values of the first of ``tags`` that is there, None where one is unknown; [] where none is."""
        for tag in tags:
            if found := list(self.cif.find_values(tag)):
                return [known(text) for text in found]
        return []

    @contextmanager
    def at(self, *tags: str) -> Iterator[None]:
        """Let the reasons of what is done with some tags say the line at which the first of them stands."""
        try:
            yield
        except SgbenchError as error:
            raise SgbenchError(f"line {self._line_of(tags)}: {error}") from None

    def _line_of(self, tags: Sequence[str]) -> int:
        wanted = {tag.lower() for tag in tags}
        for item in self.cif:
            names = item.loop.tags if item.loop else [item.pair[0]] if item.pair else []
            if wanted & {name.lower() for name in names}:
                return self.line + item.line_number - 1
        return self.line


@dataclass(frozen=True, slots=True)
class Damaged:
    """A block that cannot be read, and where and why."""

    name: str
    reason: str


def known(text: str) -> str | None:
    """Return what a value says without its quotes, or None where it says nothing."""
    value = gemmi.cif.as_string(text).strip()
    return None if value in ("", ".", "?") else value


def blocks_of(data: bytes) -> Iterator[Block | Damaged]:
    """Read the blocks of a file, one after the other.

    Raises:
        SgbenchError: no block begins in it.
    """
    lost, parts = _split(_text(data))
    if not parts:
        raise SgbenchError("not readable as CIF: no line begins a block with data_")
    if lost:
        yield Damaged("", f"line {lost}: text before the first line that begins a block with data_")
    for name, line, text in parts:
        try:
            document = gemmi.cif.read_string(text)
        except (ValueError, RuntimeError) as error:
            found = _WHERE.match(str(error))
            offset, what = found.groups() if found else (1, str(error))
            reason = next(iter(what.splitlines()), "damaged")
            yield Damaged(name, f"line {line + int(offset) - 1}: not readable as CIF: {reason}")
        else:
            yield Block(name, line, document[0])


def _text(data: bytes) -> str:
    """Decode a file: by its byte-order mark, as UTF-8, or else as Latin-1, which CIF editors of old wrote."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data[:2]:
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Old systems end or pad a file with these; a no-break space separates as any other.
    text = text.replace("\0", "").replace("\x1a", "").replace("\N{NO-BREAK SPACE}", " ")
    # gemmi takes ASCII alone outside of quotes; a number must not hide that it is none.
    return text.encode("ascii", "backslashreplace").decode()


def _split(text: str) -> tuple[int, list[tuple[str, int, str]]]:
    """Cut a text before each line that begins a block.

    Returns:
        The number of the first line before all blocks that says something, or 0; and name, first line and text of each.
    """
    lines = text.split("\n")
    starts = _starts(lines)
    before = enumerate(lines[: starts[0] if starts else 0], start=1)
    lost = next((number for number, line in before if line.strip() and not line.lstrip().startswith("#")), 0)
    ends = [*starts[1:], len(lines)][: len(starts)]
    return lost, [
        (_HEADER.match(lines[start])[1], start + 1, "\n".join(lines[start:end]) + "\n")
        for start, end in zip(starts, ends, strict=True)
    ]


def _starts(lines: list[str]) -> list[int]:
    starts, opened, ordinary = [], None, set()
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith(";") and index not in ordinary:
            opened = index if opened is None else None
        elif opened is None and _HEADER.match(line):
            starts.append(index)
        index += 1
        if index == len(lines) and opened is not None:
            # A text that never ends must not swallow the blocks behind it.
            ordinary.add(opened)
            index, opened = opened, None
            starts = [start for start in starts if start < index]
    return starts
