"""What headers call the axis of a pattern, and its columns."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sgbench.errors import SgbenchError

_NANOMETRES = re.compile(r"nm|nanomet", re.IGNORECASE)
_RADIANS = re.compile(r"\brad(?:ians?)?\b|_rad\b", re.IGNORECASE)
_COLUMN_END = r"(?=\s*(?:[(\[_,;\t]|  |\s+(?:i|int|y|counts|intensity)\b|$))"
_AXES: dict[str, re.Pattern[str]] = {
    "energy": re.compile(r"energy|\be\s*[(\[_/]\s*kev", re.IGNORECASE),
    "tof": re.compile(r"tof\b|time[ _-]of[ _-]flight", re.IGNORECASE),
    "two_theta": re.compile(
        r"(?:2|two)\s*[ _-]?\s*(?:theta|th|θ|t\b)|tth|ttheta|°2|angle|scattering angle", re.IGNORECASE
    ),
    "theta": re.compile(r"(?:theta|θ|omega|ω)\b(?!\s*[/:-]?\s*2)", re.IGNORECASE),
    "q": re.compile(rf"q{_COLUMN_END}|q[ _-]?(?:a\^?-1|å|nm|value)|q\s*/|scattering vector|momentum", re.IGNORECASE),
    "d": re.compile(rf"d{_COLUMN_END}|d[ _-]?(?:spacings?|values?|hkl)\b", re.IGNORECASE),
}
_REFUSED = {
    "energy": "is energy-dispersive (its axis is an energy); only angles, q and d are read",
    "tof": "is measured by time of flight; convert it to d or q",
    "theta": "has theta or omega as its axis; two-theta is needed, and no rocking curve",
}
_INTENSITY = re.compile(r"i\b|int|counts?\b|cps|y\b|yobs|i_?obs", re.IGNORECASE)
_ESD = re.compile(r"e\b|esd|err|sig|σ|std|unc|s\b", re.IGNORECASE)


@dataclass(frozen=True)
class AxisName:
    """What a header calls an axis.

    Attributes:
        kind: two_theta, q or d, or one that is refused.
        factor: of its numbers, to degrees, 1/Å or Å.
    """

    kind: str
    factor: float

    def positions(self, values: np.ndarray) -> tuple[np.ndarray, Literal["two_theta", "q"]]:
        """Return positions in degrees or 1/Å; spacings become q = 2 pi / d.

        Raises:
            SgbenchError: nothing can be made of such an axis.
        """
        if self.kind in _REFUSED:
            raise SgbenchError(_REFUSED[self.kind])
        values = self.factor * values
        if self.kind != "d":
            return values, "q" if self.kind == "q" else "two_theta"
        if not (values > 0).all():
            raise SgbenchError("has a spacing d that is not above 0")
        return 2 * np.pi / values, "q"


@dataclass(frozen=True)
class Columns:
    """Which column is which; ``axis`` is None where nothing names it."""

    positions: int = 0
    intensities: int = 1
    esd: int | None = None
    axis: AxisName | None = None


def axis_name(text: str) -> AxisName | None:
    """Return the axis that a text begins with, e.g. ``2theta (deg)``; None where it is another word."""
    kind = next((kind for kind, name in _AXES.items() if name.match(text)), None)
    if kind is None:
        return None
    if kind == "q":
        return AxisName(kind, 0.1 if _NANOMETRES.search(text) else 1.0)
    if kind == "d":
        return AxisName(kind, 10.0 if _NANOMETRES.search(text) else 1.0)
    return AxisName(kind, float(np.degrees(1)) if _RADIANS.search(text) else 1.0)


def named_axis(header: list[str]) -> AxisName | None:
    """Return the axis that the last line of a header names that begins with one.

    Lines that set something (``Energy: 8.05 keV``) name none, and an axis that is refused is one only just above the
    numbers.
    """
    for place, line in enumerate(reversed(header)):
        axis = None if re.search(r"[=:]\s*\S", line) else axis_name(_bare(line))
        if axis is not None and (place == 0 or axis.kind not in _REFUSED):
            return axis
    return None


def named_columns(header: list[str], separator: str, width: int) -> Columns:
    """Find the columns by their names, in the last line of a header that has as many as there are.

    Args:
        header: the lines above the numbers.
        separator: what separates numbers; a blank stands for any.
        width: the number of columns.
    """
    split: Callable[[str], list[str]] = (
        (lambda line: line.split()) if separator == " " else (lambda line: line.split(separator))
    )
    for line in reversed(header):
        names = [word.strip(" \t\"'") for word in split(_bare(line) if separator == " " else line.strip("#! "))]
        axes = [axis_name(name) for name in names]
        if len(names) != width or not any(axes):
            continue
        positions = next(place for place, axis in enumerate(axes) if axis)
        later = range(positions + 1, width)
        named = next((place for place in later if _INTENSITY.match(names[place])), None)
        if named is None and axes[positions].kind in _REFUSED:
            continue
        intensities = positions + 1 if named is None else named
        esd = next((place for place in later if place != intensities and _ESD.match(names[place])), None)
        if intensities < width:
            return Columns(positions, intensities, esd, axes[positions])
    return Columns()


def _bare(line: str) -> str:
    return line.strip("#!;%'\"/*,[] \t")
