"""What models without labels share: images reduced to few numbers, clustered by KMeans, clusters named afterwards.

The scheme is that of Karan 2022, section 2.4; a model of the matrix says only how images are reduced.
"""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from sklearn.cluster import KMeans

from sgbench.errors import SgbenchError
from sgbench.models.fitted import FittedClassifier
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training.objective import Objective
from sgbench.training.run import Run


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """Settings of the clustering.

    Attributes:
        clusters: number of clusters, 1 or more; None for as many as classes.
        restarts: KMeans runs, of which the tightest is kept, 1 or more.
    """

    clusters: int | None = None
    restarts: int = 10


class ClusteringClassifier(FittedClassifier):
    """Reduces, clusters and names the clusters; a new image gets the class of the nearest centre."""

    settings: Clusters

    @abstractmethod
    def fit_reduction(self, train: Items, dev: Items, run: Run) -> pd.DataFrame:
        """Learn to reduce the training images, without their labels, and return the history of it."""

    @abstractmethod
    def reduce(self, images: np.ndarray) -> np.ndarray:
        """Return images (n, C, H, W) as points (n, d), the most important dimension first where they have an order."""

    def learn(self, train: Items, dev: Items, objective: Objective, run: Run) -> pd.DataFrame:
        """Reduce, cluster and name the clusters; a loss that minds classes is refused."""
        kind = type(self).__module__.rpartition(".")[2]
        if (objective.class_weights(kind) != 1).any():
            raise SgbenchError(f"model {kind} learns without labels: it takes sampling variants, no class weights")
        history = self.fit_reduction(train, dev, run)
        points = self.reduce(train.images())
        clusters = min(self.settings.clusters or self.n_classes, len(points))
        state = derive(run.seed, "kmeans") % 2**32
        self._kmeans = KMeans(clusters, n_init=self.settings.restarts, random_state=state)
        cluster = self._kmeans.fit_predict(points)
        self._spread = self._kmeans.inertia_ / len(points)
        self._class_of_cluster = name_clusters(train.labels, cluster, self.n_classes, clusters)
        return history

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return probabilities that fall with the squared distance to each class's nearest cluster centre.

        They are those of equal round Gaussians whose width is the clusters' mean spread, so the likeliest class is
        the one of the nearest centre; a class without a cluster has none.
        """
        squared = self._kmeans.transform(self.reduce(images)) ** 2
        nearest = np.full((self.n_classes, len(images)), np.inf)
        np.minimum.at(nearest, self._class_of_cluster, squared.T)
        return softmax(-nearest.T / (2 * max(self._spread, 1e-12)), axis=1).astype(np.float32)

    def describe(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Return the cluster of each image, and x and y, the first two dimensions of its point (y is 0 without one)."""
        points = self.reduce(images)
        second = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
        cluster = self._kmeans.predict(points).astype(np.int64)
        return {"cluster": cluster, "x": points[:, 0].astype(np.float32), "y": second.astype(np.float32)}


def name_clusters(labels: np.ndarray, clusters: np.ndarray, n_classes: int, n_clusters: int) -> np.ndarray:
    """Return the class of each cluster, int (n_clusters,).

    Each class with samples gets one cluster, by the assignment that gets most samples right (Hungarian method; Kuhn
    1955); a cluster that is left over gets the class of most of its samples. Where clusters are fewer than classes,
    some classes have none.

    Args:
        labels: class index of each sample.
        clusters: cluster of each sample.
        n_classes: number of classes.
        n_clusters: number of clusters.
    """
    counts = np.zeros((n_clusters, n_classes), np.int64)
    np.add.at(counts, (clusters, labels), 1)
    classes = counts.argmax(axis=1)
    present = np.unique(labels)
    assigned, which = linear_sum_assignment(counts[:, present], maximize=True)
    classes[assigned] = present[which]
    return classes
