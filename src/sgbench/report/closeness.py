"""How close what the balance variants make comes to training samples: measured once, drawn in several figures."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.metrics.pairwise import euclidean_distances

from sgbench.balance.neighbours import principal_components
from sgbench.balance.plan import made_items
from sgbench.report.synthetic import HELD_OUT, REAL
from sgbench.samples.items import Images, Items
from sgbench.seeds import generator

_FEW, _MEASURED, _AT_ONCE = 10, 400, 512


def choose(rows: pd.DataFrame) -> int:
    """Return the class to show, the largest only where all are: the smallest with ten training samples or more.

    Where none has ten, it is the one with the most.
    """
    sizes = rows["label"].value_counts().sort_index()
    smaller = sizes[sizes < sizes.max()]
    enough = smaller[smaller >= _FEW]
    return int(enough.idxmin() if len(enough) else (smaller if len(smaller) else sizes).idxmax())


def measure(
    rows: pd.DataFrame,
    images: Images,
    dev: pd.DataFrame,
    dev_images: Images,
    variants: Mapping[str, tuple[pd.DataFrame, Items]],
    seed: int,
) -> pd.DataFrame:
    """Say where training samples, dev samples and made items lie, and how far from the nearest training sample.

    Of each kind up to 400 are drawn at random from all classes, and up to 400 of the class that :func:`choose` names.

    Args:
        rows: training rows, with id and label.
        images: gives the images of positions in ``rows``.
        dev: dev rows, likewise.
        dev_images: gives their images.
        variants: plan and items of each variant, by its name.
        seed: the seed of the draw.

    Returns:
        kind (training samples, dev samples, or a variant's name), position (in these rows or in the plan), id, label,
        rare (of the class to show), drawn (among those of all classes), pc1 and pc2 (first two principal components
        of the training samples), distance (Euclidean, to the nearest training sample but itself) and nearest (its id).
    """
    pca = principal_components(images, len(rows), 2)
    kinds = {REAL: (rows, np.arange(len(rows)), images), HELD_OUT: (dev, np.arange(len(dev)), dev_images)}
    for name, (plan, items) in variants.items():
        kinds[name] = plan, np.flatnonzero(made_items(plan, rows["id"])), items.images
    rare, tables = choose(rows), []
    for name, (table, positions, read) in kinds.items():
        order = generator(seed, "synthetic", name).permutation(positions)
        is_rare = table["label"].to_numpy()[order] == rare
        chosen = np.sort(np.union1d(order[:_MEASURED], order[is_rare][:_MEASURED]))
        if not len(chosen):
            continue
        pixels = read(chosen).reshape(len(chosen), -1)
        distance, nearest = _nearest(pixels, images, len(rows), chosen if name == REAL else None)
        first = pca.transform(pixels)
        found = table.iloc[chosen][["id", "label"]].assign(
            kind=name, position=chosen, rare=lambda t: t["label"] == rare
        )
        found = found.assign(drawn=np.isin(chosen, order[:_MEASURED]), pc1=first[:, 0], pc2=first[:, -1])
        tables.append(found.assign(distance=distance, nearest=rows["id"].to_numpy()[nearest]))
    return pd.concat(tables, ignore_index=True)


def _nearest(pixels: np.ndarray, images: Images, count: int, own: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return distance and position of the nearest of ``count`` images, save one's ``own``; a block at a time."""
    distance, nearest = np.full(len(pixels), np.inf), np.zeros(len(pixels), int)
    for first in range(0, count, _AT_ONCE):
        block = images(np.arange(first, min(first + _AT_ONCE, count)))
        apart = euclidean_distances(pixels, block.reshape(len(block), -1))
        if own is not None:
            inside = np.flatnonzero((own >= first) & (own < first + len(block)))
            apart[inside, own[inside] - first] = np.inf
        closest = apart.argmin(axis=1)
        apart = apart[np.arange(len(pixels)), closest]
        nearest = np.where(apart < distance, first + closest, nearest)
        distance = np.minimum(apart, distance)
    return distance, nearest
