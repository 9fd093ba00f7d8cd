"""The CNN of Ziletti et al. 2018 as Karan 2022, table 1, gives it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import nn

from sgbench.errors import SgbenchError
from sgbench.models import initial
from sgbench.models.network import NetworkClassifier
from sgbench.training import compute
from sgbench.training.loop import Schedule

_FILTERS = (32, 32, 16, 16, 8, 8)
_POOL_AFTER = (1, 3)
#: The convolutions, from 1, and the number of first kernels of each that Karan 2022, figure 7, shows.
SHOWN = {1: 4, 3: 4, 6: 3}


@dataclass(frozen=True, kw_only=True)
class Settings(Schedule):
    """The training of Karan 2022, section 2.3, is the default; Adam's epsilon is that of Keras."""

    epochs: int = 5
    epsilon: float = 1e-7


class Classifier(NetworkClassifier):
    """Six 7x7 convolutions with two poolings, a layer of 128 with dropout and batch norm, and the output.

    It sees images from 0 to 1 as its source feeds it. Standardised ones, which its convolutions without batch norm hand
    on at full size, let it learn more slowly: after three epochs on fingerprints it had .36 of dev right instead of
    .52, the mean of two seeds.
    """

    standardised = False

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return the network; the convolutions keep height and width, each pooling halves them."""
        channels, height, width = shape
        if min(height, width) < 4:
            raise SgbenchError(f"model ziletti needs images of 4 x 4 pixels or more, not {height} x {width}")
        layers: list[nn.Module] = []
        for position, filters in enumerate(_FILTERS):
            layers += [nn.Conv2d(channels, filters, kernel_size=7, padding=3), nn.ReLU()]
            if position in _POOL_AFTER:
                layers.append(nn.MaxPool2d(2))
            channels = filters
        flat = channels * (height // 4) * (width // 4)
        head = [
            nn.Linear(flat, 128),
            nn.ReLU(),
            nn.Dropout(0.25),
            nn.BatchNorm1d(128),
            nn.Linear(128, self.n_classes),
        ]
        network = nn.Sequential(*layers, nn.Flatten(), *head)
        initial.as_keras(network)
        return network

    def responses(self, images: np.ndarray) -> dict[int, np.ndarray]:
        """Return the attentive response maps of images (n, C, H, W): what kernels answer, before the ReLU.

        Returns:
            For each layer of :data:`SHOWN` an array, float32 (n, kernels, h, w).
        """
        convolutions = [layer for layer in self._network.layers if isinstance(layer, nn.Conv2d)]
        found: dict[int, list[np.ndarray]] = {number: [] for number in SHOWN}

        def keep(number: int) -> Callable[..., None]:
            return lambda layer, inputs, output: found[number].append(output[:, : SHOWN[number]].float().cpu().numpy())

        hooks = [convolutions[number - 1].register_forward_hook(keep(number)) for number in SHOWN]
        compute.outputs(self._network, images)
        for hook in hooks:
            hook.remove()
        return {number: np.concatenate(parts) for number, parts in found.items()}
