"""Classifier retraining, cRT (Kang et al. 2020): features learnt as they come, the last layer then on equal classes."""

from dataclasses import dataclass

import numpy as np

from sgbench.training import losses


@dataclass(frozen=True)
class Settings:
    """Settings of classifier retraining.

    Attributes:
        epochs: epochs of the second phase, 1 or more; the paper has 10.
    """

    epochs: int = 10


class Loss(losses.Loss):
    """Cross-entropy in both phases (section 4.2); see :func:`sgbench.training.loop.retrain_classifier`."""

    def __init__(self, settings: Settings, counts: np.ndarray, weights: np.ndarray) -> None:
        super().__init__(settings, counts, weights)
        self.retrain_epochs = settings.epochs
