"""SMOTE: new items on the segments between a sample and its neighbours of the same class (Chawla et al. 2002).

The plan says which sample, which neighbour and how far along; the item itself is made when it is read. With the
same neighbours and draws the items are those of imbalanced-learn's ``SMOTE``.

Of the whole family: a class of ``neighbours`` samples or fewer uses all its others as neighbours, and a class of one
repeats its sample; the log says so.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from sgbench.balance.neighbours import features, nearest, reducer
from sgbench.balance.plan import Growth, raised, real
from sgbench.samples.items import Images
from sgbench.seeds import derive

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings(Growth):
    """Settings of SMOTE.

    Attributes:
        neighbours: number of nearest neighbours to choose from, 1 or more; Costa et al. 2019 used 6.
        components: principal components that neighbours are near in, 1 or more; None compares the pixels.
    """

    neighbours: int = 6
    components: int | None = None


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images) -> pd.DataFrame:
    """Return a plan of all ``rows`` and synthetic items up to ``target`` a class.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: gives the images, (n, C, H, W), of positions in ``rows``; the features of one class at a time are in
            memory.
    """
    ids = rows["id"].to_numpy()
    # imbalanced-learn goes on with a RandomState from class to class, as here; of a number it makes one anew for each,
    # and all classes share their draws.
    draw = np.random.RandomState(derive(seed, "smote") % 2**32)
    reduce = reducer(images, len(rows), settings.components)

    def items(label: int, members: np.ndarray, count: int) -> pd.DataFrame:
        near = within(features(images, members, reduce), settings.neighbours, label)
        base, neighbour, weight = interpolate(near, count, draw)
        return between(ids[members[base]], ids[members[neighbour]], weight, label)

    return with_items(rows, raised(rows, settings), items)


def with_items(
    rows: pd.DataFrame, sizes: dict[int, int], items: Callable[[int, np.ndarray, int], pd.DataFrame]
) -> pd.DataFrame:
    """Return a plan of all ``rows``, then what small classes get; a class of one gets its sample again.

    Args:
        rows: training rows with id and label.
        sizes: the size to come up to, for each class that is to.
        items: gives the plan of new items of a class: its label, the positions of its samples in ``rows``, how many.
    """
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    parts = [real(ids, labels)]
    for label, size in sizes.items():
        members = np.flatnonzero(labels == label)
        count = size - len(members)
        if len(members) > 1:
            parts.append(items(label, members, count))
        else:
            logger.info("class %d has one training sample: it is repeated %d times", label, count)
            parts.append(real(np.repeat(ids[members], count), np.full(count, label)))
    return pd.concat(parts, ignore_index=True)


def within(points: np.ndarray, neighbours: int, label: int) -> np.ndarray:
    """Return the nearest neighbours of each sample of one class within it.

    Args:
        points: features of the class, shape (n, d), n of 2 or more.
        neighbours: neighbours to find; n - 1 where the class has fewer.
        label: the class, for the log.

    Returns:
        Positions in ``points``, shape (n, neighbours or n - 1).
    """
    reach = min(neighbours, len(points) - 1)
    if reach < neighbours:
        logger.info("class %d: %d training samples, %d neighbours instead of %d", label, len(points), reach, neighbours)
    # The first of the neighbours is the sample itself, or a copy of it.
    return NearestNeighbors(n_neighbors=reach + 1).fit(points).kneighbors(points, return_distance=False)[:, 1:]


def surroundings(
    rows: pd.DataFrame, settings: Any, neighbours: int, images: Images
) -> tuple[dict[int, int], np.ndarray, np.ndarray, np.ndarray]:
    """Find the samples of any class around those of the classes that are to grow.

    Args:
        rows: training rows with label; with name where ``settings.target`` is a dictionary.
        settings: how far classes grow, and ``components``, the principal components that samples are near in; None
            compares the pixels.
        neighbours: nearest samples to find; n - 1 where there are fewer.
        images: gives the images, (n, C, H, W), of positions in ``rows``.

    Returns:
        The size of each class that is to grow, the features of all samples, (n, d), the positions of those of these
        classes, (m,), and the positions of the nearest of each of these, (m, neighbours). Where no class is to grow,
        m and n are 0 and no image is read.
    """
    labels, sizes = rows["label"].to_numpy(), raised(rows, settings)
    if not sizes:
        return sizes, np.empty((0, 0)), np.empty(0, np.int64), np.empty((0, neighbours), np.int64)
    components = settings.components
    points = features(images, np.arange(len(labels)), reducer(images, len(labels), components))
    small = np.flatnonzero(np.isin(labels, list(sizes)))
    return sizes, points, small, nearest(points, small, min(neighbours, len(labels) - 1) + 1)[:, 1:]


def interpolate(near: np.ndarray, count: int, draw: np.random.RandomState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw ``count`` points on segments between samples and their neighbours, as imbalanced-learn does.

    Args:
        near: the neighbours of each sample, shape (n, k).
        count: points to draw.
        draw: source of random numbers, advanced as imbalanced-learn's SMOTE does.

    Returns:
        The row of ``near`` (the sample), the entry of ``near`` (its neighbour), and the weight of the neighbour in
        [0, 1), each of shape (count,).
    """
    choice = draw.randint(low=0, high=near.size, size=count)
    weight = draw.uniform(size=count)
    base, column = np.divmod(choice, near.shape[1])
    return base, near[base, column], weight


def between(ids: np.ndarray, neighbours: np.ndarray, weight: np.ndarray, label: int) -> pd.DataFrame:
    """Return the plan of synthetic items of one class, a row each."""
    made = real(ids, np.full(len(ids), label))
    return made.assign(neighbour=neighbours, weight=weight.astype(np.float32))
