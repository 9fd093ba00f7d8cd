"""ADASYN (He et al. 2008): SMOTE that makes more items from samples with more neighbours of other classes.

With the same features and draws the items are those of imbalanced-learn's ``ADASYN``, whose rounding may miss the
target by a few. Small classes are treated as in :mod:`sgbench.balance.smote`; where imbalanced-learn would stop, since
no neighbour is of another class or every sample's share rounds to nothing, the class gets plain SMOTE, and the log
says so.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sgbench.balance import smote
from sgbench.samples.items import Images
from sgbench.seeds import derive

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings(smote.Settings):
    """Settings of ADASYN, those of SMOTE.

    Attributes:
        neighbours: number of nearest neighbours that count and to choose from, 1 or more; the paper has 5.
        components: principal components that neighbours are near in, 1 or more; None compares the pixels and holds
            those of all ``rows`` in memory.
    """

    neighbours: int = 5
    components: int | None = 32


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images) -> pd.DataFrame:
    """Return a plan of all ``rows`` and synthetic items up to about ``target`` a class.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: gives the images, (n, C, H, W), of positions in ``rows``.
    """
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    draw = np.random.RandomState(derive(seed, "adasyn") % 2**32)
    sizes, points, small, around = smote.surroundings(rows, settings, settings.neighbours, images)
    foreign = (labels[around] != labels[small, None]).mean(axis=1)

    def items(label: int, members: np.ndarray, count: int) -> pd.DataFrame:
        near = smote.within(points[members], settings.neighbours, label)
        base, neighbour, weight = interpolate(near, foreign[np.searchsorted(small, members)], count, draw, label)
        return smote.between(ids[members[base]], ids[members[neighbour]], weight, label)

    return smote.with_items(rows, sizes, items)


def interpolate(
    near: np.ndarray, foreign: np.ndarray, count: int, draw: np.random.RandomState, label: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw about ``count`` points, from each sample in proportion to its share of foreign neighbours.

    Args:
        near: the neighbours of each sample within its class, shape (n, k).
        foreign: share of each sample's neighbours that are of other classes, 0 to 1, shape (n,).
        count: points to draw.
        draw: source of random numbers, advanced as imbalanced-learn's ADASYN does.
        label: the class, for the log.

    Returns:
        As :func:`sgbench.balance.smote.interpolate`.
    """
    shares = np.rint(foreign / max(foreign.sum(), 1e-12) * count).astype(int)
    if not shares.any():
        logger.info("class %d: no sample's surroundings stand out, it gets plain SMOTE", label)
        return smote.interpolate(near, count, draw)
    base = np.repeat(np.arange(len(near)), shares)
    column = draw.choice(near.shape[1], size=len(base))
    return base, near[base, column], draw.uniform(size=len(base))
