"""Bruker's .uxd: settings _NAME=value, then counts, or angles and counts, a range after the other."""

import re
from collections.abc import Iterator

import numpy as np

from sgbench.ingest import Damaged
from sgbench.samples.pattern import K_ALPHA_A, RATIO, Pattern

FORMAT = "Bruker .uxd"

_MARKS = {"_COUNTS": 1, "_CPS": 1, "_2THETACOUNTS": 2, "_2THETACPS": 2}
_DRIVES = ("COUPLED", "2THETA", "TWOTHETA", "UNLOCKED COUPLED", "LOCKED COUPLED")
_SETTING = re.compile(r"_([\w-]+)\s*=\s*(.*)")


def recognised(text: str) -> bool:
    """Say whether a text is of this format."""
    return re.search(r"^\s*_(?:FILEVERSION|DRIVE)\s*=", text[:20_000], re.MULTILINE) is not None


def patterns(text: str) -> Iterator[Pattern | Damaged]:
    """Yield the ranges.

    Raises:
        ValueError: there is none, or something else stands among the numbers.
    """
    settings: dict[str, str] = {}
    columns, words = 0, []
    found = 0
    for line in (line.strip() for line in [*text.split("\n"), "_DRIVE='END'"]):
        if not line or line.startswith(";"):
            continue
        if not line.startswith("_"):
            words += line.replace(",", " ").split() if columns else []
            continue
        if columns and words:
            found += 1
            yield _range(settings, columns, words)
        mark = line.partition("=")[0].strip().upper()
        columns, words = _MARKS.get(mark, 0), []
        setting = _SETTING.match(line)
        settings |= {setting[1].upper(): setting[2].strip("' \t")} if setting and not columns else {}
    if not found:
        raise ValueError("it holds no _COUNTS, _CPS, _2THETACOUNTS or _2THETACPS with numbers")


def _range(settings: dict[str, str], columns: int, words: list[str]) -> Pattern | Damaged:
    drive = settings.get("DRIVE", "COUPLED").upper()
    if drive not in _DRIVES:
        return Damaged("", f"is a scan of {drive}, and no powder pattern")
    values = np.array(words, float)
    if columns == 2:
        positions, intensities = values.reshape(-1, 2).T
    else:
        positions, intensities = float(settings["START"]) + float(settings["STEPSIZE"]) * np.arange(len(values)), values
    anode = settings.get("ANODE", "").capitalize()
    stated = tuple(float(settings[name]) for name in ("WL1", "WL2") if float(settings.get(name) or 0) > 0)
    ratio = settings.get("WLRATIO")
    return Pattern(
        positions=positions,
        intensities=intensities,
        wavelengths_A=stated or K_ALPHA_A.get(anode, ()),
        ratio=float(ratio) if ratio else RATIO,
        anode=anode,
        radiation="xray",
        title=settings.get("SAMPLE", ""),
    )
