"""Scores of predictions, as scikit-learn defines them where it does; ties as :mod:`sgbench.training.f1` breaks them."""

import numpy as np

from sgbench.samples.redistribute import FEW
from sgbench.training.calibration import calibration_error
from sgbench.training.f1 import macro_f1, right

#: Class sizes by the number of distinct training materials.
BANDS = {"many": (100, np.inf), "medium": (FEW, 99), "few": (1, FEW - 1), "none": (0, 0)}


def scores(labels: np.ndarray, probabilities: np.ndarray, train_materials: np.ndarray) -> dict[str, float | None]:
    """Score predictions.

    Args:
        labels: true class index of each sample, shape (n,).
        probabilities: shape (n, classes).
        train_materials: distinct training materials of each class that the model knows, shape (m,), m <= classes; it
            cannot name those that follow.

    Returns:
        samples; accuracy; balanced_accuracy; macro_f1 (over the classes among ``labels``, as a class without samples
        has no recall); top3 and top5 (the share whose class is among the 3 or 5 likeliest, of ties at the edge in
        expectation); calibration_error; accuracy_at_half (of the half that the model is surest of) and coverage_area
        (see :func:`accuracy_by_coverage`); recall_many, recall_medium, recall_few, recall_none (mean recall of
        classes of 100 training materials or more, 20 to 99, 1 to 19, and none; None where there is no such class).
    """
    share_right = right(labels, probabilities)
    present = np.unique(labels)
    recall = np.array([share_right[labels == label].mean() for label in present])
    kept = accuracy_by_coverage(labels, probabilities)
    learnt = len(train_materials)
    result: dict[str, float | None] = {
        "samples": len(labels),
        "accuracy": float(share_right.mean()),
        "balanced_accuracy": float(recall.mean()),
        "macro_f1": macro_f1(labels, probabilities),
        "top3": _top(labels, probabilities, 3, learnt),
        "top5": _top(labels, probabilities, 5, learnt),
        "calibration_error": calibration_error(labels, probabilities),
        "accuracy_at_half": float(kept[(len(labels) - 1) // 2]),
        "coverage_area": float(kept.mean()),
    }
    materials = np.pad(train_materials, (0, probabilities.shape[1] - learnt))[present]
    for band, (low, high) in BANDS.items():
        inside = (materials >= low) & (materials <= high)
        result[f"recall_{band}"] = float(recall[inside].mean()) if inside.any() else None
    return result


def _top(labels: np.ndarray, probabilities: np.ndarray, count: int, learnt: int) -> float:
    """Return the share of samples whose class is among the ``count`` likeliest, of ties the share that gets a place.

    Classes from ``learnt`` on get none: with probability 0 they would tie with known ones that have it too.
    """
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)
    free = count - (probabilities > own).sum(axis=1)
    place = np.clip(free / (probabilities == own).sum(axis=1), 0, 1)
    return float(np.where(labels < learnt, place, 0).mean())


def frequency_scores(labels: np.ndarray, train_samples: np.ndarray) -> dict[str, float]:
    """Score class frequencies as a prediction, whatever the pattern: what a model must beat to have learnt anything.

    Args:
        labels: true class index of each sample, shape (n,).
        train_samples: training samples of each class that is known, shape (m,); labels may go beyond.

    Returns:
        largest_class, the share of the samples that are of the largest class of the training part, and five_largest,
        of its five; where classes are as large, expected values.
    """
    learnt = len(train_samples)
    padded = np.pad(train_samples, (0, max(0, labels.max() + 1 - learnt)))
    frequencies = np.broadcast_to(padded, (len(labels), len(padded)))
    tops = {"largest_class": 1, "five_largest": 5}
    return {name: _top(labels, frequencies, count, learnt) for name, count in tops.items()}


def accuracy_by_coverage(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the accuracy of the k samples that a model is surest of, k = 1 to n, where it refuses the others.

    A model is as sure as its likeliest class is probable; among samples of which it is as sure, the value is expected.
    The mean over k is the area under the curve of accuracy against coverage k / n (El-Yaniv & Wiener 2010).

    Args:
        labels: true class index of each sample, shape (n,).
        probabilities: shape (n, classes).
    """
    _, sureness = np.unique(-probabilities.max(axis=1), return_inverse=True)
    samples = np.bincount(sureness)
    mean = np.bincount(sureness, right(labels, probabilities)) / samples
    return np.repeat(mean, samples).cumsum() / np.arange(1, len(labels) + 1)


def cluster_scores(labels: np.ndarray, clusters: np.ndarray) -> dict[str, float]:
    """Score clusters (n,) against the true classes (n,), whatever they are named: 1 if they agree, about 0 by chance.

    Returns:
        adjusted_rand (Hubert & Arabie 1985), and mutual_information, normalised by the mean entropy.
    """
    # Slow to import, and few models have clusters.
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    return {
        "adjusted_rand": float(adjusted_rand_score(labels, clusters)),
        "mutual_information": float(normalized_mutual_info_score(labels, clusters)),
    }


def level_scores(labels: np.ndarray, probabilities: np.ndarray, levels: np.ndarray) -> dict[str, float | int | None]:
    """Score the levels of a classifier by the samples that stop at them.

    Args:
        labels: true class index of each sample, shape (n,).
        probabilities: shape (n, classes).
        levels: the level, from 1, at which each sample stops, shape (n,).

    Returns:
        For each level k to the last at which one stops: level{k}_samples, and level{k}_accuracy of those (None without
        any).
    """
    share_right = right(labels, probabilities)
    result: dict[str, float | int | None] = {}
    for level in range(1, levels.max() + 1):
        here = levels == level
        result[f"level{level}_samples"] = int(here.sum())
        result[f"level{level}_accuracy"] = float(share_right[here].mean()) if here.any() else None
    return result
