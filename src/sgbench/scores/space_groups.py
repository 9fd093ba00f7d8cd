"""Scores of space groups beyond right or wrong: what the pattern tells of the group, and how far off a wrong one is."""

import numpy as np

from sgbench.crystals.coarser import coarser
from sgbench.crystals.subgroups import distances
from sgbench.training.f1 import named, right


def group_scores(labels: np.ndarray, probabilities: np.ndarray, space_groups: np.ndarray) -> dict[str, float]:
    """Score predictions of space groups.

    Args:
        labels: true class index of each sample, shape (n,).
        probabilities: shape (n, classes).
        space_groups: the space group of each class, 1 to 230, shape (classes,).

    Returns:
        crystal_system, bravais_lattice and extinction_group, the accuracies of the likeliest of these, whose
        probability is that of its space groups together; subgroup_distance, the mean distance from the space group to
        the likeliest one, see :func:`sgbench.crystals.subgroups.distances`. Where several are likeliest, expected
        values.
    """
    off = distances()[np.ix_(space_groups, space_groups)]
    return {
        **{name: _accuracy_of(unions, labels, probabilities) for name, unions in coarser(space_groups).items()},
        "subgroup_distance": float((named(probabilities) * off[labels]).sum(axis=1).mean()),
    }


def _accuracy_of(unions: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return how often the likeliest union of classes is the right one, by the number of each class's union."""
    _, union = np.unique(unions, return_inverse=True)
    together = probabilities.astype(float) @ np.eye(union.max() + 1)[union]
    # The last digits depend on the order of the sum, and would break ties of voting trees.
    return float(right(union[labels], together.round(6)).mean())
