"""Bruker's .brml: a zip archive of XML, a RawData*.xml a scan, in which each Datum is what was recorded at a point."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged
from sgbench.ingest.diffractograms.markup import parsed, text_of, value_of
from sgbench.samples.pattern import K_ALPHA_A, RATIO, Pattern

FORMAT = "Bruker .brml"

_LARGEST = 200_000_000  # bytes of a member; a scan of 10,000 points has one
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SCAN = re.compile(r"(?:^|/)RawData(\d*)\.xml$")
_BEFORE_AXES = 2  # columns: the time, and the factor of the absorber
_OFF_AXIS_DEG = 0.05  # by which positions may differ from those that the header announces


def recognised(content: bytes) -> bool:
    """Say whether a file is a zip archive."""
    return content.startswith(b"PK\x03\x04")


def patterns(content: bytes) -> Iterator[Pattern | Damaged]:
    """Yield the scans of an archive.

    Raises:
        SgbenchError: it holds none, or a member that is too large.
        ValueError: a member is damaged.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        scans = [(int(found[1] or 0), name) for name in archive.namelist() if (found := _SCAN.search(name))]
        if not scans:
            raise SgbenchError("is a zip archive without RawData0.xml, and no .brml; unpack it")
        for _, name in sorted(scans):
            with archive.open(name) as member:
                # What the archive says of its size need not be true.
                source = member.read(_LARGEST + 1)
            if len(source) > _LARGEST:
                raise SgbenchError(f"{name} is larger than {_LARGEST // 10**6} MB, and no scan")
            yield from _scan(parsed(source))


def _scan(root: Element) -> Iterator[Pattern | Damaged]:
    anode = text_of(root, "TubeMaterial")
    stated = tuple(value for name in ("WaveLengthAlpha1", "WaveLengthAlpha2") if (value := value_of(root, name)))
    ratio = value_of(root, "WaveLengthRatio")
    found = [_points(route) for route in root.iter("DataRoute") if route.find("Datum") is not None]
    # Of several routes from detector to file the last is the one that was worked on; others log temperatures.
    patterns = [points for points in found if not isinstance(points, str)]
    if found and not patterns:
        yield Damaged("", found[0])
    for positions, intensities in patterns[-1:]:
        yield Pattern(
            positions=positions,
            intensities=intensities,
            wavelengths_A=stated or K_ALPHA_A.get(anode, ()),
            ratio=RATIO if ratio is None else ratio,
            anode=anode,
            radiation="xray",
        )


def _points(route: Element) -> tuple[np.ndarray, np.ndarray] | str:
    """Return positions, degrees, and intensities of a scan; or why it is no powder pattern."""
    rows = np.array([(datum.text or "").strip().strip(",").split(",") for datum in route.findall("Datum")], float)
    axes = [axis.get("AxisId", "") for axis in route.iter("ScanAxisInfo")]
    varying, recorded = _views(route)
    still = next((axis for axis in route.iter("ScaleAxisInfo") if axis.get("AxisId", "TwoTheta") == "TwoTheta"), None)
    if len(rows) == 1 and still is not None:
        # A detector that stands still sees all angles at once.
        first = _BEFORE_AXES + len(axes) if recorded is None else recorded
        counts = rows[0, first:]
        return float(text_of(still, "Start")) + float(text_of(still, "Increment")) * np.arange(len(counts)), counts
    if "TwoTheta" not in axes:
        return f"is a scan of {' and '.join(axes) or 'no axis'}, and no powder pattern"
    place = (_BEFORE_AXES if varying is None else varying) + axes.index("TwoTheta")
    counts = _BEFORE_AXES + len(axes) if recorded is None else recorded
    if max(place, counts) >= rows.shape[1]:
        return f"has {rows.shape[1]} values a point, and no counts among them"
    positions = rows[:, place]
    info = next(axis for axis in route.iter("ScanAxisInfo") if axis.get("AxisId") == "TwoTheta")
    ends = [value for name in ("Start", "Stop") if (value := value_of(info, name)) is not None]
    offset = value_of(info, "Reference") or 0.0
    if len(ends) == 2 and not (
        min(ends) - _OFF_AXIS_DEG <= positions.min() - offset and positions.max() - offset <= max(ends) + _OFF_AXIS_DEG
    ):
        return f"has values from {positions.min():g} to {positions.max():g} where two-theta should be"
    return positions, rows[:, counts]


def _views(route: Element) -> tuple[int | None, int | None]:
    """Return at which column the axes begin, and the counts, where the scan says so."""
    begins: dict[str, int] = {}
    for view in route.iter("RawDataView"):
        begins.setdefault(view.get(_TYPE, "").partition("RawDataView")[0], int(view.get("Start", 0)))
    return begins.get("Varying"), begins.get("Recorded")
