"""Models that are saved whole: those that a library fits in one go, and those built from other models."""

from pathlib import Path
from typing import Self

import joblib
import numpy as np

from sgbench.files import atomic
from sgbench.models import base


def features(images: np.ndarray) -> np.ndarray:
    """Return images (n, C, H, W) as rows (n, C * H * W)."""
    return images.reshape(len(images), -1)


class FittedClassifier(base.Classifier):
    """Saves and loads itself with joblib, compressed; trees shrink to a few percent."""

    def save(self, path: Path) -> None:
        """Write the trained model to ``path``."""
        with atomic(path) as partial:
            joblib.dump(self, partial, compress=("zlib", 1))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that :meth:`save` wrote."""
        return joblib.load(path)
