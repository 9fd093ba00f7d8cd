"""SMOTE: new items on the segments between a sample and its neighbours of the same class (Chawla et al. 2002).

The plan says which sample, which neighbour and how far along; the item itself is made when it is read. With the
same neighbours and draws the items are those of imbalanced-learn's ``SMOTE``.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from sgbench.balance.plan import Target, raised, real
from sgbench.seeds import derive

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """Settings of SMOTE.

    Attributes:
        target: the size to come up to: a number, or smallest, median, mean or largest.
        neighbours: number of nearest neighbours to choose from, 1 or more; Costa et al. 2019 used 6.
    """

    target: Target = "largest"
    neighbours: int = 6


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
    """Return a plan of all ``rows`` and synthetic items up to ``target`` a class.

    A class of k samples or fewer uses all its others as neighbours; a class of one repeats its sample.

    Args:
        rows: training rows with id and label.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: gives the images, (n, C, H, W), of positions in ``rows``; called once a class, so that one class at a
            time is in memory.
    """
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    parts = [real(ids, labels)]
    for label, size in raised(labels, settings.target).items():
        members = np.flatnonzero(labels == label)
        count = size - len(members)
        if len(members) == 1:
            logger.info("class %d has one training sample: it is repeated %d times", label, count)
            parts.append(real(np.repeat(ids[members], count), np.repeat(labels[members], count)))
            continue
        features = images(members).reshape(len(members), -1)
        # imbalanced-learn starts NumPy's older generator anew for each class; the same draws give the same items.
        draw = np.random.RandomState(derive(seed, "smote") % 2**32)
        base, neighbour, weight = interpolate(features, count, settings.neighbours, draw)
        made = real(ids[members[base]], labels[members[base]])
        parts.append(made.assign(neighbour=ids[members[neighbour]], weight=weight.astype(np.float32)))
    return pd.concat(parts, ignore_index=True)


def interpolate(
    features: np.ndarray,
    count: int,
    neighbours: int,
    draw: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw ``count`` points on segments between samples of one class and their nearest neighbours.

    Args:
        features: the samples of the class, shape (n, d), n of 2 or more.
        count: points to draw.
        neighbours: nearest neighbours to choose from; n - 1 where the class has fewer.
        draw: source of random numbers, advanced as imbalanced-learn's SMOTE does.

    Returns:
        Positions of the sample and of its neighbour, and the weight of the neighbour in [0, 1), each of shape (count,).
    """
    reach = min(neighbours, len(features) - 1)
    # The first of the neighbours is the sample itself, or a copy of it.
    nearest = NearestNeighbors(n_neighbors=reach + 1).fit(features).kneighbors(features, return_distance=False)[:, 1:]
    choice = draw.randint(low=0, high=nearest.size, size=count)
    weight = draw.uniform(size=count)
    base, column = np.divmod(choice, reach)
    return base, nearest[base, column], weight
