"""PANalytical's .xrdml: XML, a scan or several in each xrdMeasurement."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import numpy as np

from sgbench.ingest import Damaged
from sgbench.ingest.diffractograms.markup import numbers, parsed, text_of, value_of
from sgbench.samples.pattern import K_ALPHA_A, RATIO, Pattern

FORMAT = "PANalytical .xrdml"


def recognised(text: str) -> bool:
    """Say whether a text is of this format."""
    return re.search(r"<(?:\w+:)?xrdMeasurements\b", text[:5000]) is not None


def patterns(text: str) -> Iterator[Pattern | Damaged]:
    """Yield the scans; counts are multiplied by the factors of the attenuator, as intensities are already.

    Raises:
        ValueError: there is no scan.
    """
    root = parsed(text)
    sample = root.find("sample")
    title = text_of(sample, "name") or text_of(sample, "id") if sample is not None else ""
    measurements = [
        (measurement, scan) for measurement in root.iter("xrdMeasurement") for scan in measurement.iter("scan")
    ]
    if not measurements:
        raise ValueError("it holds no scan")
    for measurement, scan in measurements:
        yield _scan(measurement, scan, title)


def _scan(measurement: Element, scan: Element, title: str) -> Pattern | Damaged:
    points = scan.find("dataPoints")
    if points is None:
        return Damaged("", "is a scan without data points")
    intensities = numbers(points.find("intensities"))
    if not len(intensities):
        intensities = numbers(points.find("counts"))
        factors = numbers(points.find("beamAttenuationFactors"))
        intensities = intensities * factors if len(factors) else intensities
    positions = _positions(points, len(intensities))
    if positions is None:
        return Damaged("", f"is a scan of {scan.get('scanAxis', 'another axis')}, and no powder pattern")
    anode = text_of(measurement, "anodeMaterial")
    wavelengths, ratio = _wavelengths(measurement.find("usedWavelength"))
    return Pattern(
        positions=positions,
        intensities=intensities,
        wavelengths_A=wavelengths or K_ALPHA_A.get(anode, ()),
        ratio=ratio,
        anode=anode,
        radiation="xray",
        title=title,
    )


def _positions(points: Element, count: int) -> np.ndarray | None:
    """Return two-theta of each point, degrees; None where it does not change."""
    for axis in points.findall("positions"):
        if axis.get("axis") != "2Theta":
            continue
        factor = np.degrees(1) if axis.get("unit") == "rad" else 1.0
        listed = numbers(axis.find("listPositions"))
        if len(listed):
            return factor * listed
        ends = numbers(axis.find("startPosition")), numbers(axis.find("endPosition"))
        if all(len(end) for end in ends):
            return factor * np.linspace(ends[0][0], ends[1][0], count)
    return None


def _wavelengths(used: Element | None) -> tuple[tuple[float, ...], float]:
    """Return the wavelengths that reach the specimen, Å, and the ratio of the second to the first."""
    first, second, beta = (value_of(used, name) for name in ("kAlpha1", "kAlpha2", "kBeta"))
    intended = used.get("intended", "") if used is not None else ""
    ratio = value_of(used, "ratioKAlpha2KAlpha1")
    if "Beta" in intended:
        return ((beta,) if beta else ()), RATIO
    if first and second and intended != "K-Alpha 1":
        return (first, second), RATIO if ratio is None else ratio
    return ((first,) if first else ()), RATIO
