"""Probability Flow (Pan 2020): one classifier of all classes, and pairwise ones among those that it finds likeliest.

The primary classifier names the likeliest classes of a sample, and their probability flows between them: from each to
each other one by what the classifier of this pair says, until it comes to rest. That is the stationary distribution of
a Markov chain, the first coupling of pairwise probabilities in Wu, Lin & Weng 2004, here damped: with some probability
a step starts anew from what the primary classifier says. For a pair without a classifier stands what the primary one
says of the two, which changes nothing, and of pairwise ones that contradict each other there is one answer.

We know of the source that it combines the two and weighs, not how it damps nor what it weighs by. Of many classes there
are very many pairs. Those are trained that the primary classifier has to decide between most often: the class of an
item and another one, both among its likeliest, by classifiers that were trained without the item.
"""

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sgbench.models import base
from sgbench.models.fitted import FittedClassifier
from sgbench.models.held_out import Training
from sgbench.samples.items import Items
from sgbench.training.calibration import Calibration, fit_temperature
from sgbench.training.objective import Objective, balanced

logger = logging.getLogger(__name__)
# 1 leaves the primary classifier's answer as it is.
_DAMPINGS = (0.05, 0.15, 0.3, 0.5, 0.7, 1.0)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the flow.

    Attributes:
        model: the kind of all its classifiers and their settings.
        top: likeliest classes among which probability flows, 1 or more; 1 is the primary classifier alone.
        pairs: pairwise classifiers at most, 0 or more.
        folds: parts in which the training items are held out to find the pairs, 2 or more. They cost folds - 1 times
            the training of the primary classifier.
        weighted: both classes of a pair weigh the same in its training; False weighs them as the balance variant does.
    """

    model: dict[str, Any] = field(default_factory=lambda: {"kind": "extratrees"})
    top: int = 5
    pairs: int = 200
    folds: int = 5
    weighted: bool = True


@dataclass
class Pair:
    """Two classes, by their labels, and the trained classifier that tells the first (0) from the second (1)."""

    classes: tuple[int, int]
    model: base.Classifier


class Classifier(FittedClassifier):
    """A primary classifier and pairwise ones, of any kind.

    Attributes:
        damping: probability of starting anew; that of the highest likelihood on dev, after calibration, or else 0.15.
    """

    settings: Settings

    def __init__(self, settings: Settings, n_classes: int) -> None:
        super().__init__(settings, n_classes)
        self.damping = 0.15

    def learn(self, train: Items, dev: Items, objective: Objective, run: base.Run) -> pd.DataFrame:
        """Train the primary classifier, find the pairs, and train theirs; the history is the primary one's."""
        whole = self._training(self.n_classes, train, dev, objective, run.part("primary", seed=run.seed))
        self._primary, history = whole.whole()
        near = np.zeros((len(train), self.n_classes), bool)
        if self.settings.top > 1 and self.settings.pairs:
            near = whole.unseen(self.settings.folds, self._near, near.shape[1:])
        if self.settings.weighted:
            objective = replace(objective, weigh=balanced)
        self._pairs = []
        for classes in deciding_pairs(train.labels, near)[: self.settings.pairs]:
            items, chosen = (_of_pair(items, classes) for items in (train, dev))
            model, _ = self._training(2, items, chosen, objective, run.part("pair{}-{}".format(*classes))).whole()
            self._pairs.append(Pair(classes, model))
        logger.info("%d pairs of %d classes", len(self._pairs), len(np.unique(train.labels)))
        return history

    def _training(self, n_classes: int, items: Items, dev: Items, objective: Objective, run: base.Run) -> Training:
        return Training(partial(base.build, self.settings.model, n_classes), items, dev, objective, run)

    def _near(self, model: base.Classifier, items: Items) -> np.ndarray:
        """Return whether each class is one of the likeliest of each item, and not ruled out, bool (n, n_classes)."""
        said = base.of_items(model.probabilities, items)
        near = np.zeros(said.shape, bool)
        np.put_along_axis(near, likeliest(said, self.settings.top), True, axis=1)
        return near & (said > 0)

    def calibrate(self, dev: Items) -> None:
        """Choose the damping, and fit the temperature, on dev samples."""
        if len(dev):
            answers = base.of_items(lambda images: self._answers(images, _DAMPINGS), dev)
            fitted = [fit_temperature(self.corrected(answers[:, place]), dev.labels) for place in range(len(_DAMPINGS))]
            best = int(np.argmin([_nll(calibration) for calibration in fitted]))
            self.damping, self.calibration = _DAMPINGS[best], fitted[best]

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities of images (n, C, H, W); beyond the likeliest classes they are the primary one's."""
        return self._answers(images, (self.damping,))[:, 0]

    def facts(self) -> dict[str, Any]:
        """Return the damping, the number of pairs, and what the primary classifier says of its training."""
        return self._primary.facts() | super().facts() | {"damping": self.damping, "pairs": len(self._pairs)}

    def _answers(self, images: np.ndarray, dampings: tuple[float, ...]) -> np.ndarray:
        """Return the probabilities by each damping, float32 (n, dampings, n_classes)."""
        said = self._primary.probabilities(images).astype(np.float64)
        top = likeliest(said, self.settings.top)
        own = np.take_along_axis(said, top, axis=1)
        pairwise = conditional(own)
        for pair in self._pairs:
            is_first, is_second = (top == label for label in pair.classes)
            here = np.flatnonzero(is_first.any(axis=1) & is_second.any(axis=1))
            if len(here):
                first, second = is_first[here].argmax(axis=1), is_second[here].argmax(axis=1)
                shares = pair.model.probabilities(images[here]).astype(np.float64)
                pairwise[here, first, second], pairwise[here, second, first] = shares.T
        answers = np.repeat(said[:, None], len(dampings), axis=1)
        total = own.sum(axis=1, keepdims=True)
        for place, damping in enumerate(dampings):
            np.put_along_axis(answers[:, place], top, total * stationary(pairwise, own / total, damping), axis=1)
        return answers.astype(np.float32)


def likeliest(probabilities: np.ndarray, top: int) -> np.ndarray:
    """Return the labels of the likeliest classes of each sample, the likeliest first, int (n, at most ``top``)."""
    return np.argsort(-probabilities, axis=1, kind="stable")[:, :top]


def conditional(probabilities: np.ndarray) -> np.ndarray:
    """Return how likely each class is against each other one, p_i / (p_i + p_j), (n, k, k), from their (n, k)."""
    first, second = probabilities[:, :, None], probabilities[:, None]
    both = first + second
    return np.divide(first, both, out=np.full(both.shape, 0.5), where=both > 0)


def stationary(pairwise: np.ndarray, start: np.ndarray, damping: float) -> np.ndarray:
    """Return where the flow of probability between classes comes to rest.

    A step goes to one of the k - 1 other classes, each as likely, if that wins against the class at hand, and stays
    otherwise (Wu, Lin & Weng 2004, section 3).

    Args:
        pairwise: how likely each class is against each other one, (n, k, k); its diagonal is not read.
        start: probabilities of the classes from which it starts anew, (n, k).
        damping: probability of doing so at each step, above 0, up to 1.

    Returns:
        Probabilities (n, k), which sum to 1 where ``start`` does.
    """
    k = pairwise.shape[1]
    steps = np.swapaxes(pairwise, 1, 2) / max(k - 1, 1)
    diagonal = np.arange(k)
    steps[:, diagonal, diagonal] = 0
    steps[:, diagonal, diagonal] = 1 - steps.sum(axis=2)
    flow = np.eye(k) - (1 - damping) * np.swapaxes(steps, 1, 2)
    return np.linalg.solve(flow, damping * start[:, :, None])[:, :, 0]


def deciding_pairs(labels: np.ndarray, near: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs of classes that are to be decided between, the most frequent first.

    Args:
        labels: class of each item, (n,).
        near: whether each class is among the likeliest of each item, bool (n, classes).

    Returns:
        Pairs of labels, the smaller first, of which one is an item's and both are near it.
    """
    counts = np.zeros((near.shape[1], near.shape[1]), np.int64)
    known = near[np.arange(len(labels)), labels]
    np.add.at(counts, labels[known], near[known])
    counts = np.triu(counts + counts.T, 1)
    order = np.argsort(-counts, axis=None, kind="stable")[: np.count_nonzero(counts)]
    return [(int(place) // len(counts), int(place) % len(counts)) for place in order]


def _of_pair(items: Items, classes: tuple[int, int]) -> Items:
    """Return the items of two classes, labelled 0 and 1."""
    chosen = np.flatnonzero(np.isin(items.labels, classes))
    return items.select(chosen, (items.labels[chosen] == classes[1]).astype(np.int64))


def _nll(calibration: Calibration) -> float:
    return np.inf if calibration.dev_nll_after is None else calibration.dev_nll_after
