"""Rigaku's .ras: scans between *RAS_HEADER_START and *RAS_INT_END, each with a header of its own."""

import re
from collections.abc import Iterator

import numpy as np

from sgbench.ingest import Damaged
from sgbench.samples.pattern import K_ALPHA_A, Pattern

FORMAT = "Rigaku .ras"

_SETTING = re.compile(r'\*(\w+)\s+"?([^"]*)"?\s*$')


def recognised(text: str) -> bool:
    """Say whether a text is of this format."""
    return text.lstrip().startswith("*RAS_")


def patterns(text: str) -> Iterator[Pattern | Damaged]:
    """Yield the scans; rows are position, intensity and the factor of the attenuator that was in the beam.

    Raises:
        ValueError: the file ends within a scan, or holds none.
    """
    settings: dict[str, str] = {}
    rows: list[list[str]] | None = None
    found = 0
    for line in text.split("\n"):
        if line.startswith("*RAS_HEADER_START"):
            settings = {}
        elif line.startswith("*RAS_INT_START"):
            rows = []
        elif line.startswith("*RAS_INT_END"):
            found += 1
            yield _scan(settings, rows or [])
            rows = None
        elif line.startswith("*"):
            setting = _SETTING.match(line)
            settings |= {setting[1]: setting[2].strip()} if setting else {}
        elif rows is not None and line.strip():
            rows.append(line.split())
    if rows is not None or not found:
        raise ValueError("it ends before *RAS_INT_END")


def _scan(settings: dict[str, str], rows: list[list[str]]) -> Pattern | Damaged:
    axis = settings.get("MEAS_SCAN_AXIS_X_INTERNAL", "TwoTheta")
    if not axis.startswith("TwoTheta"):
        return Damaged("", f"is a scan of {axis}, and no powder pattern")
    values = np.array(rows, float).reshape(len(rows), -1)
    factor = values[:, 2] if values.shape[1] > 2 else 1
    anode = settings.get("HW_XG_TARGET_NAME", "")
    named = ("HW_XG_WAVE_LENGTH_ALPHA1", "HW_XG_WAVE_LENGTH_ALPHA2")
    stated = tuple(float(settings[name]) for name in named if float(settings.get(name) or 0) > 0)
    return Pattern(
        positions=values[:, 0],
        intensities=values[:, 1] * factor,
        wavelengths_A=stated or K_ALPHA_A.get(anode, ()),
        anode=anode,
        radiation="xray",
        title=settings.get("FILE_SAMPLE", ""),
    )
