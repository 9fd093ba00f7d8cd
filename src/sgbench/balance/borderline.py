"""Borderline-SMOTE 1 and 2 (Han, Wang & Mao 2005): SMOTE from samples where their class meets others.

A sample is in danger where at least half of its ``danger_neighbours`` nearest training samples, but not all, are of
other classes. With the same features and draws the items are those of imbalanced-learn's ``BorderlineSMOTE``. Small
classes are treated as in :mod:`sgbench.balance.smote`; a class without a sample in danger stays as it is, and the log
says so.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sgbench.balance.plan import Growth, real
from sgbench.balance.smote import between, interpolate, surroundings, with_items, within
from sgbench.samples.items import Images
from sgbench.seeds import derive

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings(Growth):
    """Settings of Borderline-SMOTE.

    Attributes:
        variant: 1 goes towards neighbours of the same class only; 2 towards any, less than half the way to those of
            other classes.
        neighbours: number of nearest neighbours to choose from, 1 or more.
        danger_neighbours: number of nearest samples that say whether one is in danger, 1 or more.
        components: principal components that neighbours are near in, 1 or more; None compares the pixels and holds
            those of all ``rows`` in memory.
    """

    variant: int = 1
    neighbours: int = 6
    danger_neighbours: int = 10
    components: int | None = 32


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images) -> pd.DataFrame:
    """Return a plan of all ``rows`` and synthetic items up to ``target`` a class.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: gives the images, (n, C, H, W), of positions in ``rows``.
    """
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    draw = np.random.RandomState(derive(seed, "borderline") % 2**32)
    reach = max(settings.neighbours, settings.danger_neighbours)
    sizes, points, small, around = surroundings(rows, settings, reach, images)

    def items(label: int, members: np.ndarray, count: int) -> pd.DataFrame:
        near = around[np.searchsorted(small, members)]
        danger = in_danger(labels[near[:, : settings.danger_neighbours]] != label)
        if not danger.any():
            logger.info("class %d has no training sample in danger: it stays at %d", label, len(members))
            return real(ids[:0], labels[:0])
        if settings.variant == 1:
            near = members[within(points[members], settings.neighbours, label)]
        base, neighbour, weight = interpolate(near[danger, : settings.neighbours], count, draw)
        other = labels[neighbour] != label
        if settings.variant == 2:
            weight[other] *= draw.uniform(0.0, 0.5, size=(other.sum(), 1))[:, 0]
        return between(ids[members[danger][base]], ids[neighbour], weight, label)

    return with_items(rows, sizes, items)


def in_danger(foreign: np.ndarray) -> np.ndarray:
    """Return which samples are in danger: at least half of the neighbours, but not all, are of other classes.

    Args:
        foreign: whether each neighbour of each sample is of another class, (n, m).
    """
    count = foreign.sum(axis=1)
    return (count >= foreign.shape[1] / 2) & (count < foreign.shape[1])
