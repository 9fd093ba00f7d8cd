"""What training minimises: cross-entropy with class weights, or what a balance variant puts in its place."""

import importlib
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

from sgbench.errors import SgbenchError


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

    def class_weights(self, model: str) -> np.ndarray:
        """Return the class weights, for a model that can take nothing else.

        Raises:
            SgbenchError: the variant is more than class weights; names ``model``.
        """
        if type(self) is not Loss:
            variant = type(self).__module__.rpartition(".")[2]
            raise SgbenchError(
                f"model {model} minimises no loss of ours: it takes sampling variants and class weights, not {variant}"
            )
        return self.weights.numpy()


def make(balance: dict[str, Any], classes: pd.DataFrame) -> Loss:
    """Return the loss of a balance variant.

    Args:
        balance: the variant as the configuration gives it: method and its settings.
        classes: its class table, with items and loss_weight.
    """
    values = dict(balance)
    module = importlib.import_module(f"sgbench.balance.{values.pop('method')}")
    kind = getattr(module, "Loss", Loss)
    return kind(module.Settings(**values), classes["items"].to_numpy(), classes["loss_weight"].to_numpy())
