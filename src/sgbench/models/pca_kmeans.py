"""Linear PCA and KMeans without labels, clusters named afterwards (Karan 2022, section 2.4)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from sgbench.data import Items
from sgbench.errors import SgbenchError
from sgbench.models.base import Run
from sgbench.models.fitted import FittedClassifier, features
from sgbench.objective import Objective
from sgbench.seeds import derive


@dataclass(frozen=True)
class Settings:
    """Settings of the clustering.

    Attributes:
        components: principal components, 1 or more; fewer where the training items span fewer.
        restarts: KMeans runs, of which the tightest is kept, 1 or more.
    """

    components: int = 50
    restarts: int = 10


class Classifier(FittedClassifier):
    """As many clusters as classes; each cluster is one class, by the assignment that suits the training labels best."""

    settings: Settings

    def fit(self, train: Items, dev: Items, objective: Objective, run: Run) -> pd.DataFrame:
        """Reduce, cluster and name the clusters; ``dev`` plays no part, and a loss that minds classes is refused."""
        if (objective.class_weights("pca_kmeans") != 1).any():
            raise SgbenchError("model pca_kmeans learns without labels: it takes sampling variants, no class weights")
        pixels = features(train.images())
        state = derive(run.seed, "pca_kmeans") % 2**32
        components = min(self.settings.components, *pixels.shape)
        self._pca = PCA(components, random_state=state).fit(pixels)
        self._kmeans = KMeans(self.n_classes, n_init=self.settings.restarts, random_state=state)
        clusters = self._kmeans.fit_predict(self._pca.transform(pixels))
        self._spread = self._kmeans.inertia_ / len(pixels)
        self._cluster_of_class = name_clusters(train.labels, clusters, self.n_classes)
        return pd.DataFrame({"epoch": []})

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return probabilities that fall with the squared distance from each class's cluster centre.

        They are those of equal round Gaussians whose width is the clusters' mean spread, so the likeliest class is
        the one of the nearest centre.
        """
        distances = self._kmeans.transform(self._pca.transform(features(images)))[:, self._cluster_of_class]
        return softmax(-(distances**2) / (2 * max(self._spread, 1e-12)), axis=1).astype(np.float32)


def name_clusters(labels: np.ndarray, clusters: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the cluster of each class, by the assignment that gets most samples right (Hungarian method; Kuhn 1955).

    Args:
        labels: class index of each sample.
        clusters: cluster of each sample, 0 to n_classes - 1.
        n_classes: number of classes and of clusters.
    """
    counts = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(counts, (labels, clusters), 1)
    return linear_sum_assignment(counts, maximize=True)[1]
