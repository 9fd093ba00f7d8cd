"""Which class a model names, ties included, and macro-F1, the score that trainings are chosen by on dev.

A model that gives several classes the same highest probability names one of them at random: every score is its expected
value then, and that of macro-F1 takes the expected counts. scikit-learn is slow to import, and takes the first class.
"""

import numpy as np


def named(probabilities: np.ndarray) -> np.ndarray:
    """Return how likely each class is to be named: 1 for the likeliest class, an equal share for each of several.

    Args:
        probabilities: of each sample and class, shape (n, classes).

    Returns:
        Shape (n, classes); each row sums to 1, or to 0 where a probability is NaN, as such a sample names no class.
    """
    likeliest = probabilities == probabilities.max(axis=1, keepdims=True)
    return likeliest / np.maximum(likeliest.sum(axis=1, keepdims=True), 1)


def right(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return how likely the class of each sample, shape (n,), is to be named; its mean is the accuracy."""
    return np.take_along_axis(named(probabilities), labels[:, None], axis=1)[:, 0]


def macro_f1(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean F1 score of the classes among ``labels``, 0 to 1.

    A class without samples has no recall, and does not count.

    Args:
        labels: true class index of each sample, shape (n,), one or more.
        probabilities: of each sample and class, shape (n, classes).
    """
    shares = named(probabilities)
    classes = shares.shape[1]
    found = np.bincount(labels, shares[np.arange(len(labels)), labels], classes)
    actual = np.bincount(labels, minlength=classes)
    present = actual > 0
    return float((2 * found[present] / (actual + shares.sum(axis=0))[present]).mean())
