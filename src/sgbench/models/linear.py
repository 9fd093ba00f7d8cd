"""Multinomial logistic regression on standardised pixels: what can be told without any non-linearity."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgbench.models.fitted import FittedClassifier, features
from sgbench.samples.items import Items
from sgbench.training.objective import Objective
from sgbench.training.run import Run


@dataclass(frozen=True)
class Settings:
    """Settings of the regression.

    Attributes:
        inverse_penalty: scikit-learn's C, above 0; smaller keeps the coefficients smaller.
        steps: of L-BFGS at most, 1 or more; a limit that is reached ends the fit there.
    """

    inverse_penalty: float = 0.01
    steps: int = 100


class Classifier(FittedClassifier):
    """scikit-learn's ``LogisticRegression`` with an L2 penalty, on pixels of mean 0 and variance 1."""

    settings: Settings

    def learn(self, train: Items, dev: Items, objective: Objective, run: Run) -> pd.DataFrame:
        """Fit the coefficients; ``dev`` is not needed."""
        weights = objective.class_weights("linear")[train.labels]
        # Classes that are all there is need no coefficients, and scikit-learn gives none.
        self._present = np.unique(train.labels)
        if len(self._present) > 1:
            regression = LogisticRegression(C=self.settings.inverse_penalty, max_iter=self.settings.steps)
            self._pipeline = make_pipeline(StandardScaler(), regression)
            with warnings.catch_warnings():
                # The number of steps is a setting: to reach it is no fault.
                warnings.simplefilter("ignore", ConvergenceWarning)
                self._pipeline.fit(features(train.images()), train.labels, logisticregression__sample_weight=weights)
        return pd.DataFrame({"epoch": []})

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities; 0 for a class without training items."""
        probabilities = np.zeros((len(images), self.n_classes), np.float32)
        one = len(self._present) == 1
        probabilities[:, self._present] = 1 if one else self._pipeline.predict_proba(features(images))
        return probabilities
