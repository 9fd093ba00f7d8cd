"""A convolutional autoencoder and KMeans without labels on its bottleneck, the outlook of Karan 2022, section 4."""

from dataclasses import dataclass

from torch import nn

from sgbench.errors import SgbenchError
from sgbench.models.autoencoder import Autoencoder, AutoencoderClassifier, Bottleneck

_WIDTHS = (16, 32, 64)


@dataclass(frozen=True, kw_only=True)
class Settings(Bottleneck):
    """The source only names this network; layers and bottleneck are ours, the training is that of its autoencoder."""

    bottleneck: int = 32


class Classifier(AutoencoderClassifier):
    """Three convolutions, each pooled, and a linear layer down to the bottleneck; the same upside down again."""

    settings: Settings

    def build(self, shape: tuple[int, int, int]) -> Autoencoder:
        """Return the network; each pooling halves height and width."""
        channels, height, width = shape
        if min(height, width) < 8:
            raise SgbenchError(f"model conv_autoencoder_kmeans needs 8 x 8 pixels or more, not {height} x {width}")
        sizes = [(height >> level, width >> level) for level in range(len(_WIDTHS) + 1)]
        deepest = (_WIDTHS[-1], *sizes[-1])
        flat = deepest[0] * deepest[1] * deepest[2]
        encoder: list[nn.Module] = []
        for inputs, outputs in zip((channels, *_WIDTHS), _WIDTHS, strict=False):
            encoder += [nn.Conv2d(inputs, outputs, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        encoder += [nn.Flatten(), nn.Linear(flat, self.settings.bottleneck)]
        decoder: list[nn.Module] = [nn.Linear(self.settings.bottleneck, flat), nn.Unflatten(1, deepest)]
        for inputs, outputs, size in zip(_WIDTHS[::-1], (*_WIDTHS[-2::-1], channels), sizes[-2::-1], strict=True):
            decoder += [nn.ReLU(), nn.Upsample(size), nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)]
        return Autoencoder(nn.Sequential(*encoder), nn.Sequential(*decoder))
