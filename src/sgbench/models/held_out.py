"""Classifiers of items with parts held out: what one says of items that it was not trained on; killed runs go on."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd

from sgbench.files import atomic
from sgbench.models import base
from sgbench.samples.items import Items
from sgbench.seeds import derive, generator
from sgbench.training.objective import Objective

logger = logging.getLogger(__name__)


@dataclass
class Training:
    """What the classifiers of one kind are trained with: the one that stays, and those of the folds.

    Attributes:
        build: makes an untrained classifier.
        items: to learn from.
        dev: to choose on.
        objective: of all items; each training has that of its own.
        run: of the one that stays; those of the folds have seeds, checkpoints and keys of their own.
    """

    build: Callable[[], base.Classifier]
    items: Items
    dev: Items
    objective: Objective
    run: base.Run

    def whole(self) -> tuple[base.Classifier, pd.DataFrame]:
        """Return the classifier trained on all items, and its history."""
        return self._fit(self.items, self.run)

    def unseen(
        self, folds: int, judge: Callable[[base.Classifier, Items], np.ndarray], shape: tuple[int, ...] = ()
    ) -> np.ndarray:
        """Return what a classifier that was not trained on its group says of each item.

        Args:
            folds: see :func:`fold_of_each`.
            judge: says so, bool (n, *shape), of a trained classifier and items.
            shape: of what it says of one item.
        """
        fold_of = fold_of_each(self.items.labels, self.items.groups, folds, self.run.seed)
        said = np.zeros((len(self.items), *shape), bool)
        for fold in range(fold_of.max(initial=0) + 1):
            held_out = fold_of == fold
            seen, unseen = (self.items.select(part, self.items.labels[part]) for part in (~held_out, held_out))
            # A single group leaves nothing to learn from.
            if len(seen):
                run = self.run.part("fold", fold + 1, seed=derive(self.run.seed, "fold", fold))
                said[held_out] = judge(self._fit(seen, run)[0], unseen)
        return said

    def _fit(self, items: Items, run: base.Run) -> tuple[base.Classifier, pd.DataFrame]:
        model = self.build()
        return _fit_or_read(model, items, self.dev, self.objective.for_labels(items.labels, model.n_classes), run)


def fold_of_each(labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal groups of items to folds, each class's about evenly.

    Args:
        labels: class of each item, (n,); that of a group is its first item's.
        groups: group of each item, (n,).
        folds: number of folds; those beyond the number of groups stay empty.
        seed: of the training, for the order in which a class's groups are dealt.

    Returns:
        The fold of each item, from 0, (n,).
    """
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    shuffled = generator(seed, "folds").permutation(len(first))
    order = shuffled[np.argsort(labels[first][shuffled], kind="stable")]
    fold = np.empty(len(first), np.int64)
    fold[order] = np.arange(len(first)) % folds
    return fold[group]


def _fit_or_read(
    model: base.Classifier, items: Items, dev: Items, objective: Objective, run: base.Run
) -> tuple[base.Classifier, pd.DataFrame]:
    """Return a trained level and its history; a run that was killed later on may have left them."""
    finished = run.checkpoint.with_suffix(".finished.pt")
    if finished.exists():
        key, model, history = joblib.load(finished)
        if key == run.key:
            logger.info("resumed after this level from %s", finished)
            return model, history
    history = model.learn(items, dev, objective, run)
    # Of several processes that train together, the first one writes.
    if os.environ.get("RANK", "0") == "0":
        with atomic(finished) as partial:
            joblib.dump((run.key, model, history), partial)
    return model, history
