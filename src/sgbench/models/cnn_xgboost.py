"""Gradient-boosted trees on the features of a frozen network, CNN-XGBoost (Ren et al. 2017; Chen & Guestrin 2016)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xgboost

from sgbench.models import base
from sgbench.models.fitted import FittedClassifier
from sgbench.samples.items import Items
from sgbench.training.objective import Objective


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of network and trees.

    Attributes:
        model: kind and settings of the network.
        train_network: train it first; False takes it as it starts, which is of use with pretrained weights.
        rounds: boosting rounds at most, a tree a class each, 1 or more.
        depth: of a tree, 1 or more.
        learning_rate: 0 to 1.
        patience: stop after so many rounds without a lower dev loss, 1 or more.
    """

    model: dict[str, Any] = field(default_factory=lambda: {"kind": "resnet50"})
    train_network: bool = True
    rounds: int = 200
    depth: int = 6
    learning_rate: float = 0.1
    patience: int = 10


class Classifier(FittedClassifier):
    """XGBoost in place of a network's last linear layer; the best number of rounds by dev loss."""

    settings: Settings

    def learn(self, train: Items, dev: Items, objective: Objective, run: base.Run) -> pd.DataFrame:
        """Train the network, if asked to, and then the trees; the history is the network's."""
        weights = objective.class_weights("cnn_xgboost")
        self._network = base.build(self.settings.model, self.n_classes)
        history = pd.DataFrame({"epoch": []})
        if self.settings.train_network:
            history = self._network.learn(train, dev, objective, run)
        else:
            self._network.start(train, run.seed)
        # XGBoost wants classes without gaps.
        self._present = np.unique(train.labels)
        known = np.isin(dev.labels, self._present)
        dev = dev.select(known, dev.labels[known])
        parameters = {
            "objective": "multi:softprob",
            "num_class": len(self._present),
            "max_depth": self.settings.depth,
            "learning_rate": self.settings.learning_rate,
            "tree_method": "hist",
            "nthread": run.threads,
            "seed": 0,
        }
        self._trees = xgboost.train(
            parameters,
            self._matrix(train, weights[train.labels]),
            self.settings.rounds,
            evals=[(self._matrix(dev), "dev")] if len(dev) else [],
            early_stopping_rounds=self.settings.patience if len(dev) else None,
            verbose_eval=False,
        )
        if len(dev):
            self._trees = self._trees[: self._trees.best_iteration + 1]
        return history

    def facts(self) -> dict[str, Any]:
        """Return what the network says of its training; nothing where it had none."""
        told = self._network.facts()
        return super().facts() | {name: told[name] for name in ("train_accuracy", "converged") if name in told}

    def _matrix(self, items: Items, weights: np.ndarray | None = None) -> xgboost.DMatrix:
        features = base.of_items(self._network.features, items)
        return xgboost.DMatrix(features, np.searchsorted(self._present, items.labels), weight=weights)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the trees' probabilities; 0 for a class without training items."""
        probabilities = np.zeros((len(images), self.n_classes), np.float32)
        features = xgboost.DMatrix(self._network.features(images))
        probabilities[:, self._present] = self._trees.predict(features).reshape(len(images), -1)
        return probabilities
