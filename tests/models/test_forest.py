import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from sgbench.models import extratrees
from sgbench.models.forest import Forest
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training.objective import Objective
from sgbench.training.run import Run


@pytest.mark.parametrize("leaf", [1, 7])
def test_a_forest_predicts_what_scikit_learn_does_to_the_last_bit(leaf):
    draw = np.random.default_rng(leaf)
    rows, labels = draw.random((400, 12), np.float32), draw.integers(0, 5, 400)
    grown = ExtraTreesClassifier(30, min_samples_leaf=leaf, random_state=0)
    grown.fit(rows[:200], labels[:200], sample_weight=draw.random(200))
    forest = Forest([tree.tree_ for tree in grown.estimators_], grown.classes_)
    np.testing.assert_array_equal(forest.probabilities(rows), grown.predict_proba(rows))


@pytest.mark.parametrize("trees", [3, 10, 24])
def test_trees_grown_in_parts_are_those_grown_at_once(small_store, tmp_path, trees):
    labels, ones = np.arange(50) % 4, np.ones(4)
    items = Items.plain(small_store, labels, np.arange(50))
    ours = extratrees.Classifier(extratrees.Settings(trees=trees), 4)
    ours.learn(items, items, Objective(ones, ones, ones), Run(3, tmp_path / "checkpoint.pt", ""))
    seed = derive(3, "extratrees") % 2**32
    rows = items.images().reshape(50, -1)
    whole = ExtraTreesClassifier(trees, random_state=seed).fit(rows, labels)
    others = np.random.default_rng(1).random((40, *small_store.shape), np.float32)
    expected = whole.predict_proba(others.reshape(40, -1)).astype(np.float32)
    np.testing.assert_array_equal(ours.probabilities(others), expected)
