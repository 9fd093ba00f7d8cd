"""The class frequencies, whatever the image: what a model must beat to have learnt anything."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier

from sgbench.models.fitted import FittedClassifier
from sgbench.samples.items import Items
from sgbench.training.objective import Objective
from sgbench.training.run import Run


@dataclass(frozen=True)
class Settings:
    """There is nothing to set."""


class Classifier(FittedClassifier):
    """scikit-learn's ``DummyClassifier``; every image gets the shares of the classes among the training items."""

    def learn(self, train: Items, dev: Items, objective: Objective, run: Run) -> pd.DataFrame:
        """Count the classes; the images are not read."""
        weights = objective.class_weights("prior")
        self._dummy = DummyClassifier(strategy="prior")
        self._dummy.fit(np.zeros((len(train), 1)), train.labels, sample_weight=weights[train.labels])
        return pd.DataFrame({"epoch": []})

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the same probabilities for each image."""
        probabilities = np.zeros((len(images), self.n_classes), np.float32)
        probabilities[:, self._dummy.classes_] = self._dummy.predict_proba(np.zeros((len(images), 1)))
        return probabilities
