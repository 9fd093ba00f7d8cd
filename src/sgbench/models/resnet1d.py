"""A residual network (He et al. 2016) for one-dimensional patterns, small enough for a processor."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from sgbench.models.lines import convolution, of_line
from sgbench.models.network import SmallNetwork, SmallSchedule

_STEM_KERNEL = 15
_KERNEL = 3
_STAGES = 4
_PARTS = 16
_DROPOUT = 0.3


@dataclass(frozen=True, kw_only=True)
class Settings(SmallSchedule):
    """How it is built and trained.

    Attributes:
        width: channels of the first stage, 1 or more; each of the three after it has twice as many.
    """

    width: int = 24


class Classifier(SmallNetwork):
    """A wide first convolution, four stages of one residual block, and means over sixteen parts of the axis.

    The parts keep where on the axis a feature stands; one mean over all of it, usual for photographs, forgets that.
    """

    settings: Settings

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return the network; the stem and each stage but the first shorten the pattern, to 1/32 in all."""
        channels, width = of_line("resnet1d", shape, 2 ** (_STAGES + 1)), self.settings.width
        layers: list[nn.Module] = [
            convolution(channels, width, _STEM_KERNEL, stride=2),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d((1, 3), (1, 2), (0, 1)),
        ]
        before = width
        for stage in range(_STAGES):
            after = width * 2**stage
            layers.append(Block(before, after, stride=2 if stage else 1))
            before = after
        head = [nn.AdaptiveAvgPool2d((1, _PARTS)), nn.Flatten(), nn.Dropout(_DROPOUT)]
        return nn.Sequential(*layers, *head, nn.Linear(_PARTS * before, self.n_classes))


class Block(nn.Module):
    """Two convolutions beside a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            convolution(before, after, _KERNEL, stride),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            convolution(after, after, _KERNEL),
            nn.BatchNorm2d(after),
        )
        same = before == after and stride == 1
        self.shortcut = (
            nn.Identity() if same else nn.Sequential(convolution(before, after, 1, stride), nn.BatchNorm2d(after))
        )

    def forward(self, patterns: torch.Tensor) -> torch.Tensor:
        """Return (n, after, 1, W / stride) of patterns (n, before, 1, W)."""
        return F.relu(self.residual(patterns) + self.shortcut(patterns))
