"""What clusterings of an autoencoder's bottleneck share; a model of the matrix says only how the network is built."""

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
        """Train the network to give back what it is given; see :func:`sgbench.training.loop.train`."""
        self.start(train.shape, run.seed)
        return loop.train(self._network, train, dev, self.settings, Reconstruction(), run)

    def start(self, shape: tuple[int, int, int], seed: int) -> None:
        """Build the network for images of ``shape`` (C, H, W), with the weights that training starts from."""
        torch.manual_seed(derive(seed, "weights"))
        self._shape = shape
        self._network = self.build(shape)
        initial.as_keras(self._network)

    def reduce(self, images: np.ndarray) -> np.ndarray:
        """Return the bottleneck's values for images (n, C, H, W)."""
        return compute.outputs(self._network.encoder, images)

    # Pickled with weights as CPU tensors, for any machine.
    def __getstate__(self) -> dict[str, Any]:
        weights = {name: value.cpu() for name, value in self._network.state_dict().items()}
        return vars(self) | {"_network": weights}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._network = self.build(self._shape)
        self._network.load_state_dict(state["_network"])
        self._network.to(compute.device(), memory_format=torch.channels_last)
