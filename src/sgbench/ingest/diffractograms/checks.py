"""Whether what was read is a powder pattern: put in order, or refused with the reason."""

from dataclasses import replace

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.samples.pattern import Pattern

_FEWEST = 50
_WIDEST_STEP = {"two_theta": 0.5, "q": 0.1}
_SMALLEST_END = 5.0  # degrees: where a pattern in radians, q or d would end
_NEGATIVE = 0.2  # of the largest intensity; noise about a background that was subtracted
_JITTER = 0.01  # of the steps may lead back, by no more than the median goes forward
_REPEATED = 0.1  # of the positions, that may be equal to the one before after rounding
_WAVELENGTHS_A = (0.05, 10.0)


def checked(pattern: Pattern) -> Pattern:
    """Return a pattern with positions rising and above 0; equal positions become one, with their mean intensity.

    Raises:
        SgbenchError: it is no powder pattern, and why.
    """
    if pattern.positions.shape != pattern.intensities.shape:
        raise SgbenchError(f"has {pattern.positions.size} positions, but {pattern.intensities.size} intensities")
    _check_finite(pattern)
    pattern = _in_order(pattern)
    _check_axis(pattern)
    _check_intensities(pattern.intensities)
    for value in pattern.wavelengths_A:
        if not _WAVELENGTHS_A[0] <= value <= _WAVELENGTHS_A[1]:
            raise SgbenchError(f"states a wavelength of {value:g} Å; no powder is measured with that")
    return pattern


def _check_finite(pattern: Pattern) -> None:
    for name, values in (("a position", pattern.positions), ("an intensity", pattern.intensities)):
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            what = "NaN" if np.isnan(values[wrong[0]]) else "infinite"
            raise SgbenchError(f"has {name} that is {what}, {len(wrong)} in all, the first at point {wrong[0] + 1}")


def _in_order(pattern: Pattern) -> Pattern:
    positions = pattern.positions
    steps = np.diff(positions)
    if len(steps):
        # Scans may fall, and drives jitter.
        forward = steps if np.median(steps) >= 0 else -steps
        back = np.flatnonzero(forward < 0)
        if len(back) > _JITTER * len(steps) or (forward < -np.median(forward)).any():
            raise SgbenchError(
                f"has positions that go up and down, {positions[back[0]]:g} and then {positions[back[0] + 1]:g}; "
                "the first column has to be the axis, of one scan"
            )
        if (steps == 0).mean() > _REPEATED:
            raise SgbenchError("has the same position again and again; are its decimals cut off?")
    above = positions > 0
    unique, place = np.unique(positions[above], return_inverse=True)
    counts = np.bincount(place, minlength=len(unique))

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(place, values[above], len(unique)) / counts

    esd = None if pattern.esd is None else mean(pattern.esd)
    return replace(pattern, positions=unique, intensities=mean(pattern.intensities), esd=esd)


def _check_axis(pattern: Pattern) -> None:
    positions, unit = pattern.positions, pattern.unit
    if len(positions) < _FEWEST:
        raise SgbenchError(f"has {len(positions)} points above 0, too few for a measured pattern ({_FEWEST} or more)")
    if unit == "two_theta" and positions[-1] > 180:
        raise SgbenchError(
            f"goes to {positions[-1]:g}, and two-theta in degrees ends at 180; name the axis in its header"
        )
    if unit == "two_theta" and positions[-1] < _SMALLEST_END:
        raise SgbenchError(
            f"ends at {positions[-1]:g}, too little for two-theta in degrees; if it is in radians, q or d, say so "
            "in a header, e.g. q (1/A), I"
        )
    step = float(np.median(np.diff(positions)))
    if step > _WIDEST_STEP[unit]:
        raise SgbenchError(f"has steps of {step:g}, too wide for a measured pattern; is it a list of peaks?")


def _check_intensities(intensities: np.ndarray) -> None:
    low, high = intensities.min(), intensities.max()
    if low == high:
        raise SgbenchError(f"is {'zero' if high == 0 else f'{high:g}'} everywhere")
    if low < -_NEGATIVE * high:
        raise SgbenchError(f"has negative intensities, down to {low:g} where the largest is {high:g}")
