"""The Trickle-Down Classifier (Dash & Dasgupta 2020): levels of classifiers, each for a few classes.

The classes are shared among the levels from the most to the least frequent. The classifier of a level tells its own
classes from each other and from all that lies further down, and a sample trickles down until a level claims it.

The abstract of the paper says that a level forwards "the samples missed by a component classifier" to the next, not how
they are counted. A classifier that fits its training items misses none of them. So an item counts as missed where a
classifier that was trained without it, and without the others of its group, would forward it: K folds, whose
classifiers are dropped afterwards.
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
from sgbench.training.objective import Objective

logger = logging.getLogger(__name__)
_ROUTINGS = ("soft", "hard")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the levels.

    Attributes:
        model: the kind of each level's classifier and its settings.
        budget: where that has epochs. equal: they are those of the same model on all classes, and the levels share
            them, so that together they process as many items; each: every level has all of them.
        sizes: classes of each level: one number for all, or a list, after which the remaining classes are one level.
        folds: parts in which the training items of a level are held out to count what it misses, 2 or more. They cost
            folds - 1 times the training of all levels but the last, beyond what the levels share.
        routing: soft, where a class's probability is the product of those along the way to it, each level's of further
            down calibrated on dev; or hard, as published, where each level takes or forwards a sample as a whole, by
            whether further down is likelier than its own classes together.
    """

    model: dict[str, Any] = field(default_factory=lambda: {"kind": "resnet50"})
    budget: str = "equal"
    sizes: int | list[int] = 5
    folds: int = 5
    routing: str = "soft"


@dataclass
class Level:
    """A trained level.

    Attributes:
        classes: labels of the classes that it tells apart.
        is_last: there is no level below.
        model: its classifier of ``classes`` and, where it is not the last, of one more: "further down".
        calibration: of further down against the other classes together, by the dev samples that arrive.
    """

    classes: np.ndarray
    is_last: bool
    model: base.Classifier
    calibration: Calibration


class Classifier(FittedClassifier):
    """Classifiers of any kind, one a level."""

    settings: Settings

    def __init__(self, settings: Settings, n_classes: int) -> None:
        super().__init__(settings, n_classes)
        self._levels: list[Level] = []
        self._calibrations = dict.fromkeys(_ROUTINGS, Calibration())

    @property
    def calibration(self) -> Calibration:
        """What dev said of the probabilities as they are routed now."""
        return self._calibrations[self.settings.routing]

    def calibrate(self, dev: Items) -> None:
        """Fit a temperature for each routing, of which training knows nothing."""
        for routing in _ROUTINGS if len(dev) else ():
            probabilities = base.of_items(lambda images, routing=routing: self._trickle(images, routing)[0], dev)
            self._calibrations[routing] = fit_temperature(self.corrected(probabilities), dev.labels)

    def learn(self, train: Items, dev: Items, objective: Objective, run: base.Run) -> pd.DataFrame:
        """Train the levels one after the other.

        A level learns from the items of its own classes and, as "further down", from those of later levels and those
        that earlier levels missed, i.e. would forward, out of fold, although they are of their own classes. The last
        level, below which there is nothing, learns the missed ones as what they are. Development samples arrive where
        the trained levels forward them.

        Returns:
            The histories of the levels under each other, each with its ``level``, from 1, in front, and how many
            items of its own classes it ``missed``; a row for a level that has no epochs.
        """
        subsets = level_classes(objective.samples, self.settings.sizes)
        budget = self._items_to_share(train)
        self._levels = []
        histories = []
        settled, settled_dev = np.zeros(len(train), bool), np.zeros(len(dev), bool)
        for number, own in enumerate(subsets, start=1):
            is_last = number == len(subsets)
            classes = np.unique(train.labels[~settled]) if is_last else own
            items = _arriving(train, ~settled, classes, is_last)
            changed = {}
            if budget:
                changed["epochs"] = max(1, round(budget / _to_come(train.labels[~settled], subsets[number - 1 :])))
                budget = max(1, budget - changed["epochs"] * len(items))
            logger.info("level %d of %d: %d classes, %d items %s", number, len(subsets), len(own), len(items), changed)
            n_classes = len(classes) + (not is_last)
            training = Training(
                partial(base.build, self.settings.model, n_classes, **changed),
                items,
                _arriving(dev, ~settled_dev, classes, is_last),
                objective,
                run.part("level", number),
            )
            model, history = training.whole()
            missed = np.zeros(len(items), bool)
            calibration = Calibration()
            if not is_last:
                down, is_below = _down(model, dev), ~np.isin(dev.labels, own)
                calibration = fit_temperature(_two_ways(down[~settled_dev]), is_below[~settled_dev].astype(int))
                # Guesses are for all levels together: here they would send a part of every sample down.
                calibration = replace(calibration, guesses=0.0)
                settled_dev |= ~is_below & ~_goes_down(down)
                is_own = items.labels < len(own)
                missed = is_own & training.unseen(self.settings.folds, _forwarded)
                logger.info("level %d missed %d of its %d own items", number, missed.sum(), is_own.sum())
                settled[np.flatnonzero(~settled)[is_own & ~missed]] = True
            self._levels.append(Level(classes, is_last, model, calibration))
            histories.append(_as_level(history, number, int(missed.sum())))
        return pd.concat(histories, ignore_index=True)

    def _items_to_share(self, train: Items) -> int:
        """Return how many items the levels may process together; 0 where nothing limits them."""
        alone = base.build(self.settings.model, self.n_classes).settings
        return getattr(alone, "epochs", 0) * len(train) if self.settings.budget == "equal" else 0

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities of images (n, C, H, W); a class that no level has gets 0."""
        return self._trickle(images, self.settings.routing)[0]

    def describe(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Return the level, from 1, at which each image stops, by soft routing the likeliest."""
        return {"level": self._trickle(images, self.settings.routing)[1].argmax(axis=1) + 1}

    def facts(self) -> dict[str, Any]:
        """Return whether the classifiers of all levels converged, where they tell."""
        told = [level.model.facts() for level in self._levels]
        converged = [facts["converged"] for facts in told if "converged" in facts]
        return super().facts() | ({"converged": all(converged)} if converged else {})

    def _trickle(self, images: np.ndarray, routing: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the probabilities of the classes, (n, n_classes), and of stopping at each level, (n, levels)."""
        probabilities = np.zeros((len(images), self.n_classes))
        stops = np.zeros((len(images), len(self._levels)))
        reach = np.ones(len(images))
        for number, level in enumerate(self._levels):
            here = np.flatnonzero(reach)
            if len(here) == 0:
                break
            own = level.model.probabilities(images[here]).astype(np.float64)
            down = np.zeros(len(here)) if level.is_last else own[:, -1]
            own = own[:, : len(level.classes)]
            if routing == "hard":
                down = _goes_down(down).astype(np.float64)
            elif not level.is_last:
                down = level.calibration(_two_ways(down))[:, 1].astype(np.float64)
            own *= ((1 - down) / np.maximum(own.sum(axis=1), 1e-12))[:, None]
            probabilities[np.ix_(here, level.classes)] += reach[here, None] * own
            stops[here, number] = reach[here] * (1 - down)
            reach[here] *= down
        return probabilities.astype(np.float32), stops


def level_classes(samples: np.ndarray, sizes: int | list[int]) -> list[np.ndarray]:
    """Return the classes of each level, from the most to the least frequent; those without samples are in none.

    Args:
        samples: training samples of each class, (classes,).
        sizes: see :class:`Settings`.
    """
    order = np.argsort(-samples, kind="stable")
    order = order[: np.count_nonzero(samples)]
    ends = np.arange(sizes, len(order), sizes) if isinstance(sizes, int) else np.cumsum(sizes)
    return [level for level in np.split(order, ends) if len(level)]


def _arriving(items: Items, arrives: np.ndarray, classes: np.ndarray, is_last: bool) -> Items:
    """Return the items that arrive at a level, labelled by their place in ``classes``; after those is further down."""
    place = np.full(max(items.labels.max(initial=0), classes.max()) + 1, len(classes))
    place[classes] = np.arange(len(classes))
    if is_last:
        arrives = arrives & np.isin(items.labels, classes)
    return items.select(arrives, place[items.labels[arrives]])


def _to_come(labels: np.ndarray, subsets: list[np.ndarray]) -> int:
    """Return how many items the levels of ``subsets`` will see, if they miss none; ``labels`` arrive at the first."""
    classes_above = [np.concatenate(subsets[:above]) for above in range(1, len(subsets))]
    return len(labels) + sum(int((~np.isin(labels, above)).sum()) for above in classes_above)


def _down(model: base.Classifier, items: Items) -> np.ndarray:
    """Return how likely a level takes each item for one from further down, (n,)."""
    return base.of_items(lambda images: model.probabilities(images)[:, -1], items) if len(items) else np.zeros(0)


def _forwarded(model: base.Classifier, items: Items) -> np.ndarray:
    """Return for each item whether a level takes it for one from further down."""
    return _goes_down(_down(model, items))


def _two_ways(down: np.ndarray) -> np.ndarray:
    """Return the probabilities of staying and of going further down, (n, 2)."""
    return np.column_stack([1 - down, down])


def _goes_down(down: np.ndarray) -> np.ndarray:
    """Return whether "further down" is likelier than all own classes together, from its probability; ties stay.

    Each own class alone would lose to it too easily: it has the samples of all classes below.
    """
    return down > 0.5


def _as_level(history: pd.DataFrame, number: int, missed: int) -> pd.DataFrame:
    """Return a level's history with its number and misses in front, with one row at least."""
    history = history.reindex([0]) if history.empty else history.copy()
    history.insert(0, "level", number)
    history.insert(1, "missed", missed)
    return history
