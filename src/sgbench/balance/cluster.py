"""Cluster-based under-sampling, SBC (Yen & Lee 2009, equation 1), for many classes.

All training samples are put into clusters. A class above the target is drawn at random from each cluster i in
proportion to n_i / m_i: its own samples there over those of the classes that are not reduced (m_i is 1 where there are
none, as in the paper). A cluster that cannot give its share gives all it has, and the others make up for it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from sgbench.balance.neighbours import features, reducer
from sgbench.balance.plan import Target, lowered, real
from sgbench.samples.items import Images
from sgbench.seeds import derive, generator


@dataclass(frozen=True)
class Settings:
    """Settings of cluster-based under-sampling.

    Attributes:
        target: the size to come down to; see :func:`sgbench.balance.plan.target_sizes`.
        clusters: number of KMeans clusters, 1 or more; fewer where there are fewer rows.
        components: principal components to cluster in, 1 or more; None clusters the pixels and holds those of all
            ``rows`` in memory.
    """

    target: Target = "median"
    clusters: int = 20
    components: int | None = 32


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images) -> pd.DataFrame:
    """Return a plan with at most ``target`` rows a class.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the clustering and of the draw.
        images: gives the images, (n, C, H, W), of positions in ``rows``.
    """
    labels = rows["label"].to_numpy()
    points = features(images, np.arange(len(rows)), reducer(images, len(rows), settings.components))
    kmeans = KMeans(min(settings.clusters, len(rows)), random_state=derive(seed, "clusters") % 2**32)
    chosen = rows.iloc[select(labels, kmeans.fit_predict(points), lowered(rows, settings.target), seed)]
    return real(chosen["id"].to_numpy(), chosen["label"].to_numpy())


def select(labels: np.ndarray, clusters: np.ndarray, sizes: dict[int, int], seed: int) -> np.ndarray:
    """Return the positions of the samples that stay, in order.

    Args:
        labels: class index of each sample.
        clusters: cluster of each sample.
        sizes: size to come down to, for each class that is to.
        seed: the seed of the draw.
    """
    draw = generator(seed, "cluster")
    count = clusters.max() + 1
    kept = ~np.isin(labels, list(sizes))
    others = np.maximum(np.bincount(clusters[kept], minlength=count), 1)
    stay = [np.flatnonzero(kept)]
    for label, size in sizes.items():
        own = labels == label
        there = np.bincount(clusters[own], minlength=count)
        for cluster, number in enumerate(apportion(size, there / others, there)):
            stay.append(draw.choice(np.flatnonzero(own & (clusters == cluster)), number, replace=False))
    return np.sort(np.concatenate(stay))


def apportion(total: int, shares: np.ndarray, available: np.ndarray) -> np.ndarray:
    """Divide ``total`` in proportion to ``shares`` by largest remainders, giving none more than is ``available``.

    Args:
        total: number to divide, 0 to the sum of ``available``.
        shares: 0 or more; above 0 where something is available.
        available: limit of each, shape of ``shares``.
    """
    given = np.zeros_like(available)
    while (left := total - given.sum()) > 0:
        open_shares = np.where(given < available, shares, 0)
        ideal = left * open_shares / open_shares.sum()
        more = np.minimum(np.floor(ideal).astype(int), available - given)
        if not more.any():
            more[np.argsort(-ideal, kind="stable")[:left]] = 1
        given += more
    return given
