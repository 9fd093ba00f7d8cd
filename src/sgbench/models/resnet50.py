"""ResNet-50 (He et al. 2016), torchvision's, from random weights."""

from dataclasses import dataclass

from torch import nn
from torchvision.models import resnet50

from sgbench.models.network import NetworkClassifier
from sgbench.training import Schedule


@dataclass(frozen=True, kw_only=True)
class Settings(Schedule):
    """The hyperparameters of Costa et al. 2019 are the defaults."""

    epochs: int = 90
    batch_size: int = 128
    optimizer: str = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 5e-5


class Classifier(NetworkClassifier):
    """ResNet-50 with as many input channels as the images have."""

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return torchvision's network; only its first layer depends on the number of channels."""
        network = resnet50(weights=None, num_classes=self.n_classes)
        if shape[0] != 3:
            network.conv1 = nn.Conv2d(shape[0], 64, kernel_size=7, stride=2, padding=3, bias=False)
        return network
