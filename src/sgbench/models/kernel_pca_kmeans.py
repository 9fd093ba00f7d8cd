"""Kernel PCA with a polynomial kernel and KMeans without labels (Karan 2022, section 2.4; Schölkopf et al. 1998)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem

from sgbench.models.clustering import ClusteringClassifier, Clusters
from sgbench.models.fitted import features
from sgbench.models.pca_kmeans import explained
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training.run import Run


@dataclass(frozen=True, kw_only=True)
class Settings(Clusters):
    """Settings of the reduction.

    Attributes:
        components: principal components, 1 or more; fewer where the training items span fewer.
        degree: of the polynomial, 1 or more.
        landmarks: training items up to which the kernel is exact; of more, as many random ones stand for all.
    """

    components: int = 50
    degree: int = 3
    landmarks: int = 3000


class Classifier(ClusteringClassifier):
    """PCA in the space of the kernel (x . y / pixels + 1)^degree.

    Kernel PCA is linear PCA of points whose inner products are the kernel. scikit-learn's ``Nystroem`` gives such
    points, exactly if every item is a landmark, else by Nyström's approximation (Williams & Seeger 2001).
    """

    settings: Settings

    def fit_reduction(self, train: Items, dev: Items, run: Run) -> pd.DataFrame:
        """Find the components; ``dev`` plays no part."""
        pixels = _doubles(train.images())
        state = derive(run.seed, "kernel_pca") % 2**32
        landmarks = min(self.settings.landmarks, len(pixels))
        kernel = {"kernel": "poly", "degree": self.settings.degree, "gamma": 1 / pixels.shape[1], "coef0": 1}
        self._kernel = Nystroem(**kernel, n_components=landmarks, random_state=state)
        points = self._kernel.fit_transform(pixels)
        components = min(self.settings.components, *points.shape)
        self._pca = PCA(components, random_state=state).fit(points)
        return explained(self._pca)

    def reduce(self, images: np.ndarray) -> np.ndarray:
        """Return the kernel principal components of images (n, C, H, W)."""
        return self._pca.transform(self._kernel.transform(_doubles(images)))


def _doubles(images: np.ndarray) -> np.ndarray:
    # In single precision the small eigenvalues of the kernel, which are divided by, would be noise.
    return features(images).astype(np.float64)
