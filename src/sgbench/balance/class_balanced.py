"""Class-balanced loss (Cui et al. 2019): each class counts by the inverse of its effective number of samples."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    """Settings of the class-balanced loss.

    Attributes:
        beta: 0 (no weighting) up to, not including, 1 (inverse of the class size); the paper has 0.9 to 0.9999.
    """

    beta: float = 0.999


def weights(counts: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the weights (1 - beta) / (1 - beta^n_c) (equation 4), scaled to a mean of 1 over the classes with items.

    Args:
        counts: training items of each class, shape (classes,); a class without items weighs 1.
        settings: see :class:`Settings`.
    """
    present = counts > 0
    inverse = (1 - settings.beta) / (1 - settings.beta ** np.maximum(counts, 1).astype(float))
    return np.where(present, inverse / inverse[present].mean(), 1.0)
