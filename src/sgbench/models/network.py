"""What all networks share: they are built for the images at hand, trained by one loop, and saved with their shape."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from torch import nn

from sgbench import training
from sgbench.data import Items
from sgbench.files import atomic
from sgbench.models import base
from sgbench.seeds import derive


class NetworkClassifier(base.Classifier):
    """A classifier around a network; a model of the matrix says only how to build it."""

    settings: training.Schedule

    @abstractmethod
    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return an untrained network from images of ``shape`` (C, H, W) to ``n_classes`` logits.

        Raises:
            SgbenchError: it cannot take images of this shape.
        """

    def fit(self, train: Items, dev: Items, class_weights: np.ndarray, run: base.Run) -> pd.DataFrame:
        """Train the network from random weights; see :func:`sgbench.training.train`."""
        torch.manual_seed(derive(run.seed, "weights"))
        self._shape = train.shape
        self._network = self.build(self._shape)
        return training.train(self._network, train, dev, self.settings, class_weights, run)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the softmax probabilities of images (n, C, H, W)."""
        return training.predict(self._network, images)

    def save(self, path: Path) -> None:
        """Write settings, shape and weights to ``path``."""
        state: dict[str, Any] = {
            "settings": vars(self.settings),
            "n_classes": self.n_classes,
            "shape": self._shape,
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
        model._shape = tuple(state["shape"])
        model._network = model.build(model._shape)
        model._network.load_state_dict(state["weights"])
        model._network.to(training.device(), memory_format=torch.channels_last)
        return model
