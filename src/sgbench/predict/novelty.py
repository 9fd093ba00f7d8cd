"""How far a pattern is from those that a model learnt from.

A new crystal has its peaks where no other has, so places say nothing. What has to be alike is how intensities are
spread, and how they change over short and long distances: background, noise, width and number of peaks.
"""

import io
from dataclasses import dataclass
from typing import Self

import numpy as np

_LEVELS = np.linspace(0.05, 0.95, 10)
_STEPS = (1, 2, 4, 8, 16)
_FAINTEST = 1e-8  # mean square of a change; below it lies rounding
_RIDGE = 1e-3  # of a variance of 1: features of simulated patterns may depend on each other
#: Of training patterns, the share that is called unlike them.
REFUSED = 0.01


@dataclass(frozen=True)
class Novelty:
    """The Mahalanobis distance of what is alike in training patterns, relative to the number of features.

    Attributes:
        mean: of the features, (k,).
        whitening: makes their covariance the identity, (k, k).
        limit: the distance beyond which a pattern is unlike them: of training patterns that the covariance was not
            found with, a share of ``REFUSED`` is as far.
    """

    mean: np.ndarray
    whitening: np.ndarray
    limit: float

    @classmethod
    def fit(cls, images: np.ndarray) -> Self:
        """Learn what patterns (n, C, H, W), n of some tens or more, in random order, have in common."""
        features = _features(images)
        known, others = features[::2], features[1::2]
        spread = known.std(axis=0) + np.sqrt(_RIDGE)
        covariance = np.cov((known - known.mean(axis=0)) / spread, rowvar=False) + _RIDGE * np.eye(len(spread))
        values, vectors = np.linalg.eigh(covariance)
        found = cls(known.mean(axis=0), vectors / np.sqrt(values) / spread[:, None], 0.0)
        return cls(found.mean, found.whitening, float(np.quantile(found._far(others), 1 - REFUSED)))

    def distance(self, images: np.ndarray) -> np.ndarray:
        """Return the distance of patterns (n, C, H, W): about 1 for those of training, (n,)."""
        return self._far(_features(images))

    def _far(self, features: np.ndarray) -> np.ndarray:
        return np.sqrt(np.mean(((features - self.mean) @ self.whitening) ** 2, axis=1))

    def dump(self) -> bytes:
        """Return it as the bytes of an npz file."""
        file = io.BytesIO()
        np.savez(file, mean=self.mean, whitening=self.whitening, limit=self.limit)
        return file.getvalue()

    @classmethod
    def load(cls, content: bytes) -> Self:
        """Read what :meth:`dump` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(arrays["mean"], arrays["whitening"], float(arrays["limit"]))


def _features(images: np.ndarray) -> np.ndarray:
    """Return quantiles of the intensities, and logarithms of their mean square changes over steps, (n, k)."""
    levels = np.quantile(images.reshape(len(images), -1), _LEVELS, axis=1).T
    changes = [
        np.mean((images[..., step:] - images[..., :-step]).reshape(len(images), -1) ** 2, axis=1)
        for step in _STEPS
        if step < images.shape[-1]
    ]
    return np.column_stack([levels, *(np.log10(change + _FAINTEST) for change in changes)]).astype(float)
