"""DefectNet: a fully convolutional encoder-decoder as it finds defects in micrographs, with a classification head.

The kind of network is that of Ziatdinov et al. 2017 (ACS Nano 11, 12742): features of each pixel, from an encoder that
pools and a decoder that goes back to full size. Their mean over the pixels goes into a linear layer, which is the same
as classifying each pixel and taking the mean of the logits.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from sgbench.errors import SgbenchError
from sgbench.models.network import NetworkClassifier
from sgbench.training.loop import Schedule

_WIDTHS = (16, 32, 64, 128)


@dataclass(frozen=True, kw_only=True)
class Settings(Schedule):
    """The published work gives no training for classification; these are ours."""

    epochs: int = 30


class Classifier(NetworkClassifier):
    """Three poolings down, three doublings up, a mean over the pixels, and the output."""

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return the network, for images of any size from 8 x 8 pixels."""
        channels, height, width = shape
        if min(height, width) < 8:
            raise SgbenchError(f"model defectnet needs images of 8 x 8 pixels or more, not {height} x {width}")
        return _Network(channels, self.n_classes)


class _Network(nn.Module):
    def __init__(self, channels: int, n_classes: int) -> None:
        super().__init__()
        down = zip((channels, *_WIDTHS), _WIDTHS, strict=False)
        up = zip(_WIDTHS[::-1], _WIDTHS[-2::-1], strict=False)
        self.encoder = nn.ModuleList(_block(*widths) for widths in down)
        self.decoder = nn.ModuleList(_block(*widths) for widths in up)
        self.head = nn.Linear(_WIDTHS[0], n_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits (n, classes) of images (n, C, H, W)."""
        features, sizes = images, []
        for number, block in enumerate(self.encoder):
            if number:
                sizes.append(features.shape[2:])
                features = F.max_pool2d(features, 2)
            features = block(features)
        for block, size in zip(self.decoder, reversed(sizes), strict=True):
            features = block(F.interpolate(features, size, mode="nearest"))
        return self.head(features.mean(dim=(2, 3)))


def _block(inputs: int, outputs: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1))
