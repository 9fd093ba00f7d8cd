from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from sgbench.models import base, flow
from sgbench.training.objective import Objective
from tests.models.small import plain

LABELS = np.repeat([3, 0, 4, 1, 5], [40, 30, 20, 15, 10])
N_CLASSES = 6
COUNTS = np.bincount(LABELS)
OBJECTIVE = Objective(COUNTS, COUNTS, np.ones(N_CLASSES))
TREES = {"kind": "extratrees", "trees": 20, "min_samples_leaf": 5}


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """Images of 8 x 8 whose class is hard to tell: one pixel a little brighter; class 2 has none."""
    images = np.random.default_rng(0).random((len(LABELS), 1, 8, 8), np.float32)
    images[np.arange(len(LABELS)), 0, LABELS, LABELS] += 0.3
    return plain(tmp_path_factory.mktemp("flow") / "store.h5", images, LABELS)


def run_in(folder):
    return base.Run(0, folder / "checkpoint.pt", "k")


def fit(items, folder, dev=None, **settings):
    model = base.build({"kind": "flow", "model": TREES, "folds": 2, **settings}, N_CLASSES)
    model.fit(items, dev or items, OBJECTIVE, run_in(folder))
    return model


def drawn(seed, k, count=20):
    """Random probabilities (n, k), and pairwise ones (n, k, k) that contradict each other."""
    rng = np.random.default_rng(seed)
    pairwise = np.triu(rng.uniform(0.01, 0.99, (count, k, k)), 1)
    pairwise += np.tril(1 - np.swapaxes(pairwise, 1, 2), -1)
    return rng.dirichlet(np.ones(k), count), pairwise


@pytest.mark.parametrize("damping", [1e-3, 0.15, 0.7, 1])
@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_pairwise_probabilities_that_say_what_the_primary_classifier_says_change_nothing(k, damping):
    start, _ = drawn(0, k)
    found = flow.stationary(flow.conditional(start), start, damping)
    np.testing.assert_allclose(found, start, atol=1e-9)


@pytest.mark.parametrize("k", [2, 3, 6])
def test_with_little_damping_it_is_the_first_coupling_of_wu_lin_and_weng(k):
    start, pairwise = drawn(k, k)
    found = flow.stationary(pairwise, start, 1e-7)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    for p, r in zip(found, pairwise, strict=True):
        # p_i = sum over the others of (p_i + p_j) r_ij / (k - 1), and the sum of all.
        r = (r - np.diag(np.diag(r))) / (k - 1)
        system = r + np.diag(r.sum(axis=1) - 1)
        expected = np.linalg.lstsq(np.vstack([system, np.ones(k)]), np.append(np.zeros(k), 1), rcond=None)[0]
        np.testing.assert_allclose(p, expected, atol=1e-5)


def test_on_consistent_pairs_it_is_their_quadratic_optimisation():
    """The second coupling: the least sum of (r_ji p_i - r_ij p_j)^2 among probabilities."""
    truth, _ = drawn(4, 4, count=5)
    pairwise = flow.conditional(truth)
    found = flow.stationary(pairwise, np.full(truth.shape, 1 / 4), 1e-7)
    for p, r in zip(found, pairwise, strict=True):
        best = minimize(
            lambda p, r=r: 1e3 * ((r.T * p[:, None] - r * p) ** 2).sum(),
            np.full(4, 1 / 4),
            bounds=[(0, 1)] * 4,
            constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
            options={"ftol": 1e-14},
        )
        np.testing.assert_allclose(p, best.x, atol=1e-4)


def test_the_damped_flow_is_where_many_steps_end():
    start, pairwise = drawn(7, 5)
    p = np.full(start.shape, 1 / 5)
    for _ in range(300):
        won = pairwise * (p[:, :, None] + p[:, None])
        stepped = (won.sum(axis=2) - won[:, np.arange(5), np.arange(5)]) / 4
        p = 0.8 * stepped + 0.2 * start
    np.testing.assert_allclose(flow.stationary(pairwise, start, 0.2), p, atol=1e-9)


def test_pairs_come_by_how_often_an_items_class_and_another_are_both_near():
    rng = np.random.default_rng(2)
    labels, near = rng.integers(0, 5, 300), rng.random((300, 6)) < [0.9, 0.5, 0.1, 0.6, 0.3, 0]
    counts = {
        (i, j): sum(near[n, i] and near[n, j] and labels[n] in (i, j) for n in range(300))
        for i in range(6)
        for j in range(i + 1, 6)
    }
    found = flow.deciding_pairs(labels, near)
    assert set(found) == {pair for pair, count in counts.items() if count}
    assert [counts[pair] for pair in found] == sorted((counts[pair] for pair in found), reverse=True)


@pytest.mark.parametrize("settings", [{"top": 1}, {"pairs": 0}])
def test_without_pairs_it_is_the_primary_classifier(items, tmp_path, settings):
    alone = base.build(TREES, N_CLASSES)
    alone.fit(items, items, OBJECTIVE, run_in(tmp_path / "alone"))
    model = fit(items, tmp_path, **settings)
    images = items.images()
    np.testing.assert_allclose(model.probabilities(images), alone.probabilities(images), atol=1e-7)
    np.testing.assert_allclose(model.predict(images), alone.predict(images), atol=1e-5)


@pytest.mark.parametrize("top", [2, 5, 9])
def test_probabilities_sum_to_one_and_those_beyond_the_top_stay(items, tmp_path, top):
    model = fit(items, tmp_path, top=top)
    model.damping = 0.05
    noise = np.random.default_rng(1).random((50, 1, 8, 8), np.float32)
    found, primary = model.probabilities(noise), model._primary.probabilities(noise)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert (found >= 0).all()
    near = flow.likeliest(primary, top)
    assert np.abs(np.take_along_axis(found - primary, near, axis=1)).max() > 0.05
    np.put_along_axis(primary, near, 0, axis=1)
    np.put_along_axis(found, near, 0, axis=1)
    np.testing.assert_array_equal(found, primary)


class Recorder(base.Classifier):
    """Remembers what it was trained on; of two classes it knows or mistakes each, of all it knows nothing."""

    seen: ClassVar = {}
    right = True

    def learn(self, train, dev, objective, run):
        self.name = run.key
        Recorder.seen[run.key] = train.rows, train.labels, objective.weights, dev.rows
        return pd.DataFrame({"epoch": []})

    def probabilities(self, images):
        if self.n_classes == N_CLASSES:
            return np.tile(np.float32([0.2, 0.2, 0, 0.2, 0.2, 0.2]), (len(images), 1))
        classes = [int(label) for label in self.name.split("pair")[1].split("-")]
        first = images[:, 0, classes[0], classes[0]] > images[:, 0, classes[1], classes[1]]
        said = np.column_stack([first, ~first]) * 0.8 + 0.1
        return (said if self.right else said[:, ::-1]).astype(np.float32)

    save = load = None


@pytest.fixture
def by_recorder(items, tmp_path, monkeypatch):
    """A function that fits with recorders as classifiers, on images whose brightest pixel is the class's."""
    clear = np.zeros((len(LABELS), 1, 8, 8), np.float32)
    clear[np.arange(len(LABELS)), 0, LABELS, LABELS] = 1
    clear = plain(tmp_path / "clear.h5", clear, LABELS)
    monkeypatch.setattr(Recorder, "seen", {})

    def fitted(right, **settings):
        monkeypatch.setattr(Recorder, "right", right)
        monkeypatch.setattr(base, "build", lambda model, n_classes: Recorder(None, n_classes))
        model = flow.Classifier(flow.Settings(**settings), N_CLASSES)
        model.fit(clear, clear, OBJECTIVE, run_in(tmp_path))
        return model, clear

    return fitted


def test_pairs_that_know_better_are_believed_and_others_are_not(by_recorder):
    model, items = by_recorder(True)
    assert model.facts()["pairs"] == 10
    assert model.damping < 0.2
    np.testing.assert_array_equal(model.predict(items.images()).argmax(axis=1), LABELS)
    model, _ = by_recorder(False)
    assert model.damping == 1


@pytest.mark.parametrize("weighted", [True, False])
def test_a_pair_learns_from_the_items_of_its_classes(by_recorder, weighted):
    by_recorder(True, weighted=weighted)
    rows, labels, weights, dev_rows = Recorder.seen["k pair1-3"]
    assert rows.tolist() == dev_rows.tolist() == np.flatnonzero(np.isin(LABELS, [1, 3])).tolist()
    np.testing.assert_array_equal(labels, LABELS[rows] == 3)
    np.testing.assert_allclose(weights, [55 / 30, 55 / 80] if weighted else [1, 1])
    assert len([key for key in Recorder.seen if "pair" in key]) == 10


def test_no_more_pairs_are_trained_than_are_asked_for(by_recorder):
    model, _ = by_recorder(True, pairs=3)
    # Class 3 and the largest of the others have the most items.
    assert [pair.classes for pair in model._pairs] == [(0, 3), (3, 4), (1, 3)]
