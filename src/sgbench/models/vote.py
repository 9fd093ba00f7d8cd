"""One classifier of single channels that votes over those of an image, such as the zone axes of a CBED stack.

Voting over zone axes is the alternative to stacking them as channels: each pattern is an item with the label of its
stack, and the answer is the mean of what the patterns of a stack say. There are three times as many items then, and the
classifier need not learn which patterns go together, but cannot use it either.

The mean is that of logarithms. On dev samples of simulated CBED it was right more often than that of probabilities, of
networks and of trees, and likelier of networks.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sgbench.models import base
from sgbench.models.fitted import FittedClassifier
from sgbench.samples.channels import Channels
from sgbench.samples.items import Items
from sgbench.training.objective import Objective

# What a channel leaves to each class at least: one alone, of trees for instance, rules out none.
_LEAST = 1e-3


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What votes.

    Attributes:
        model: the kind of the classifier of a channel and its settings.
    """

    model: dict[str, Any] = field(default_factory=lambda: {"kind": "resnet"})


class Classifier(FittedClassifier):
    """The geometric mean of a classifier's probabilities over the channels of an image."""

    settings: Settings

    def learn(self, train: Items, dev: Items, objective: Objective, run: base.Run) -> pd.DataFrame:
        """Train the classifier on each channel as an item of its own, and choose it on those of ``dev``."""
        self._model = base.build(self.settings.model, self.n_classes)
        return self._model.learn(Channels.of(train), Channels.of(dev), objective, run)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the geometric mean, summing to 1, over the channels of images (n, C, H, W)."""
        count, channels, *sides = images.shape
        each = self._model.probabilities(images.reshape(-1, 1, *sides))
        mean = np.exp(np.log(np.maximum(each, _LEAST)).reshape(count, channels, -1).mean(axis=1))
        return mean / mean.sum(axis=1, keepdims=True)

    def facts(self) -> dict[str, Any]:
        """Return what the classifier says of its training on channels."""
        return self._model.facts() | super().facts()
