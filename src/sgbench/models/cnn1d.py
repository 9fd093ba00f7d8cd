"""A plain convolutional network for one-dimensional patterns: what the residual one is compared with."""

from dataclasses import dataclass

from torch import nn

from sgbench.models.lines import convolution, of_line
from sgbench.models.network import NetworkClassifier
from sgbench.training import Schedule

_KERNEL = 9
_POOLS = (4, 2, 2, 2)
_HIDDEN = 256
_DROPOUT = 0.3


@dataclass(frozen=True, kw_only=True)
class Settings(Schedule):
    """How it is built and trained.

    Attributes:
        width: channels of the first layer, 1 or more; each of the three after it has twice as many.
    """

    epochs: int = 10
    batch_size: int = 64
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    decay: str = "cosine"
    clip_norm: float | None = 1.0
    width: int = 16


class Classifier(NetworkClassifier):
    """Four convolutions with batch norm and maximum pooling, and a hidden layer that sees all places at once."""

    settings: Settings

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return the network; the poolings shorten the pattern to 1/32."""
        channels, length = of_line("cnn1d", shape, 32), shape[2]
        layers: list[nn.Module] = []
        for stage, pool in enumerate(_POOLS):
            after = self.settings.width * 2**stage
            layers += [convolution(channels, after, _KERNEL), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
            layers.append(nn.MaxPool2d((1, pool)))
            channels, length = after, length // pool
        head = [
            nn.Dropout(_DROPOUT),
            nn.Linear(channels * length, _HIDDEN),
            nn.ReLU(inplace=True),
            nn.Dropout(_DROPOUT),
            nn.Linear(_HIDDEN, self.n_classes),
        ]
        return nn.Sequential(*layers, nn.Flatten(), *head)
