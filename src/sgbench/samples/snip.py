"""The background under a powder pattern by peak clipping (SNIP), compiled: training asks for that of every item."""

import numba
import numpy as np

_SHARE = 40  # an axis is this many of the widest windows in which background may lie
_COUNTS = 1e4  # to which the maximum is set where counts are compared on a logarithmic scale


def background(areas: np.ndarray, bins: int) -> np.ndarray:
    """Estimate the background under a pattern by peak clipping, SNIP.

    Intensities, their maximum set to 1e4 counts, are compared as log(log(sqrt(counts + 1) + 1) + 1), in windows that
    shrink from 1/40 of the axis to either side (Ryan et al., Nucl. Instrum. Methods B 34, 396, 1988; Morhac et al.,
    Nucl. Instrum. Methods A 401, 113, 1997). Beyond its ends a pattern goes on as the line through its last window.

    Args:
        areas: intensity in neighbouring bins, (n,).
        bins: of the whole axis.

    Returns:
        The background in the same bins, 0 or above, and not above their intensities.
    """
    top = areas.max(initial=0)
    half_window = min(max(bins // _SHARE, 1), (len(areas) - 1) // 2)
    if top <= 0 or half_window < 1:
        return np.zeros_like(areas)
    counts = np.maximum(areas, 0).astype(np.float64) / top * _COUNTS
    squeezed = np.log(np.log(np.sqrt(counts + 1) + 1) + 1)
    base = clipped(squeezed, half_window)
    found = (np.exp(np.exp(base) - 1) - 1) ** 2 - 1
    return np.clip(found * top / _COUNTS, 0, np.maximum(areas, 0))


@numba.njit(nogil=True)
def clipped(values: np.ndarray, half_window: int) -> np.ndarray:
    """Clip peaks: each value to the mean of those at either side, in windows from the widest to one bin.

    Args:
        values: float64 (n,).
        half_window: bins to either side of the widest window, 1 to (n - 1) / 2.
    """
    count = len(values)
    base = np.empty(count + 2 * half_window)
    base[half_window:-half_window] = values
    # The lines are fitted to as many values as they add.
    places = np.arange(half_window) - (half_window - 1) / 2
    spread = (places**2).sum() or 1.0
    for first, start in ((0, 0), (count - half_window, count + half_window)):
        last = values[first : first + half_window]
        slope = (places * last).sum() / spread
        shift = half_window if first else -half_window
        base[start : start + half_window] = last.mean() + slope * (places + shift)
    before = base.copy()
    for window in range(half_window, 0, -1):
        for place in range(window, len(base) - window):
            base[place] = min(before[place], (before[place - window] + before[place + window]) / 2)
        before[:] = base
    return base[half_window:-half_window]
