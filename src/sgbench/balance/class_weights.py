"""Class weights: each class counts in the loss by the inverse of its size (King & Zeng 2001)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    """There is nothing to set."""


def weights(counts: np.ndarray, settings: Settings) -> np.ndarray:
    """Return N / (K n_c), scikit-learn's "balanced", of the K classes with items, and 1 for one without.

    Args:
        counts: training items of each class, shape (classes,).
        settings: see :class:`Settings`.
    """
    present = counts > 0
    return np.where(present, counts.sum() / (present.sum() * np.maximum(counts, 1)), 1.0)
