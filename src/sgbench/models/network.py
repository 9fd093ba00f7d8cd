"""What all networks share: they are built for the images at hand, trained by one loop, and saved with their shape."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

from sgbench.files import atomic
from sgbench.models import base
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training import compute, loop, losses
from sgbench.training.calibration import Calibration
from sgbench.training.objective import Objective


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

    settings: loop.Schedule

    @abstractmethod
    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return an untrained network from images of ``shape`` (C, H, W) to ``n_classes`` logits.

        Raises:
            SgbenchError: it cannot take images of this shape.
        """

    def learn(self, train: Items, dev: Items, objective: Objective, run: base.Run) -> pd.DataFrame:
        """Train the network; see :func:`sgbench.training.loop.train`.

        The history of a second phase, where the loss has one, follows that of the first.
        """
        loss = losses.make(objective)
        self.start(train.shape, run.seed, loss.cosine_scale)
        history = loop.train(self._network, train, dev, self.settings, loss, run)
        if loss.retrain_epochs:
            second = loop.retrain_classifier(self._network, train, dev, self.settings, loss, run)
            second["epoch"] += len(history)
            history = pd.concat([history, second], ignore_index=True)
        return history

    def load_pretrained(self, network: nn.Module) -> None:
        """Put weights learnt elsewhere into an untrained network, in place; most models have none.

        Raises:
            SgbenchError: there are no such weights, or they are of another network.
        """

    def start(self, shape: tuple[int, int, int], seed: int, cosine_scale: float | None = None) -> None:
        """Build the network for images of ``shape`` (C, H, W), with the weights that training starts from.

        Args:
            shape: of one image.
            seed: seed of the random weights.
            cosine_scale: see :class:`sgbench.training.losses.Loss`.
        """
        torch.manual_seed(derive(seed, "weights"))
        self._prepare(shape, cosine_scale)
        self.load_pretrained(self._network)
        self._network.to(compute.device(), memory_format=torch.channels_last)

    def features(self, images: np.ndarray) -> np.ndarray:
        """Return what the network's last linear layer sees of images (n, C, H, W), float32 (n, d)."""
        seen: list[np.ndarray] = []
        layer = self._network.get_submodule(loop.classifier_name(self._network))
        hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].float().cpu().numpy()))
        compute.outputs(self._network, images)
        hook.remove()
        return np.concatenate(seen)

    def _prepare(self, shape: tuple[int, int, int], cosine_scale: float | None) -> None:
        self._shape, self._cosine_scale = shape, cosine_scale
        self._network = self.build(shape)
        if cosine_scale is not None:
            name = loop.classifier_name(self._network)
            features = self._network.get_submodule(name).in_features
            self._network.set_submodule(name, CosineLinear(features, self.n_classes, cosine_scale))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the softmax probabilities of images (n, C, H, W)."""
        return compute.probabilities(self._network, images)

    def save(self, path: Path) -> None:
        """Write settings, shape and weights to ``path``."""
        with atomic(path) as partial:
            state = self.__getstate__()
            # Without objects, of which arrays are some, it can be read without running anything.
            weights = {name: torch.from_numpy(value) for name, value in state["weights"].items()}
            torch.save(state | {"weights": weights}, partial)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that :meth:`save` wrote."""
        model = cls.__new__(cls)
        model.__setstate__(torch.load(path, map_location="cpu", weights_only=True))
        return model

    # Models that are built from networks pickle them: as plain values and arrays, for any machine.
    def __getstate__(self) -> dict[str, Any]:
        return {
            "settings": vars(self.settings),
            "n_classes": self.n_classes,
            "shape": self._shape,
            "cosine_scale": self._cosine_scale,
            "calibration": vars(self.calibration),
            "weights": compute.weights(self._network),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        module = self.__module__.rpartition(".")[2]
        self.__init__(base.settings(module, state["settings"]), state["n_classes"])
        self.calibration = Calibration(**state["calibration"])
        self._prepare(tuple(state["shape"]), state["cosine_scale"])
        compute.put_weights(self._network, state["weights"])
