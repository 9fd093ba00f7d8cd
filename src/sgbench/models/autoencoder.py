"""What clusterings of an autoencoder's bottleneck share; a model of the matrix says only how the network is built."""

import logging
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from sgbench.models import initial
from sgbench.models.clustering import ClusteringClassifier, Clusters
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training import compute, loop
from sgbench.training.losses import Reconstruction
from sgbench.training.run import Run

logger = logging.getLogger(__name__)

#: Networks that are trained before one with a dead bottleneck is kept.
_DRAWS = 10


@dataclass(frozen=True, kw_only=True)
class Bottleneck(Clusters, loop.Schedule):
    """Settings of the network, its training (as in Karan 2022, section 2.4, and in Keras) and the clustering.

    Attributes:
        bottleneck: numbers that an image is reduced to, 1 or more.
    """

    bottleneck: int
    epochs: int = 10
    epsilon: float = 1e-7


class Autoencoder(nn.Module):
    """An encoder from images (n, C, H, W) to points (n, d), and a decoder back."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return what is left of images (n, C, H, W) behind the bottleneck, in the same shape."""
        return self.decoder(self.encoder(images))


class AutoencoderClassifier(ClusteringClassifier):
    """Images reduced by the encoder of an autoencoder; its best epoch is that of the lowest squared error on dev."""

    settings: Bottleneck

    @abstractmethod
    def build(self, shape: tuple[int, int, int]) -> Autoencoder:
        """Return an untrained network for images of ``shape`` (C, H, W).

        Raises:
            SgbenchError: it cannot take images of this shape.
        """

    def fit_reduction(self, train: Items, dev: Items, run: Run) -> pd.DataFrame:
        """Train a network to give back what it is given, and draw another while the bottleneck is dead.

        Death is judged after training, of the weights that are kept: units of ReLU live at the start and die later.

        Returns:
            The history of the network that is kept; see :func:`sgbench.training.loop.train`.
        """
        for draw in range(1, _DRAWS + 1):
            this = run if draw == 1 else run.part("draw", draw)
            self.start(train.shape, this.seed)
            history = loop.train(self._network, train, dev, self.settings, Reconstruction(), this)
            alive = _varies(self.reduce(train.images()))
            self._draws, self._dead = draw, draw - alive
            if alive:
                break
            logger.warning("network %d of %d died: its bottleneck is the same for all training images", draw, _DRAWS)
        return history

    def facts(self) -> dict[str, float]:
        """Return beside the rest the networks drawn, and how many died: all only if the one that is kept did too."""
        return super().facts() | {"draws": self._draws, "dead": self._dead}

    def start(self, shape: tuple[int, int, int], seed: int) -> None:
        """Build the network for images of ``shape`` (C, H, W), with the weights that training starts from."""
        torch.manual_seed(derive(seed, "weights"))
        self._shape = shape
        self._network = self.build(shape)
        initial.as_keras(self._network)

    def reduce(self, images: np.ndarray) -> np.ndarray:
        """Return the bottleneck's values for images (n, C, H, W)."""
        return compute.outputs(self._network.encoder, images)

    # Pickled with weights as arrays, for any machine.
    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_network": compute.weights(self._network)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._network = self.build(self._shape)
        compute.put_weights(self._network, state["_network"])


def _varies(points: np.ndarray) -> bool:
    """Return whether any dimension of points (n, d) tells two of them apart, by more than rounding."""
    return bool((np.ptp(points, axis=0) > 1e-6 * np.abs(points).max(axis=0)).any())
