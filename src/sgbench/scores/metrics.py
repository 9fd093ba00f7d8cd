"""Scores of predictions, as scikit-learn defines them where it does."""

import numpy as np

from sgbench.training.f1 import macro_f1

#: Class sizes by the number of distinct training materials.
BANDS = {"many": (100, np.inf), "medium": (20, 99), "few": (0, 19)}


def scores(labels: np.ndarray, probabilities: np.ndarray, train_materials: np.ndarray) -> dict[str, float | None]:
    """Score predictions.

    Args:
        labels: true class index of each sample, shape (n,).
        probabilities: shape (n, classes).
        train_materials: distinct training materials of each class, shape (classes,).

    Returns:
        samples; accuracy; balanced_accuracy; macro_f1 (over the classes among ``labels``, as a class without samples
        has no recall); top3 and top5 (the share whose class is among the 3 or 5 likeliest); calibration_error;
        recall_many, recall_medium, recall_few (mean recall of classes of 100 training materials or more, 20 to 99,
        under 20; None where there is no such class).
    """
    guess = probabilities.argmax(axis=1)
    present = np.unique(labels)
    recall = np.array([(guess[labels == label] == label).mean() for label in present])
    # Ties are counted against the model: a class must be strictly likelier than all but k - 1 others.
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)
    rank = (probabilities >= own).sum(axis=1)
    result: dict[str, float | None] = {
        "samples": len(labels),
        "accuracy": float((guess == labels).mean()),
        "balanced_accuracy": float(recall.mean()),
        "macro_f1": macro_f1(labels, guess),
        "top3": float((rank <= 3).mean()),
        "top5": float((rank <= 5).mean()),
        "calibration_error": calibration_error(labels, probabilities),
    }
    for band, (low, high) in BANDS.items():
        inside = (train_materials[present] >= low) & (train_materials[present] <= high)
        result[f"recall_{band}"] = float(recall[inside].mean()) if inside.any() else None
    return result


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


def level_scores(labels: np.ndarray, guess: np.ndarray, levels: np.ndarray) -> dict[str, float | int | None]:
    """Score the levels of a classifier by the samples that stop at them.

    Args:
        labels: true class index of each sample, shape (n,).
        guess: predicted class index of each sample, shape (n,).
        levels: the level, from 1, at which each sample stops, shape (n,).

    Returns:
        For each level k to the last at which one stops: level{k}_samples, and level{k}_accuracy of those (None without
        any).
    """
    result: dict[str, float | int | None] = {}
    for level in range(1, levels.max() + 1):
        here = levels == level
        result[f"level{level}_samples"] = int(here.sum())
        result[f"level{level}_accuracy"] = float((guess == labels)[here].mean()) if here.any() else None
    return result


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Return the expected calibration error, 0 to 1, over equal bins of confidence (Guo et al. 2017, equation 3)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = np.bincount(index, right - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(labels))
