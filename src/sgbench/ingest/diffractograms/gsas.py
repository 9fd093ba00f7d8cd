"""GSAS's powder data: a title, then banks of records of fixed width or of columns, positions in centidegrees.

Larson & Von Dreele, *General Structure Analysis System (GSAS)*, Los Alamos report LAUR 86-748 (2004), "Powder data".
"""

import re
from collections.abc import Iterator

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged
from sgbench.ingest.diffractograms.text import anode, wavelengths
from sgbench.samples.pattern import Pattern

FORMAT = "GSAS"

_BANK = re.compile(r"BANK\s+\d+\s")
_CENTIDEGREES = 100.0
_OTHER_AXES = {"EDS": "is energy-dispersive; only constant wavelengths are read"}
_FLIGHT = ("SLOG", "LOG6", "RALF", "TIME_MAP", "LPSD", "ALT")


def recognised(text: str) -> bool:
    """Say whether a text is of this format."""
    return re.search(r"\nBANK\s+\d+\s", f"\n{text[:20_000]}") is not None


def patterns(text: str) -> Iterator[Pattern | Damaged]:
    """Yield the banks; lines above them, and those that begin with #, may state the wavelength."""
    header: list[str] = []
    banks: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if _BANK.match(f"{line} "):
            banks.append((line, []))
        elif line.startswith("#") or not banks:
            header.append(line)
        elif line.strip():
            banks[-1][1].append(line)
    about = "\n".join(header)
    for bank, records in banks:
        try:
            yield _bank(bank.split(), records, about)
        except SgbenchError as reason:
            yield Damaged("", str(reason))


def _bank(bank: list[str], records: list[str], header: str) -> Pattern:
    points, kind, form = int(bank[2]), bank[4].upper(), bank[-1].upper()
    if kind in _OTHER_AXES:
        raise SgbenchError(_OTHER_AXES[kind])
    if kind in _FLIGHT or form in _FLIGHT:
        raise SgbenchError("is measured by time of flight; convert it to d or q")
    if form in ("FXYE", "FXY"):
        values = np.array([record.split()[: len(form) - 1] for record in records], float)
        positions, intensities = values[:, 0], values[:, 1]
        esd = values[:, 2] if form == "FXYE" else None
    else:
        # A record of STD has ten of I2, the number of detectors, and F6; one of ESD five of F8 and F8.
        start, width = (0, 16) if form == "ESD" else (2, 8)
        words = [record[place : place + width] for record in records for place in range(0, len(record.rstrip()), width)]
        intensities = np.array([word[start:8] for word in words], float)
        esd = np.array([word[8:] for word in words], float) if form == "ESD" else None
        positions = float(bank[5]) + float(bank[6]) * np.arange(len(intensities))
    if len(intensities) < points:
        raise SgbenchError(f"is cut off: {len(intensities)} of {points} points are there")
    return Pattern(
        positions=positions[:points] / _CENTIDEGREES,
        intensities=intensities[:points],
        esd=None if esd is None else esd[:points],
        wavelengths_A=wavelengths(header),
        anode=anode(header),
        title=header.partition("\n")[0].strip(" #"),
    )
