"""Grown decision trees as plain arrays: to predict needs no scikit-learn, which takes longer to import than to use."""

from collections.abc import Sequence
from typing import Any

import numpy as np


class Forest:
    """The mean of decision trees, to the last bit what scikit-learn's forests predict.

    Attributes:
        classes: label of each column of the probabilities, increasing.
    """

    def __init__(self, trees: Sequence[Any], classes: np.ndarray) -> None:
        """Copy scikit-learn's trees, the ``tree_`` of each, one behind the other."""
        self.classes = classes
        self._roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
        self._feature = np.concatenate([tree.feature for tree in trees])
        self._threshold = np.concatenate([tree.threshold for tree in trees])
        starts = np.repeat(self._roots, [tree.node_count for tree in trees])
        self._left = starts + np.concatenate([tree.children_left for tree in trees])
        self._right = starts + np.concatenate([tree.children_right for tree in trees])
        is_leaf = self._feature < 0
        # The probabilities of leaves only, a row each, and the row of each node.
        self._row = np.where(is_leaf, np.cumsum(is_leaf) - 1, -1)
        self._shares = np.concatenate([tree.value[tree.feature < 0, 0] for tree in trees])

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Return the probabilities of ``classes``, float64 (n, classes), for rows of features, float32 (n, d)."""
        total = np.zeros((len(rows), len(self.classes)))
        for root in self._roots:
            total += self._shares[self._row[self._leaves(rows, root)]]
        return total / len(self._roots)

    def _leaves(self, rows: np.ndarray, root: int) -> np.ndarray:
        """Return the node at which each row leaves the tree that begins at ``root``."""
        at = np.full(len(rows), root)
        inside = np.flatnonzero(self._row[at] < 0)
        while len(inside):
            node = at[inside]
            goes_left = rows[inside, self._feature[node]] <= self._threshold[node]
            at[inside] = np.where(goes_left, self._left[node], self._right[node])
            inside = inside[self._row[at[inside]] < 0]
        return at
