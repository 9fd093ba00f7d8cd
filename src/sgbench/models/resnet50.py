"""ResNet-50 (He et al. 2016), torchvision's, from random or pretrained weights."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import torch
from torch import nn
from torchvision.models import ResNet50_Weights, resnet50

from sgbench.errors import SgbenchError
from sgbench.models.network import NetworkClassifier
from sgbench.training.loop import Schedule

#: The name of the weights that torchvision downloads: those of the original recipe, on ImageNet.
DOWNLOAD = "torchvision"
# Shape of the first kernels.
_FIRST = (64, 3, 7, 7)


@dataclass(frozen=True, kw_only=True)
class Settings(Schedule):
    """The hyperparameters of Costa et al. 2019 are the defaults.

    Attributes:
        weights: what training starts from: None for random weights, torchvision to download those of ImageNet, or a
            file of weights of torchvision's ResNet-50.
        stem: imagenet for the published first layers, which halve the image twice; auto halves images under 128 pixels
            once and those under 64 not at all, so that the last feature map of 32 pixels or more is 4 x 4 or larger.
    """

    epochs: int = 90
    batch_size: int = 128
    optimizer: str = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 5e-5
    weights: str | None = None
    stem: str = "auto"


class Classifier(NetworkClassifier):
    """ResNet-50 with as many input channels as the images have."""

    settings: Settings

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return torchvision's network; only its first layers depend on the shape."""
        channels, *sides = shape
        network = resnet50(weights=None, num_classes=self.n_classes)
        stride = 1 if self.settings.stem == "auto" and min(sides) < 64 else 2
        if (channels, stride) != (3, 2):
            network.conv1 = nn.Conv2d(channels, 64, kernel_size=7, stride=stride, padding=3, bias=False)
        if self.settings.stem == "auto" and min(sides) < 128:
            network.maxpool = nn.Identity()
        return network

    def load_pretrained(self, network: nn.Module) -> None:
        """Load all layers but the last, the first adapted by :func:`adapt`."""
        if self.settings.weights is None:
            return
        state = _read(self.settings.weights)
        adapt(state, network.conv1.in_channels)
        state = {name: value for name, value in state.items() if not name.startswith("fc.")}
        missing, unexpected = network.load_state_dict(state, strict=False)
        if unexpected or any(not name.startswith("fc.") for name in missing):
            raise SgbenchError(f"weights {self.settings.weights}: not those of torchvision's ResNet-50")


def adapt(state: dict[str, torch.Tensor], channels: int) -> None:
    """Make pretrained weights take images of any number of channels, in place.

    They learnt from channels of mean 0 and deviation 1 over ImageNet, and now see such ones over the training items.
    The kernels of other than three channels are the sum of the three, shared equally, so that a grey image gives what
    it would give as a colour one.

    Args:
        state: weights of torchvision's ResNet-50 by name.
        channels: number of channels.
    """
    if channels != 3:
        kernels = state["conv1.weight"].sum(dim=1, keepdim=True)
        state["conv1.weight"] = kernels.repeat(1, channels, 1, 1) / channels


def _read(weights: str) -> dict[str, torch.Tensor]:
    try:
        if weights == DOWNLOAD:
            return dict(ResNet50_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True))
        state = torch.load(Path(weights), map_location="cpu", weights_only=True)
    except (URLError, OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise SgbenchError(f"weights {weights}: not to be had ({str(error).splitlines()[0]})") from None
    if not isinstance(state, dict) or getattr(state.get("conv1.weight"), "shape", None) != _FIRST:
        raise SgbenchError(f"weights {weights}: not those of torchvision's ResNet-50")
    return dict(state)
