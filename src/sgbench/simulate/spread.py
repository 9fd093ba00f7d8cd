"""Patterns broadened by widths that change along the axis, in compiled passes."""

from functools import cache
from typing import Literal

import numba
import numpy as np
from scipy.special import ndtr

_NARROWEST, _WIDEST, _KERNELS = 0.2, 60.0, 96  # widths at half height, bins
_NEGLIGIBLE = 1e-6  # of the strongest bin
_REACH = {"gaussian": 1.5, "lorentzian": 12.0}  # widths, at each side


class Kernels:
    """Kernels of one shape and many widths, each integrated over bins and with the sum 1."""

    def __init__(self, shape: Literal["gaussian", "lorentzian"]) -> None:
        """Tabulate the kernels: widths at half height from 0.2 to 60 bins, 6 % apart."""
        widths = np.geomspace(_NARROWEST, _WIDEST, _KERNELS)
        self._reach = np.ceil(_REACH[shape] * widths).astype(np.int64)
        most = self._reach[-1]
        edges = np.arange(-most, most + 2) - 0.5
        self._kernels = np.zeros((_KERNELS, 2 * most + 1), np.float32)
        for kernel, width, reach in zip(self._kernels, widths, self._reach, strict=True):
            places = edges / width
            integral = ndtr(places * np.sqrt(8 * np.log(2))) if shape == "gaussian" else np.arctan(2 * places) / np.pi
            share = np.diff(integral)[most - reach : most + reach + 1]
            kernel[: 2 * reach + 1] = share / share.sum()

    def spread(self, rows: np.ndarray, widths: np.ndarray) -> np.ndarray:
        """Return rows, float32 (B, bins), of which each bin is spread by a kernel of its own width, bins, (B, bins).

        Narrower ones than the narrowest leave it, wider ones than the widest are as wide. What leaves the axis is lost.
        """
        step = np.log(_WIDEST / _NARROWEST) / (_KERNELS - 1)
        number = np.log(np.broadcast_to(widths, rows.shape).astype(np.float32) / np.float32(_NARROWEST)) / step
        which = np.minimum(np.rint(number), _KERNELS - 1).astype(np.int64)
        made = np.zeros_like(rows)
        _spread(made, rows, which, self._kernels, self._reach)
        return made


@cache
def kernels(shape: Literal["gaussian", "lorentzian"]) -> Kernels:
    """Return the kernels of a shape, tabulated once."""
    return Kernels(shape)


@numba.njit(nogil=True)
def _spread(made: np.ndarray, rows: np.ndarray, which: np.ndarray, kernels: np.ndarray, reaches: np.ndarray) -> None:
    bins = rows.shape[1]
    for sample in range(len(rows)):
        row, target = rows[sample], made[sample]
        least = row.max() * np.float32(_NEGLIGIBLE)
        for place in range(bins):
            value = row[place]
            number = which[sample, place]
            if value <= least or number < 0:
                target[place] += value
                continue
            reach, kernel = reaches[number], kernels[number]
            first, last = max(place - reach, 0), min(place + reach + 1, bins)
            offset = reach - place
            for other in range(first, last):
                target[other] += value * kernel[other + offset]


@numba.njit(nogil=True)
def scaled_by_knots(rows: np.ndarray, factors: np.ndarray, spacing: int) -> None:
    """Multiply rows (B, bins), in place, by factors at knots every few bins (B, knots), linear in between."""
    for sample in range(len(rows)):
        for place in range(rows.shape[1]):
            knot = place // spacing
            rest = (place - knot * spacing) / spacing
            rows[sample, place] *= (1 - rest) * factors[sample, knot] + rest * factors[sample, knot + 1]
