import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from sgbench.models.forest import Forest


@pytest.mark.parametrize("leaf", [1, 7])
def test_a_forest_predicts_what_scikit_learn_does_to_the_last_bit(leaf):
    draw = np.random.default_rng(leaf)
    rows, labels = draw.random((400, 12), np.float32), draw.integers(0, 5, 400)
    grown = ExtraTreesClassifier(30, min_samples_leaf=leaf, random_state=0)
    grown.fit(rows[:200], labels[:200], sample_weight=draw.random(200))
    forest = Forest([tree.tree_ for tree in grown.estimators_], grown.classes_)
    np.testing.assert_array_equal(forest.probabilities(rows), grown.predict_proba(rows))
