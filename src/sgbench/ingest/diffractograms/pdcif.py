"""Powder CIF: loops of _pd_meas_ and _pd_proc_ (International Tables for Crystallography G, chapter 3.3, 2005)."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from gemmi import cif

from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged
from sgbench.ingest.diffractograms.axes import AxisName
from sgbench.ingest.diffractograms.text import anode, radiated
from sgbench.samples.pattern import Pattern

FORMAT = "powder CIF"

_AXES = {
    "_pd_proc_2theta_corrected": "two_theta",
    "_pd_meas_2theta_scan": "two_theta",
    "_pd_meas_2theta_corrected": "two_theta",
    "_pd_proc_recip_len_q": "q",
    "_pd_proc_d_spacing": "d",
    "_pd_meas_time_of_flight": "tof",
    "_pd_proc_energy_detection": "energy",
    "_pd_proc_energy_incident": "energy",
}
_RANGES = ("_pd_meas_2theta_range", "_pd_proc_2theta_range")
# What was measured comes before what was made of it.
_INTENSITIES = (
    "_pd_meas_counts_total",
    "_pd_meas_intensity_total",
    "_pd_proc_intensity_total",
    "_pd_meas_counts_net",
    "_pd_meas_intensity_net",
    "_pd_proc_intensity_net",
)
_PROBES = {"x-ray": "xray", "neutron": "neutron"}


def recognised(text: str) -> bool:
    """Say whether a text is a CIF."""
    return re.match(r"(?:\s|#[^\n]*\n)*data_", text, re.IGNORECASE) is not None


def patterns(text: str) -> Iterator[Pattern | Damaged]:
    """Yield the patterns of a CIF, a block each; a wavelength may stand in another block, if it is the only one.

    Raises:
        SgbenchError: there is none.
        ValueError: it is no CIF.
    """
    document = cif.read_string(text)
    measured = [block for block in document if any(block.find_values(name) for name in _INTENSITIES)]
    if not measured:
        calculated = any(block.find_values("_pd_calc_intensity_total") for block in document)
        what = "calculated intensities alone" if calculated else "no powder pattern (no loop of _pd_meas_ or _pd_proc_)"
        raise SgbenchError(f"is a CIF with {what}")
    everywhere = {_wavelengths(block) for block in document} - {()}
    for block in measured:
        try:
            elsewhere = next(iter(everywhere)) if len(everywhere) == 1 else ()
            yield _pattern(block, _wavelengths(block) or elsewhere)
        except SgbenchError as reason:
            yield Damaged("", str(reason))


def _pattern(block: cif.Block, wavelengths: tuple[tuple[float, float], ...]) -> Pattern:
    intensities = next(_numbers(block.find_values(name)) for name in _INTENSITIES if block.find_values(name))
    name = next((name for name in _AXES if len(block.find_values(name)) == len(intensities)), None)
    if name is None:
        positions, unit = _in_steps(block, len(intensities)), "two_theta"
    else:
        positions, unit = AxisName(_AXES[name], 1.0).positions(_numbers(block.find_values(name)))
    # Points that were left out have ? or . for an intensity.
    seen = ~np.isnan(intensities)
    words = " ".join(_said(block, key) for key in ("_diffrn_radiation_type", "_diffrn_source_target"))
    lines = sorted(wavelengths)[:2]
    return Pattern(
        positions=positions[seen],
        intensities=intensities[seen],
        unit=unit,
        wavelengths_A=tuple(value for value, _ in lines) or radiated(words),
        **({"ratio": lines[1][1] / lines[0][1]} if len(lines) == 2 and lines[0][1] > 0 < lines[1][1] else {}),
        anode=anode(words),
        radiation=_PROBES.get(_said(block, "_diffrn_radiation_probe").lower(), ""),
        title=_said(block, "_pd_block_id") or block.name,
    )


def _in_steps(block: cif.Block, points: int) -> np.ndarray:
    for name in _RANGES:
        start, step = (_numbers([block.find_value(f"{name}_{what}") or "?"])[0] for what in ("min", "inc"))
        if np.isfinite(start) and np.isfinite(step):
            return start + step * np.arange(points)
    raise SgbenchError("states no axis of its intensities (two-theta, d or q)")


def _wavelengths(block: cif.Block) -> tuple[tuple[float, float], ...]:
    """Return the wavelengths of a block, Å, each with its weight; those without weight lie alone."""
    values = [*block.find_values("_diffrn_radiation_wavelength")] or [*block.find_values("_pd_proc_wavelength")]
    weights = [*block.find_values("_diffrn_radiation_wavelength_wt")]
    numbers = _numbers(values)
    shares = _numbers(weights) if len(weights) == len(values) else np.zeros(len(values))
    found = dict.fromkeys(pair for pair in zip(numbers.tolist(), shares.tolist(), strict=True) if pair[0] > 0)
    # A wavelength a point, as some programs write, is one wavelength.
    return tuple(found)


def _said(block: cif.Block, name: str) -> str:
    value = block.find_value(name)
    return cif.as_string(value) if value else ""


def _numbers(words: Sequence[str]) -> np.ndarray:
    """Return numbers without their uncertainties in parentheses; NaN for ? and .; other words are an error."""
    numbers = np.array([cif.as_number(word) for word in words], float)
    wrong = [word for word, number in zip(words, numbers, strict=True) if np.isnan(number) and word not in ("?", ".")]
    if wrong:
        raise SgbenchError(f"has {wrong[0][:40]} in the place of a number")
    return numbers
