"""What all networks share: they are built for the images at hand, trained by one loop, and saved with their shape."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

from sgbench import compute, losses, training
from sgbench.data import Items
from sgbench.files import atomic
from sgbench.models import base
from sgbench.objective import Objective
from sgbench.seeds import derive


class CosineLinear(nn.Linear):
    """A last layer whose logits are ``scale`` times the cosines between features and class vectors."""

    def __init__(self, in_features: int, out_features: int, scale: float) -> None:
        super().__init__(in_features, out_features, bias=False)
        self.scale = scale

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the logits (n, classes) of features (n, d)."""
        return self.scale * F.linear(F.normalize(features), F.normalize(self.weight))


class NetworkClassifier(base.Classifier):
    """A classifier around a network; a model of the matrix says only how to build it."""

    settings: training.Schedule

    @abstractmethod
    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return an untrained network from images of ``shape`` (C, H, W) to ``n_classes`` logits.

        Raises:
            SgbenchError: it cannot take images of this shape.
        """

    def fit(self, train: Items, dev: Items, objective: Objective, run: base.Run) -> pd.DataFrame:
        """Train the network from random weights; see :func:`sgbench.training.train`.

        The history of a second phase, where the loss has one, follows that of the first.
        """
        loss = losses.make(objective)
        torch.manual_seed(derive(run.seed, "weights"))
        self._prepare(train.shape, loss.cosine_scale)
        history = training.train(self._network, train, dev, self.settings, loss, run)
        if loss.retrain_epochs:
            second = training.retrain_classifier(self._network, train, dev, self.settings, loss, run)
            second["epoch"] += len(history)
            history = pd.concat([history, second], ignore_index=True)
        return history

    def _prepare(self, shape: tuple[int, int, int], cosine_scale: float | None) -> None:
        self._shape, self._cosine_scale = shape, cosine_scale
        self._network = self.build(shape)
        if cosine_scale is not None:
            name = training.classifier_name(self._network)
            features = self._network.get_submodule(name).in_features
            self._network.set_submodule(name, CosineLinear(features, self.n_classes, cosine_scale))

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the softmax probabilities of images (n, C, H, W)."""
        return compute.probabilities(self._network, images)

    def save(self, path: Path) -> None:
        """Write settings, shape and weights to ``path``."""
        state: dict[str, Any] = {
            "settings": vars(self.settings),
            "n_classes": self.n_classes,
            "shape": self._shape,
            "cosine_scale": self._cosine_scale,
            "weights": {name: value.cpu() for name, value in self._network.state_dict().items()},
        }
        with atomic(path) as partial:
            torch.save(state, partial)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that :meth:`save` wrote."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        module = cls.__module__.rpartition(".")[2]
        model = cls(base.settings(module, state["settings"]), state["n_classes"])
        model._prepare(tuple(state["shape"]), state["cosine_scale"])
        model._network.load_state_dict(state["weights"])
        model._network.to(compute.device(), memory_format=torch.channels_last)
        return model
