"""Extremely randomised trees (Geurts, Ernst & Wehenkel 2006): what a practitioner tries first."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sgbench.models.fitted import FittedClassifier, features
from sgbench.models.forest import Forest
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training.objective import Objective
from sgbench.training.run import Run

_AT_ONCE = 10


@dataclass(frozen=True)
class Settings:
    """Settings of the trees.

    Attributes:
        trees: number of trees, 1 or more.
        min_samples_leaf: training items in a leaf at least, 1 or more.
    """

    trees: int = 300
    min_samples_leaf: int = 1


class Classifier(FittedClassifier):
    """scikit-learn's ``ExtraTreesClassifier`` on the pixels."""

    settings: Settings

    def learn(self, train: Items, dev: Items, objective: Objective, run: Run) -> pd.DataFrame:
        """Grow the trees; ``dev`` is not needed."""
        # Needed here only; see Forest.
        from sklearn.ensemble import ExtraTreesClassifier

        weights = objective.class_weights("extratrees")[train.labels]
        rows, forests = features(train.images()), []
        # The same trees as if grown at once; as scikit-learn keeps them, 300 of 160 classes would take 23 GB.
        draw = np.random.RandomState(derive(run.seed, "extratrees") % 2**32)
        for start in range(0, self.settings.trees, _AT_ONCE):
            some = ExtraTreesClassifier(
                n_estimators=min(_AT_ONCE, self.settings.trees - start),
                min_samples_leaf=self.settings.min_samples_leaf,
                random_state=draw,
                n_jobs=run.threads,
            ).fit(rows, train.labels, sample_weight=weights)
            forests.append(Forest([tree.tree_ for tree in some.estimators_], some.classes_))
        self._forest = Forest.joined(forests)
        return pd.DataFrame({"epoch": []})

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the mean of the trees' probabilities; 0 for a class without training items."""
        probabilities = np.zeros((len(images), self.n_classes), np.float32)
        probabilities[:, self._forest.classes] = self._forest.probabilities(features(images))
        return probabilities
