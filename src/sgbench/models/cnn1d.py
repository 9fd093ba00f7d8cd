"""A plain convolutional network for one-dimensional patterns: what the residual one is compared with."""

import math
from dataclasses import dataclass

from torch import nn

from sgbench.models.lines import convolution, of_line
from sgbench.models.network import SmallNetwork, SmallSchedule

_KERNELS = (15, 5, 5, 5)
_STRIDES = (4, 2, 2, 2)
_HIDDEN = 256
_DROPOUT = 0.3


@dataclass(frozen=True, kw_only=True)
class Settings(SmallSchedule):
    """How it is built and trained.

    Attributes:
        width: channels of the first layer, 1 or more; the three after it have 2, 3 and 4 times as many.
    """

    width: int = 32


class Classifier(SmallNetwork):
    """Four convolutions with strides in place of pooling, and a hidden layer that sees every place of the axis."""

    settings: Settings

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return the network; the strides shorten the pattern to 1/32."""
        channels, length = of_line("cnn1d", shape, math.prod(_STRIDES)), shape[2]
        layers: list[nn.Module] = []
        for place, (kernel, stride) in enumerate(zip(_KERNELS, _STRIDES, strict=True), start=1):
            after = place * self.settings.width
            layers += [convolution(channels, after, kernel, stride), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
            channels, length = after, -(-length // stride)
        head = [
            nn.Dropout(_DROPOUT),
            nn.Linear(channels * length, _HIDDEN),
            nn.BatchNorm1d(_HIDDEN),
            nn.ReLU(inplace=True),
            nn.Dropout(_DROPOUT),
            nn.Linear(_HIDDEN, self.n_classes),
        ]
        return nn.Sequential(*layers, nn.Flatten(), *head)
