"""Linear PCA and KMeans without labels, clusters named afterwards (Karan 2022, section 2.4)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from sgbench.models.clustering import ClusteringClassifier, Clusters
from sgbench.models.fitted import features
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training.run import Run


@dataclass(frozen=True, kw_only=True)
class Settings(Clusters):
    """Settings of the reduction.

    Attributes:
        components: principal components, 1 or more; fewer where the training items span fewer.
    """

    components: int = 50


class Classifier(ClusteringClassifier):
    """Pixels reduced by scikit-learn's ``PCA``."""

    settings: Settings

    def fit_reduction(self, train: Items, dev: Items, run: Run) -> pd.DataFrame:
        """Find the components; ``dev`` plays no part."""
        pixels = features(train.images())
        components = min(self.settings.components, *pixels.shape)
        self._pca = PCA(components, random_state=derive(run.seed, "pca") % 2**32).fit(pixels)
        return explained(self._pca)

    def reduce(self, images: np.ndarray) -> np.ndarray:
        """Return the principal components of images (n, C, H, W)."""
        return self._pca.transform(features(images))


def explained(pca: PCA) -> pd.DataFrame:
    """Return a row a component: component, from 1, and explained_variance_ratio, its share of the variance."""
    ratios = pca.explained_variance_ratio_
    return pd.DataFrame({"component": range(1, len(ratios) + 1), "explained_variance_ratio": ratios})
