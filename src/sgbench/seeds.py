"""Random numbers: every draw of the study follows from the seed in its path and the name of what is drawn."""

import hashlib

import numpy as np


def derive(seed: int, *names: str | int) -> int:
    """Return a 63-bit seed for one purpose, independent between purposes.

    Args:
        seed: the seed of the path, 0 or more.
        names: what is drawn, e.g. ``"split"`` or ``"epoch", 3``.
    """
    text = "/".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return NumPy's generator for one purpose; see :func:`derive`."""
    return np.random.default_rng(derive(seed, *names))
