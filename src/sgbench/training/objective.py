"""What a balance variant asks of training, beside the plan: class weights, another loss, augmented items."""

import copy
import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Self

import numpy as np
import pandas as pd

from sgbench.errors import SgbenchError


class Objective:
    """A balance variant as a model sees it.

    Attributes:
        method: the variant's module, one of :mod:`sgbench.balance`.
        settings: its ``Settings``.
        samples: training samples of each class before balancing, int (classes,).
        counts: training items of each class, int (classes,).
        weights: weight of each class, float (classes,).
    """

    def __init__(self, balance: Mapping[str, Any], classes: pd.DataFrame) -> None:
        """Read a variant.

        Args:
            balance: the variant as the configuration gives it: method and its settings.
            classes: its class table, with items and loss_weight; without samples, items stand for them.
        """
        values = dict(balance)
        self.method: ModuleType = importlib.import_module(f"sgbench.balance.{values.pop('method')}")
        self.settings = self.method.Settings(**values)
        self.samples = classes.get("samples", classes["items"]).to_numpy()
        self.counts = classes["items"].to_numpy()
        self.weights = classes["loss_weight"].to_numpy()

    def class_weights(self, model: str) -> np.ndarray:
        """Return the class weights, for a model that can take nothing else.

        Raises:
            SgbenchError: the variant is another loss or training; names ``model``.
        """
        if hasattr(self.method, "Loss"):
            variant = self.method.__name__.rpartition(".")[2]
            raise SgbenchError(
                f"model {model} minimises no loss of ours: it takes sampling variants and class weights, not {variant}"
            )
        return self.weights

    def for_labels(self, labels: np.ndarray, n_classes: int) -> Self:
        """Return the same variant for items of other classes.

        Args:
            labels: class index of each item, (n,).
            n_classes: number of the other classes.
        """
        other = copy.copy(self)
        other.samples = other.counts = np.bincount(labels, minlength=n_classes)
        weigh = getattr(self.method, "weights", None)
        other.weights = weigh(other.counts, self.settings) if weigh else np.ones(n_classes)
        return other

    def augmenter(self, made_by: Mapping[str, Any]) -> Callable[[np.ndarray, np.ndarray], np.ndarray] | None:
        """Return what augments the images of a store, (n, C, H, W), each by its own seed, (n,); None for most variants.

        Args:
            made_by: how the store was made.
        """
        make = getattr(self.method, "augmenter", None)
        return make(made_by, self.settings) if make else None
