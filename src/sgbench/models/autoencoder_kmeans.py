"""The fully connected autoencoder of Karan 2022, table 2, and KMeans without labels on its bottleneck."""

import math
from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from sgbench.models.autoencoder import Autoencoder, AutoencoderClassifier, Bottleneck

_WIDTHS = (128, 64)


@dataclass(frozen=True, kw_only=True)
class Settings(Bottleneck):
    """The training of Karan 2022, section 2.4, is the default; the source tried bottlenecks of 2, 4, 8 and 32."""

    bottleneck: int = 2


class Classifier(AutoencoderClassifier):
    """Layers of 128 and 64 down to the bottleneck, and up again; ReLU after each, tanh at the end."""

    settings: Settings

    def build(self, shape: tuple[int, int, int]) -> Autoencoder:
        """Return the network, for images of any shape."""
        widths = (math.prod(shape), *_WIDTHS, self.settings.bottleneck)
        encoder = [nn.Flatten(), *_layers(widths)]
        decoder = [*_layers(widths[::-1])[:-1], nn.Tanh(), nn.Unflatten(1, shape)]
        return Autoencoder(nn.Sequential(*encoder), nn.Sequential(*decoder))


def _layers(widths: tuple[int, ...]) -> list[nn.Module]:
    pairs = pairwise(widths)
    return [layer for inputs, outputs in pairs for layer in (nn.Linear(inputs, outputs), nn.ReLU())]
