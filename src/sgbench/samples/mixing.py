"""Pairs of images mixed in one compiled pass, which takes little more than to copy them."""

import numba
import numpy as np


# The lock of the interpreter is let go, so that reading ahead does not hold up the training.
@numba.njit(nogil=True)
def mix(images: np.ndarray, first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return (1 - weight) * image + weight * other image, rounded alike on every processor.

    Args:
        images: float32 (m, d).
        first: positions of images, int64 (n,), 0 to m - 1; they are not checked.
        second: positions of the other images, as ``first``.
        weights: of the other images, float32 (n,).

    Returns:
        The mixtures, float32 (n, d).
    """
    mixed = np.empty((len(first), images.shape[1]), np.float32)
    for item in range(len(first)):
        one, other, weight = images[first[item]], images[second[item]], weights[item]
        rest = np.float32(1) - weight
        for place in range(len(one)):
            mixed[item, place] = rest * one[place] + weight * other[place]
    return mixed
