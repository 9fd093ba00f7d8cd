"""The one interface of all models.

A model is a module ``sgbench.models.NAME`` with a dataclass ``Settings`` (what the configuration may set) and a class
``Classifier``. Any model then meets any balance variant and task.
"""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from sgbench.samples.items import Items
from sgbench.training.calibration import Calibration, fit_temperature, for_frequencies
from sgbench.training.objective import Objective
from sgbench.training.run import Run

_BATCH = 1024


class Classifier(ABC):
    """A classifier of images into the classes 0 to n_classes - 1.

    Attributes:
        settings: the model's own ``Settings``.
        n_classes: number of classes of the task; some may have no training item.
        calibration: what dev said of the probabilities.
        correction: how frequent each class was in training, by what its items weigh, and is to be in the answers,
            (2, n_classes); None for answers as learnt.
    """

    calibration = Calibration()
    correction: np.ndarray | None = None

    def __init__(self, settings: Any, n_classes: int) -> None:
        self.settings = settings
        self.n_classes = n_classes

    def fit(self, train: Items, dev: Items, objective: Objective, run: Run) -> pd.DataFrame:
        """Learn, correct the answers if asked to, then calibrate on ``dev``; see :meth:`learn`."""
        history = self.learn(train, dev, objective, run)
        if objective.expected is not None:
            self.correction = np.stack([objective.learnt, objective.expected])
        self.calibrate(dev)
        return history

    def calibrate(self, dev: Items) -> None:
        """Fit the temperature of what was learnt on dev samples; see :mod:`sgbench.training.calibration`."""
        if len(dev):
            self.calibration = fit_temperature(self.corrected(of_items(self.probabilities, dev)), dev.labels)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the calibrated probabilities of the classes, float32 (n, n_classes), of images (n, C, H, W)."""
        return self.calibration(self.corrected(self.probabilities(images)))

    def corrected(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the probabilities (n, n_classes) by :attr:`correction`."""
        return probabilities if self.correction is None else for_frequencies(probabilities, *self.correction)

    @abstractmethod
    def learn(self, train: Items, dev: Items, objective: Objective, run: Run) -> pd.DataFrame:
        """Train on ``train`` and choose on ``dev``.

        Args:
            train: the items of a plan.
            dev: samples of the development part, of which images() gives the same each time.
            objective: what the balance variant asks; models that minimise no loss take its class weights.
            run: see :class:`Run`.

        Returns:
            The history: a row an epoch, or a component of a linear reduction; none where a model has neither.

        Raises:
            SgbenchError: the images or the objective do not suit the model, or training diverges.
        """

    @abstractmethod
    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities of the classes as learnt, float32 (n, n_classes), of images (n, C, H, W)."""

    def describe(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the model says of images (n, C, H, W) beside the probabilities: columns (n,) by name."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Return what the model says of its own training: numbers by name, which stand in the scores.

        ``converged``, where a model has it, is False for a training that did not learn its own items; all figures of
        its score say so.
        """
        return self.calibration.facts()

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the trained model to ``path``."""

    @classmethod
    @abstractmethod
    def load(cls, path: Path) -> Self:
        """Read a model that :meth:`save` wrote."""


def of_items(function: Callable[[np.ndarray], np.ndarray], items: Items) -> np.ndarray:
    """Return ``function`` of the images of items, one or more, a batch of images at a time."""
    parts = [slice(start, start + _BATCH) for start in range(0, len(items), _BATCH)]
    return np.concatenate([function(items.images(part)) for part in parts])


def classifier(name: str) -> type[Classifier]:
    """Return the classifier of the module ``sgbench.models.NAME``."""
    return importlib.import_module(f"sgbench.models.{name}").Classifier


def settings(name: str, values: dict[str, Any]) -> Any:
    """Return the ``Settings`` of the module ``sgbench.models.NAME`` with ``values`` set."""
    return importlib.import_module(f"sgbench.models.{name}").Settings(**values)


def build(model: Mapping[str, Any], n_classes: int, **changed: Any) -> Classifier:
    """Return an untrained model as the configuration gives it.

    Args:
        model: its kind and its settings.
        n_classes: number of classes.
        changed: settings that take the place of the configured ones.
    """
    values = {**model, **changed}
    kind = values.pop("kind")
    return classifier(kind)(settings(kind, values), n_classes)
