"""Pseudo-Voigt peaks added up in one compiled pass."""

import math

import numba
import numpy as np

_NEAR_FWHM = 4.0  # further out the Gaussian is gone, and a Lorentzian nearly straight within a bin
_GAUSSIAN = 2 * math.sqrt(math.log(2))


@numba.njit(nogil=True)
def add_peaks(
    made: np.ndarray,
    edges: np.ndarray,
    places: np.ndarray,
    intensity: np.ndarray,
    width: np.ndarray,
    lorentzian: np.ndarray,
    reach: float,
) -> None:
    """Add peaks to a histogram, each as a sum of equal ones, integrated over each bin.

    Args:
        made: the histogram, float64 (bins,), changed in place.
        edges: edges of the bins, rising, (bins + 1,).
        places: centres, in the unit of the edges, (peaks, parts).
        intensity: the integral of each, (peaks, parts).
        width: width at half height of a peak's parts, (peaks,).
        lorentzian: share of the Lorentzian in them, (peaks,).
        reach: peaks end that many widths from their centre, and their integral is kept.
    """
    for peak in range(len(width)):
        half, share = width[peak] / 2, lorentzian[peak]
        outside = share * (1 - 2 * math.atan(2 * reach) / math.pi)
        for part in range(places.shape[1]):
            centre = places[peak, part]
            low, high = centre - reach * width[peak], centre + reach * width[peak]
            if high <= edges[0] or low >= edges[-1]:
                continue
            height = intensity[peak, part] / (1 - outside)
            place = max(np.searchsorted(edges, low) - 1, 0)
            before = _integral((max(edges[place], low) - centre) / half, share)
            while place < len(made) and edges[place] < high:
                after = _integral((min(edges[place + 1], high) - centre) / half, share)
                made[place] += height * (after - before)
                before = after
                place += 1


@numba.njit(nogil=True)
def _integral(distance: float, share: float) -> float:
    """Integral of a pseudo-Voigt from its centre to a distance in halves of its width."""
    gaussian = (
        0.5 * math.erf(distance * _GAUSSIAN / 2) if abs(distance) < 2 * _NEAR_FWHM else math.copysign(0.5, distance)
    )
    return share * math.atan(distance) / math.pi + (1 - share) * gaussian
