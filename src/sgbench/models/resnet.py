"""A narrow residual network (He et al. 2016) for small images, which a processor can train to the end.

Pan's networks for CBED (SMC 2020) are ResNets of width 20 in place of 64; with two blocks a stage this is ResNet-18 at
that width.
"""

from dataclasses import dataclass

from torch import nn
from torchvision.models.resnet import BasicBlock, conv1x1, conv3x3

from sgbench.models.network import SmallNetwork, SmallSchedule

_STAGES = 4


@dataclass(frozen=True, kw_only=True)
class Settings(SmallSchedule):
    """How it is built and trained.

    Attributes:
        width: channels of the first stage; each of the three after it has twice as many. 16 or more: of fewer, the
            gradients of a 1x1 convolution with a stride are written beyond their memory on processors, by oneDNN
            (uxlfoundation/oneDNN#6035).
        blocks: residual blocks of two convolutions in each stage, 1 or more.
    """

    epochs: int = 30
    width: int = 20
    blocks: int = 2


class Classifier(SmallNetwork):
    """A 3x3 convolution, four stages of torchvision's basic blocks, and the mean over the last map.

    Images of 64 pixels or more are halved by the first convolution, so that the last map of 32 pixels or more is 4 x 4
    or larger.
    """

    settings: Settings

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return the network; each stage but the first halves height and width."""
        channels, *sides = shape
        width = self.settings.width
        layers: list[nn.Module] = [
            conv3x3(channels, width, stride=1 if min(sides) < 64 else 2),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        ]
        for stage in range(_STAGES):
            after = self.settings.width * 2**stage
            layers.append(_first_block(width, after) if stage else BasicBlock(width, after))
            layers += [BasicBlock(after, after) for _ in range(self.settings.blocks - 1)]
            width = after
        network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, self.n_classes))
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        return network


def _first_block(before: int, after: int) -> BasicBlock:
    """Return a block that halves height and width, with a convolution on its shortcut."""
    shortcut = nn.Sequential(conv1x1(before, after, stride=2), nn.BatchNorm2d(after))
    return BasicBlock(before, after, stride=2, downsample=shortcut)
