"""How far a pattern is from those that a model learnt from."""

import io
from dataclasses import dataclass
from typing import Self

import numpy as np

_COMPONENTS = 64
#: Of training patterns, the share that is called unlike them.
REFUSED = 0.01


@dataclass(frozen=True)
class Novelty:
    """The share of a pattern that principal components of the training patterns leave unexplained.

    Attributes:
        mean: of the patterns, float32 (d,).
        components: orthonormal, float32 (k, d).
        limit: the distance beyond which a pattern is unlike them: of training patterns that the components were not
            found with, a share of ``REFUSED`` is as far.
    """

    mean: np.ndarray
    components: np.ndarray
    limit: float

    @classmethod
    def fit(cls, images: np.ndarray) -> Self:
        """Learn what patterns (n, C, H, W), n of 4 or more, in random order, have in common."""
        rows = images.reshape(len(images), -1)
        known, others = rows[::2], rows[1::2]
        mean = known.mean(axis=0, dtype=np.float64).astype(np.float32)
        # By the smaller of the two products, in double precision.
        _, _, components = np.linalg.svd((known - mean).astype(np.float64), full_matrices=False)
        found = cls(mean, components[:_COMPONENTS].astype(np.float32), 0.0)
        return cls(found.mean, found.components, float(np.quantile(found.distance(others), 1 - REFUSED)))

    def distance(self, images: np.ndarray) -> np.ndarray:
        """Return the distance of patterns (n, C, H, W) relative to their size about the mean, 0 to 1, (n,)."""
        rows = images.reshape(len(images), -1) - self.mean
        left = rows - (rows @ self.components.T) @ self.components
        size = np.linalg.norm(rows, axis=1)
        return np.linalg.norm(left, axis=1) / np.maximum(size, np.finfo(np.float32).tiny)

    def dump(self) -> bytes:
        """Return it as the bytes of an npz file."""
        file = io.BytesIO()
        np.savez(file, mean=self.mean, components=self.components, limit=self.limit)
        return file.getvalue()

    @classmethod
    def load(cls, content: bytes) -> Self:
        """Read what :meth:`dump` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(arrays["mean"], arrays["components"], float(arrays["limit"]))
