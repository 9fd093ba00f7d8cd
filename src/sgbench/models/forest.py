"""Grown decision trees as plain arrays: to predict needs no scikit-learn, which takes longer to import than to use."""

from collections.abc import Sequence
from typing import Any, Self

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
        # The probabilities of leaves only, a row each, and the row of each node. Few of a leaf are not 0.
        self._row = np.where(is_leaf, np.cumsum(is_leaf) - 1, -1)
        shares = np.concatenate([tree.value[tree.feature < 0, 0] for tree in trees])
        rows, self._column = np.nonzero(shares)
        self._share = shares[rows, self._column]
        self._starts = np.searchsorted(rows, np.arange(len(shares) + 1))

    @classmethod
    def joined(cls, forests: Sequence[Self]) -> Self:
        """Return the trees of several forests of the same classes as one."""
        joined = cls.__new__(cls)
        joined.classes = forests[0].classes
        for name in ("_feature", "_threshold", "_column", "_share"):
            setattr(joined, name, np.concatenate([getattr(forest, name) for forest in forests]))
        nodes = np.cumsum([0, *(len(forest._feature) for forest in forests)])
        leaves = np.cumsum([0, *(len(forest._starts) - 1 for forest in forests)])
        filled = np.cumsum([0, *(len(forest._share) for forest in forests)])
        joined._starts = np.append(
            np.concatenate([forest._starts[:-1] + at for forest, at in zip(forests, filled, strict=False)]), filled[-1]
        )
        for name in ("_roots", "_left", "_right"):
            moved = [getattr(forest, name) + at for forest, at in zip(forests, nodes, strict=False)]
            setattr(joined, name, np.concatenate(moved))
        rows = [np.where(forest._row < 0, -1, forest._row + at) for forest, at in zip(forests, leaves, strict=False)]
        joined._row = np.concatenate(rows)
        return joined

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Return the probabilities of ``classes``, float64 (n, classes), for rows of features, float32 (n, d)."""
        total = np.zeros((len(rows), len(self.classes)))
        for root in self._roots:
            leaves = self._row[self._leaves(rows, root)]
            first, counts = self._starts[leaves], self._starts[leaves + 1] - self._starts[leaves]
            places = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
            total[np.repeat(np.arange(len(rows)), counts), self._column[places]] += self._share[places]
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
