"""What a model learns for, beside its items: how often classes occur, what they weigh, another loss, other answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sgbench.errors import SgbenchError


def _alike(counts: np.ndarray) -> np.ndarray:
    return np.ones(len(counts))


def balanced(counts: np.ndarray) -> np.ndarray:
    """Return N / (K n_c), scikit-learn's "balanced", of the K classes with items, and 1 for one without.

    Args:
        counts: items of each class, shape (classes,).
    """
    present = counts > 0
    return np.where(present, counts.sum() / (present.sum() * np.maximum(counts, 1)), 1.0)


@dataclass(frozen=True)
class Objective:
    """What a model learns for; a balance variant gives it.

    Attributes:
        samples: training samples of each class before balancing, int (classes,).
        counts: training items of each class, int (classes,).
        weights: weight of each class, float (classes,).
        weigh: returns the weights of other classes from their counts.
        loss: makes a :class:`sgbench.training.losses.Loss` of counts and weights; None for cross-entropy.
        loss_name: what the configuration calls that loss.
        expected: how frequent each class is to be in the answers, (classes,); None leaves what the items teach.
        space_groups: the space group of each class, (classes,); None where classes are other than these.
    """

    samples: np.ndarray
    counts: np.ndarray
    weights: np.ndarray
    weigh: Callable[[np.ndarray], np.ndarray] = _alike
    loss: Callable[[np.ndarray, np.ndarray], Any] | None = None
    loss_name: str = ""
    expected: np.ndarray | None = None
    space_groups: np.ndarray | None = None

    @property
    def learnt(self) -> np.ndarray:
        """How frequent the items make each class, by what they weigh, float (classes,)."""
        return self.counts * self.weights

    def class_weights(self, model: str) -> np.ndarray:
        """Return the class weights, for a model that can take nothing else.

        Raises:
            SgbenchError: another loss is asked for; names ``model``.
        """
        if self.loss:
            raise SgbenchError(
                f"model {model} minimises no loss of ours: it takes sampling variants and class weights, "
                f"not {self.loss_name}"
            )
        return self.weights

    def for_labels(self, labels: np.ndarray, n_classes: int) -> Self:
        """Return the same for items of other classes.

        Args:
            labels: class index of each item, (n,).
            n_classes: number of the other classes.
        """
        counts = np.bincount(labels, minlength=n_classes)
        weights = self.weigh(counts)
        return replace(self, samples=counts, counts=counts, weights=weights, expected=None, space_groups=None)
