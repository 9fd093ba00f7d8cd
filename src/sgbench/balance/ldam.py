"""LDAM with deferred re-weighting (Cao et al. 2019): wide margins, and late more weight, for rare classes."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from sgbench.balance import class_balanced
from sgbench.training import losses


@dataclass(frozen=True)
class Settings:
    """Settings of LDAM; the defaults are those of the authors' code.

    Attributes:
        margin: margin of the rarest class, as a difference of cosines, 0 to 2.
        scale: the logits are this many times the cosines between features and class vectors, above 0, up to 1000.
        defer: share of the epochs before the class weights set in, 0 to 1, rounded down to whole epochs: below 1 the
            last epoch at the latest has them; 1 is LDAM alone, without them.
        beta: of the class-balanced weights, 0 up to, not including, 1.
    """

    margin: float = 0.5
    scale: float = 30.0
    defer: float = 0.8
    beta: float = 0.9999


def weights(counts: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the weights of the last epochs; see :func:`sgbench.balance.class_balanced.weights`."""
    return class_balanced.weights(counts, class_balanced.Settings(settings.beta))


class Loss(losses.Loss):
    """Cross-entropy with the true class's cosine less a margin C / n_c^(1/4) (equations 12 and 13, algorithm 1)."""

    def __init__(self, settings: Settings, counts: np.ndarray, weights: np.ndarray) -> None:
        super().__init__(settings, counts, weights)
        self.cosine_scale = settings.scale

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each item and its weight; see :class:`sgbench.training.losses.Loss`."""
        margins = self.settings.margin * (self.counts.min() / self.counts) ** 0.25
        less = F.one_hot(labels, len(margins)) * margins * self.settings.scale
        values, weights = super().forward(logits - less, labels, progress)
        return values, weights if progress > self.settings.defer else torch.ones_like(weights)
