"""What training minimises: cross-entropy with class weights, or what a balance variant puts in its place."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from sgbench.objective import Objective


class Loss(nn.Module):
    """Cross-entropy with class weights, a mean over the items of a batch weighted by their class.

    A variant that is more than class weights is a subclass in its module of :mod:`sgbench.balance`.

    Attributes:
        settings: the variant's ``Settings``.
        counts: training items of each class, at least 1, float32 (classes,).
        weights: weight of each class, float32 (classes,).
        cosine_scale: the network's logits are this many times the cosines between features and class vectors; None
            leaves its last layer as it is.
        retrain_epochs: epochs of a second phase that learns the last layer anew
            (:func:`sgbench.training.retrain_classifier`); 0 for none.
    """

    counts: torch.Tensor
    weights: torch.Tensor
    cosine_scale: float | None = None
    retrain_epochs: int = 0

    def __init__(self, settings: Any, counts: np.ndarray, weights: np.ndarray) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("counts", torch.tensor(np.maximum(counts, 1), dtype=torch.float32))
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> torch.Tensor:
        """Return the loss of a batch.

        Args:
            logits: the network's output, (n, classes).
            labels: class index of each item, (n,).
            progress: share of the epochs done, 0 to 1.
        """
        return F.cross_entropy(logits, labels, self.weights)


def make(objective: Objective) -> Loss:
    """Return the loss of a balance variant."""
    kind = getattr(objective.method, "Loss", Loss)
    return kind(objective.settings, objective.counts, objective.weights)
