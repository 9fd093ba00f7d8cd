"""The levels of the Trickle-Down Classifier as heads of one narrow ResNet, all learnt at once.

A level tells its own classes apart from each other and from further down, as in :mod:`sgbench.models.tdc` by soft
routing: the probability of a class is the product of those along the way to it. Its logarithm is a sum, so the
cross-entropy of an item is that of the level of its class and of all levels above, each of which learns from what
arrives if none is missed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

from sgbench.models import base, resnet
from sgbench.models.tdc import level_classes
from sgbench.samples.items import Items
from sgbench.training.objective import Objective


@dataclass(frozen=True, kw_only=True)
class Settings(resnet.Settings):
    """How it is built and trained.

    Attributes:
        sizes: see :class:`sgbench.models.tdc.Settings`; classes without training samples follow in the last level.
    """

    sizes: int | list[int] = 5


class Classifier(resnet.Classifier):
    """The narrow ResNet with :class:`Levels` at its end."""

    settings: Settings

    def __init__(self, settings: Settings, n_classes: int) -> None:
        super().__init__(settings, n_classes)
        self._samples = np.ones(n_classes)

    def learn(self, train: Items, dev: Items, objective: Objective, run: base.Run) -> pd.DataFrame:
        """Train the network, the levels by how many samples the classes have."""
        self._samples = objective.samples
        return super().learn(train, dev, objective, run)

    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return the network. Which class is of which level is among its weights, once it has learnt."""
        *trunk, last = super().build(shape)
        levels = Levels(self._samples, self.settings.sizes)
        return nn.Sequential(*trunk, nn.Linear(last.in_features, levels.inputs), levels)


class Levels(nn.Module):
    """The logarithm of the probability of each class, from what levels say of their own classes and of further down.

    Attributes:
        sizes: classes of each level.
        inputs: how many numbers it takes: one a class, and one a level but the last.
        places: where each class stands among all levels, int64 (classes,).
    """

    places: torch.Tensor

    def __init__(self, samples: np.ndarray, sizes: int | list[int]) -> None:
        super().__init__()
        # One sample more of each leaves none out, and the order as it is.
        levels = level_classes(samples + 1, sizes)
        self.sizes = [len(level) for level in levels]
        self.inputs = sum(self.sizes) + len(self.sizes) - 1
        self.register_buffer("places", torch.from_numpy(np.argsort(np.concatenate(levels))))

    def forward(self, said: torch.Tensor) -> torch.Tensor:
        """Return the logarithms of the probabilities, (n, classes).

        Args:
            said: logits (n, inputs): level by level its own classes and, but for the last, further down.
        """
        way, found = said.new_zeros(len(said), 1), []
        *above, last = said.split([size + 1 for size in self.sizes[:-1]] + self.sizes[-1:], dim=1)
        for level in above:
            here = level.log_softmax(dim=1)
            found.append(way + here[:, :-1])
            way = way + here[:, -1:]
        found.append(way + last.log_softmax(dim=1))
        return torch.cat(found, dim=1)[:, self.places]
