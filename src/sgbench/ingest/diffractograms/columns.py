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
    """The numbers of a file, with decimal points and without quotes, and the text above and among them.

    Attributes:
        rows: a row each.
        lines: the line of the file that each is, from 0 on.
        header: the other lines, blank ones left out.
        separator: what separates numbers; a blank stands for any.
    """

    rows: list[str]
    lines: list[int]
    header: list[str]
    separator: str

    def words(self, row: str) -> list[str]:
        """Return the words of a row."""
        return row.split() if self.separator == " " else row.rstrip(f"{self.separator} \t").split(self.separator)

    def all_words(self) -> list[str]:
        """Return the words of all rows, one after the other; those of empty fields are missing."""
        return " ".join(self.rows).replace(self.separator, " ").split()

    def has(self, width: int) -> bool:
        """Say whether there are as many fields as in rows of this width, and none is empty."""
        fields = len(self.rows) * width
        separated = (
            self.separator == " " or sum(row.count(self.separator) for row in self.rows) + len(self.rows) == fields
        )
        return separated and len(self.all_words()) == fields


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
    table = _table(text)
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


def _table(text: str) -> _Table:
    """Find the numbers among the lines of a file.

    Raises:
        SgbenchError: there are none, or something else stands among them.
    """
    lines, kinds = text.split("\n"), _kinds(text)
    places = [place for place, kind in enumerate(kinds) if kind == "row"]
    separator, comma = _separators([lines[place] for place in places])
    body = "\n".join(lines[place] for place in places).replace('"', "")
    rows = (body.replace(",", ".") if comma else body).split("\n")
    table = _Table(rows, places, [], separator)
    first = next((place for place, row in enumerate(rows) if places and _begins(table, place, row, kinds)), None)
    if first is None:
        raise SgbenchError("holds no columns of numbers")
    start = places[first]
    stray = next((place for place in range(start, places[-1]) if kinds[place] == "text"), None)
    if stray is not None:
        raise SgbenchError(f"line {stray + 1} is no row of numbers: {lines[stray].strip()[:40]}")
    header = lines[:start] + [
        line for line, kind in zip(lines[start:], kinds[start:], strict=True) if kind == "comment"
    ]
    return _Table(rows[first:], places[first:], [line for line in header if line.strip()], separator)


def _kinds(text: str) -> list[str]:
    """Say of each line whether it is a row of numbers, a comment (or blank), or text."""
    rests = text.translate(_NUMERIC).split("\n")
    lines = zip(text.split("\n"), rests, strict=True)
    return [
        ("row" if line and not line.isspace() else "comment") if not rest else _kind(line, rest) for line, rest in lines
    ]


def _kind(line: str, rest: str) -> str:
    if rest.lower() in _NO_NUMBERS:
        return "row"
    return "comment" if _COMMENT.match(line) or not line.strip() else "text"


def _values(table: _Table) -> np.ndarray:
    """Return the numbers (rows, columns); a last row that was cut off does not count.

    Raises:
        SgbenchError: another row has too few.
    """
    width = len(table.words(table.rows[0]))
    if table.has(width):
        words = table.all_words()
    else:
        rows = [table.words(row) for row in table.rows]
        rows = rows[:-1] if len(rows[-1]) < width else rows
        short = next((line for line, row in zip(table.lines, rows, strict=False) if len(row) < width), None)
        if short is not None:
            raise SgbenchError(f"line {short + 1} has fewer than the {width} columns of the first row")
        words = [word for row in rows for word in row[:width]]
    # Faster than NumPy's own reading of text.
    return np.array(list(map(float, words))).reshape(-1, width)


def _begins(table: _Table, place: int, row: str, kinds: list[str]) -> bool:
    """Say whether the numbers begin with a row: it has two or more, and no text follows, as it does in a header."""
    words, line = table.words(row), table.lines[place]
    following = [kind for kind in kinds[line + 1 : line + 4] if kind != "comment"]
    return len(words) > 1 and "text" not in following and _is_number(words[0])


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


def _in_steps(table: _Table) -> tuple[np.ndarray, np.ndarray] | None:
    """Return positions and intensities where start, step and end stand above them, as DBWS and FullProf have it.

    They are the first row, or begin the last line of the header, a title behind them.
    """
    titled = [word for line in table.header[-1:] for word in line.split()[:3]]
    words = table.all_words()
    above = len(titled) == 3 and all(map(_is_number, titled))
    first, words = (titled, words) if above else (words[:3], words[len(table.words(table.rows[0])) :])
    if len(first) < 3 or not all(map(_is_number, first)):
        return None
    start, step, end = map(float, first)
    if not (step > 0 and end > start):
        return None
    points = round((end - start) / step) + 1
    # The last row may be filled up.
    if not points <= len(words) < points + len(table.words(table.rows[-1])) + 1:
        return None
    return start + step * np.arange(points), np.array(words[:points], float)
