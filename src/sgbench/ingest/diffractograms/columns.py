"""Columns of numbers: .xy, .xye, .dat, .csv, .txt, .chi, those of RRUFF, and exports of instruments' programs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged
from sgbench.ingest.diffractograms.axes import AxisName, named_axis, named_columns
from sgbench.ingest.diffractograms.text import anode, wavelengths
from sgbench.samples.pattern import Pattern

FORMAT = "columns of numbers"

_NUMERIC = str.maketrans("", "", '0123456789 \t.,;eE+-"')
_NO_NUMBERS = {"nan", "nannan", "inf", "infinf", "naninf", "infnan"}
_COMMENT = re.compile(r"\s*(?:[#!%'/*]|;(?!\s*\d))")
_DECIMAL_COMMA = re.compile(r"\d,\d")
_FRINGE = "#!;%'\"/* \t"


@dataclass(frozen=True)
class _Table:
    """The numbers of a file, a list of words a row, the line that each row is, and the text above and among them."""

    rows: list[list[str]]
    lines: list[int]
    header: list[str]
    separator: str


def recognised(text: str) -> bool:
    """Take what no other format takes."""
    return True


def patterns(text: str, suffix: str = "") -> Iterator[Pattern | Damaged]:
    """Yield the pattern of a file of columns: positions, intensities, and perhaps their uncertainties.

    Lines above the numbers, and comments among them, may name the axis, the wavelength or the anode. Numbers are
    separated by commas, semicolons, tabs or blanks, with a decimal point or comma. A first row of start, step and end
    makes all others intensities.

    Args:
        text: the file.
        suffix: of its name; that of .xye says that the third column holds uncertainties.

    Raises:
        SgbenchError: there are no such columns, or their axis is none of powder patterns.
    """
    if re.match(r"\s*<(?:!doctype|html)", text, re.IGNORECASE):
        raise SgbenchError("is a page of the web, not a pattern; download the file itself")
    table = _table(text.split("\n"))
    header = "\n".join(table.header)
    title = next((line.strip(_FRINGE) for line in table.header if line.strip(_FRINGE)), "")
    facts = {key.strip(): value.strip() for key, value in re.findall(r"^##([^=\n]+)=(.*)$", header, re.MULTILINE)}
    about = {
        "wavelengths_A": wavelengths(header),
        "anode": anode(header),
        "title": facts.get("NAMES", title),
        "facts": {key: value for key, value in facts.items() if value},
    }
    stepped = _in_steps(table)
    if stepped is not None:
        yield Pattern(positions=stepped[0], intensities=stepped[1], **about)
        return
    values = _values(table)
    names = named_columns(table.header, table.separator, values.shape[1])
    axis = names.axis or named_axis(table.header) or AxisName("two_theta", 1.0)
    positions, unit = axis.positions(values[:, names.positions])
    esd = 2 if names.esd is None and suffix == ".xye" and values.shape[1] > 2 else names.esd
    yield Pattern(
        positions=positions,
        intensities=values[:, names.intensities],
        esd=None if esd is None else values[:, esd],
        unit=unit,
        **about,
    )


def _table(text: list[str]) -> _Table:
    """Find the numbers among the lines of a file.

    Raises:
        SgbenchError: there are none, or something else stands among them.
    """
    kinds = [_kind(line) for line in text]
    rows = [number for number, kind in enumerate(kinds) if kind == "row"]
    separator, comma = _separators([text[number] for number in rows])
    split = dict(zip(rows, _split([text[number] for number in rows], separator, comma), strict=True))
    first = next((number for number in rows if _begins(number, split, kinds)), None)
    if first is None:
        raise SgbenchError("holds no columns of numbers")
    taken = [number for number in rows if number >= first]
    stray = next((number for number in range(first, taken[-1]) if kinds[number] == "text"), None)
    if stray is not None:
        raise SgbenchError(f"line {stray + 1} is no row of numbers: {text[stray].strip()[:40]}")
    header = [
        line for number, line in enumerate(text) if line.strip() and (number < first or kinds[number] == "comment")
    ]
    return _Table([split[number] for number in taken], taken, header, separator)


def _kind(line: str) -> str:
    """Say whether a line is a row of numbers, a comment or blank, or text."""
    rest = line.translate(_NUMERIC)
    if not rest:
        start = line.lstrip(' \t"+-.')[:1]
        return "row" if start.isdigit() else "text" if start else "comment"
    if rest.lower() in _NO_NUMBERS:
        return "row"
    return "comment" if _COMMENT.match(line) or not line.strip() else "text"


def _values(table: _Table) -> np.ndarray:
    """Return the numbers (rows, columns); a last row that was cut off does not count.

    Raises:
        SgbenchError: another row has too few.
    """
    width = len(table.rows[0])
    rows = table.rows[:-1] if len(table.rows[-1]) < width else table.rows
    short = next((line for line, row in zip(table.lines, rows, strict=False) if len(row) < width), None)
    if short is not None:
        raise SgbenchError(f"line {short + 1} has fewer than the {width} columns of the first row")
    # Faster than NumPy's own reading of text.
    return np.array([float(word) for row in rows for word in row[:width]]).reshape(-1, width)


def _begins(number: int, split: dict[int, list[str]], kinds: list[str]) -> bool:
    """Say whether the numbers begin with a row: it has two or more, and no text follows, as it does in a header."""
    following = [kind for kind in kinds[number + 1 : number + 4] if kind != "comment"]
    return len(split[number]) > 1 and "text" not in following and _is_number(split[number][0])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _separators(rows: list[str]) -> tuple[str, bool]:
    """Return what separates the numbers of rows, blank for any blanks, and whether their decimals follow a comma."""
    some = rows[len(rows) // 2 : len(rows) // 2 + 20]
    for separator in (";", "\t", " "):
        if sum(separator in row.strip() for row in some) > len(some) // 2:
            comma = any(_DECIMAL_COMMA.search(row) for row in some) and not any("." in row for row in some)
            if comma or not any("," in row for row in some):
                return separator, comma
    return ("," if any("," in row for row in some) else " "), False


def _split(rows: list[str], separator: str, comma: bool) -> list[list[str]]:
    if any('"' in row for row in rows[-1:]):
        rows = [row.replace('"', "") for row in rows]
    if comma:
        rows = [row.replace(",", ".") for row in rows]
    return (
        [row.split() for row in rows]
        if separator == " "
        else [row.rstrip(f"{separator} \t").split(separator) for row in rows]
    )


def _in_steps(table: _Table) -> tuple[np.ndarray, np.ndarray] | None:
    """Return positions and intensities where start, step and end stand above them, as DBWS and FullProf have it.

    They are the first row, or begin the last line of the header, a title behind them.
    """
    titled = [word for line in table.header[-1:] for word in line.split()[:3]]
    first, rows = (
        (titled, table.rows) if len(titled) == 3 and all(map(_is_number, titled)) else (table.rows[0], table.rows[1:])
    )
    if len(first) < 3 or not rows:
        return None
    start, step, end = (float(word) for word in first[:3])
    if not (step > 0 and end > start):
        return None
    points = round((end - start) / step) + 1
    # The last row may be filled up.
    if not points <= sum(map(len, rows)) < points + len(rows[0]):
        return None
    words = [word for row in rows for word in row][:points]
    return start + step * np.arange(points), np.array(words, float)
