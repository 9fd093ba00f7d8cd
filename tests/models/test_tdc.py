from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from sgbench.balance import class_weights
from sgbench.models import base, tdc
from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training.calibration import Calibration, fit_temperature
from sgbench.training.objective import Objective

LABELS = np.repeat([3, 0, 4, 1, 5], [40, 30, 20, 15, 10])
N_CLASSES = 6
COUNTS = np.bincount(LABELS)
OBJECTIVE = Objective(COUNTS, COUNTS, np.ones(N_CLASSES))


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """Images of 8 x 8 with one bright pixel that says the class; class 2 has none."""
    images = np.zeros((len(LABELS), 1, 8, 8), np.float32)
    images[np.arange(len(LABELS)), 0, LABELS, LABELS] = 1
    images += np.random.default_rng(0).random(images.shape, np.float32) * 0.3
    path = tmp_path_factory.mktemp("tdc") / "store.h5"
    store.write(path, images, (1, 8, 8), {})
    return Items.plain(store.Store(path), LABELS, np.arange(len(LABELS)))


def run_in(folder, key="k"):
    return base.Run(0, folder / "checkpoint.pt", key)


def fit(items, folder, objective=OBJECTIVE, run=None, **settings):
    model = base.build({"kind": "tdc", "model": {"kind": "extratrees", "trees": 30}, "sizes": 2, **settings}, N_CLASSES)
    history = model.fit(items, items, objective, run or run_in(folder))
    return model, history


@pytest.mark.parametrize(
    ("sizes", "levels"),
    [
        (2, [[3, 0], [4, 1], [5]]),
        (5, [[3, 0, 4, 1, 5]]),
        ([1, 3], [[3], [0, 4, 1], [5]]),
        ([2, 2, 9], [[3, 0], [4, 1], [5]]),
    ],
)
def test_classes_go_to_levels_from_the_most_to_the_least_frequent(sizes, levels):
    found = tdc.level_classes(np.bincount(LABELS), sizes)
    assert [level.tolist() for level in found] == levels


@pytest.mark.parametrize("routing", ["hard", "soft"])
@pytest.mark.parametrize("sizes", [1, 2, [1, 3]])
def test_with_perfect_levels_it_is_the_truth(items, tmp_path, routing, sizes):
    model, _ = fit(items, tmp_path, routing=routing, sizes=sizes)
    images = items.images()
    np.testing.assert_array_equal(model.predict(images).argmax(axis=1), LABELS)
    homes = np.full(N_CLASSES, 0)
    for number, level in enumerate(tdc.level_classes(np.bincount(LABELS), sizes), start=1):
        homes[level] = number
    np.testing.assert_array_equal(model.describe(images)["level"], homes[LABELS])


class Table(base.Classifier):
    """Gives the probabilities that stand in the pixels of an image."""

    def __init__(self, row, n_classes):
        super().__init__(None, n_classes)
        self.row = row

    def learn(self, train, dev, objective, run): ...

    def probabilities(self, images):
        return images[:, 0, self.row, : self.n_classes]

    save = load = None


def by_table(routing, probabilities):
    """Return a classifier of two levels, 0 and 1, then 2 and 3, and images that hold the levels' probabilities."""
    model = base.build({"kind": "tdc", "routing": routing}, 4)
    model._levels = [
        tdc.Level(np.array([0, 1]), False, Table(0, 3), Calibration()),
        tdc.Level(np.array([2, 3]), True, Table(1, 2), Calibration()),
    ]
    images = np.zeros((len(probabilities), 1, 2, 3), np.float32)
    for image, (first, second) in zip(images, probabilities, strict=True):
        image[0, 0], image[0, 1, :2] = first, second
    return model, images


PROBABILITIES = [([0.5, 0.1, 0.4], [0.3, 0.7]), ([0.3, 0.2, 0.5], [0.9, 0.1]), ([0.0, 0.0, 1.0], [0.5, 0.5])]


def test_soft_routing_multiplies_along_the_way():
    model, images = by_table("soft", PROBABILITIES)
    expected = [[0.5, 0.1, 0.4 * 0.3, 0.4 * 0.7], [0.3, 0.2, 0.5 * 0.9, 0.5 * 0.1], [0, 0, 0.5, 0.5]]
    np.testing.assert_allclose(model.predict(images), expected, atol=1e-6)
    assert model.describe(images)["level"].tolist() == [1, 1, 2]


def test_soft_routing_multiplies_what_was_calibrated_and_hard_routing_minds_the_half_alone():
    soft, images = by_table("soft", PROBABILITIES)
    hard, _ = by_table("hard", PROBABILITIES)
    unsure = hard.predict(images)
    for model in (soft, hard):
        model._levels[0] = replace(model._levels[0], calibration=Calibration(temperature=0.5))
    # Of log-odds twice as large.
    down = 0.4**2 / (0.4**2 + 0.6**2)
    expected = [(1 - down) * 0.5 / 0.6, (1 - down) * 0.1 / 0.6, down * 0.3, down * 0.7]
    np.testing.assert_allclose(soft.predict(images)[0], expected, atol=1e-6)
    np.testing.assert_array_equal(hard.predict(images), unsure)


def test_going_down_is_calibrated_on_the_dev_samples_that_arrive(items, tmp_path):
    """Every second dev item has the label of another: levels are too sure of it."""
    rng = np.random.default_rng(3)
    dev = items.select(slice(None), np.where(rng.random(len(LABELS)) < 0.5, rng.permutation(LABELS), LABELS))
    trees = {"kind": "extratrees", "trees": 30, "min_samples_leaf": 5}
    model = base.build({"kind": "tdc", "model": trees, "sizes": 2}, N_CLASSES)
    model.fit(items, dev, OBJECTIVE, run_in(tmp_path))
    first, second, last = (level.calibration for level in model._levels)
    down, is_below = going_down(model, 0, items), ~np.isin(dev.labels, [3, 0])
    assert first.temperature == fit_temperature(np.column_stack([1 - down, down]), is_below * 1).temperature
    # What the first level rightly keeps does not arrive at the second.
    arrives, is_below = is_below | (down > 0.5), ~np.isin(dev.labels, [4, 1])
    down = going_down(model, 1, items)
    ways = np.column_stack([1 - down, down])
    assert second.temperature == fit_temperature(ways[arrives], is_below[arrives] * 1).temperature
    assert second.temperature != fit_temperature(ways, is_below * 1).temperature
    # A sample that a level is sure of goes one way as a whole.
    assert first.guesses == second.guesses == 0
    assert first.temperature > 1.1
    assert last == Calibration()


def going_down(model, level, items):
    """Return what a level of a model says of further down."""
    return model._levels[level].model.probabilities(items.images())[:, -1]


def test_each_routing_has_its_own_temperature(items, tmp_path):
    noise = np.random.default_rng(1).permutation(LABELS)
    trees = {"kind": "extratrees", "trees": 9, "min_samples_leaf": 5}
    model, _ = fit(items.select(slice(None), noise), tmp_path, routing="hard", model=trees)
    before = model.facts()
    images = items.images()
    assert before == fit_temperature(model.probabilities(images), noise).facts()
    model.settings = replace(model.settings, routing="soft")
    assert model.facts() == fit_temperature(model.probabilities(images), noise).facts() != before


def test_hard_routing_takes_or_forwards_as_a_whole():
    # The second one is likelier of the two own classes together than further down, though of neither alone.
    model, images = by_table("hard", [PROBABILITIES[0], ([0.35, 0.25, 0.4], [0.9, 0.1]), *PROBABILITIES[1:]])
    np.testing.assert_allclose(
        model.predict(images),
        [[0.5 / 0.6, 0.1 / 0.6, 0, 0], [0.35 / 0.6, 0.25 / 0.6, 0, 0], [0.6, 0.4, 0, 0], [0, 0, 0.5, 0.5]],
        atol=1e-6,
    )
    assert model.describe(images)["level"].tolist() == [1, 1, 1, 2]


@pytest.mark.parametrize("routing", ["hard", "soft"])
def test_probabilities_sum_to_one(items, tmp_path, routing):
    model, _ = fit(items, tmp_path, routing=routing, model={"kind": "extratrees", "trees": 7, "min_samples_leaf": 20})
    noise = np.random.default_rng(1).random((50, 1, 8, 8), np.float32)
    np.testing.assert_allclose(model.predict(noise).sum(axis=1), 1, atol=1e-6)


def test_training_knows_nothing_of_the_routing(items, tmp_path):
    settings = {"model": {"kind": "extratrees", "trees": 7, "min_samples_leaf": 20}}
    soft, hard = (fit(items, tmp_path / routing, routing=routing, **settings)[0] for routing in ("soft", "hard"))
    images = items.images()
    assert not np.allclose(soft.predict(images), hard.predict(images))
    soft.settings = hard.settings
    np.testing.assert_array_equal(soft.predict(images), hard.predict(images))


def _is_forwarded(images):
    """Whether :class:`Recorder` forwards an image: by a pixel that is noise in all classes."""
    return images[:, 0, 7, 7] > 0.15


class Recorder(base.Classifier):
    """Remembers what it was trained on and forwards about every second image, those it knows never."""

    seen: ClassVar = {}

    def learn(self, train, dev, objective, run):
        self.known = train.images()[:, 0, 7, 7]
        Recorder.seen[run.key] = (train.rows.copy(), train.labels.copy(), objective.counts.copy(), self.n_classes)
        return pd.DataFrame({"epoch": []})

    def probabilities(self, images):
        forwarded = _is_forwarded(images) & ~np.isin(images[:, 0, 7, 7], self.known)
        probabilities = np.zeros((len(images), self.n_classes), np.float32)
        # Likelier than either own class, and than both together only where it forwards.
        probabilities[:] = 0.3 / max(self.n_classes - 2, 1)
        probabilities[:, 0], probabilities[:, -1] = 0.3, 0.4
        probabilities[forwarded, -1] = 0.6
        return probabilities

    save = load = None


def test_levels_learn_from_later_levels_and_from_what_was_missed_unseen(items, tmp_path, monkeypatch):
    Recorder.seen = {}
    monkeypatch.setattr(base, "build", lambda model, n_classes: Recorder(tdc.Settings(), n_classes))
    model = tdc.Classifier(tdc.Settings(sizes=2, folds=3), N_CLASSES)
    history = model.fit(items, items, OBJECTIVE, run_in(tmp_path))
    (rows1, _, counts1, n1), (rows2, labels2, _, n2), (rows3, labels3, _, n3) = (
        Recorder.seen[f"k level {level}"] for level in (1, 2, 3)
    )
    assert rows1.tolist() == list(range(len(LABELS)))
    assert counts1.tolist() == [40, 30, 45]
    assert (n1, n2, n3) == (3, 3, 5)
    folds = [set(Recorder.seen[f"k level 1 fold {fold}"][0]) for fold in (1, 2, 3)]
    assert sum(map(len, folds)) == 2 * len(LABELS)
    assert set.intersection(*folds) == set()
    # Of classes 3 and 0 about every second item was forwarded, and so later on of 4 and 1.
    below, forwarded = np.isin(LABELS, [4, 1, 5]), _is_forwarded(items.images())
    missed = ~below & forwarded
    assert rows2.tolist() == np.flatnonzero(below | missed).tolist()
    assert set(labels2[np.isin(LABELS[rows2], [3, 0, 5])]) == {2}
    assert set(labels2[LABELS[rows2] == 4]) == {0}
    # At the last level all are told apart as what they are.
    assert set(LABELS[rows3]) == {3, 0, 4, 1, 5}
    np.testing.assert_array_equal(np.array([0, 1, 3, 4, 5])[labels3], LABELS[rows3])
    assert history["level"].tolist() == [1, 2, 3]
    assert history["missed"].tolist() == [missed.sum(), (np.isin(LABELS, [4, 1]) & forwarded).sum(), 0]


def test_trees_miss_some_of_what_they_fit_and_copies_do_not_hide_it(items, tmp_path):
    """Labels that mean nothing are learnt by heart, which helps with no item that was held out, nor its copies."""
    noise = np.random.default_rng(1).permutation(LABELS)
    copied = items.select(np.tile(np.arange(len(noise)), 3), np.tile(noise, 3))
    for train in (items.select(slice(None), noise), copied):
        _, history = fit(train, tmp_path / str(len(train)))
        assert (history["missed"][:2] > 0.05 * np.array([70, 35]) * len(train) / len(noise)).all()


def test_the_levels_share_the_epochs_or_have_all_each(items, tmp_path):
    epochs = 12
    network = {"kind": "ziletti", "epochs": epochs, "learning_rate": 0.003}
    _, history = fit(items, tmp_path / "equal", model=network, folds=2)
    assert history["level"].unique().tolist() == [1, 2, 3]
    assert history["items"].sum() == pytest.approx(epochs * len(items), rel=0.15)
    _, history = fit(items, tmp_path / "each", model=network, folds=2, budget="each")
    assert history.groupby("level")["epoch"].max().tolist() == [epochs] * 3


def test_a_killed_run_goes_on_in_its_level(items, tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO", "sgbench")
    settings = {"model": {"kind": "ziletti", "epochs": 6}, "folds": 2}
    unbroken, expected = fit(items, tmp_path / "a", **settings)
    real_fit, fitted = base.classifier("ziletti").learn, []

    def fit_or_die(self, train, dev, objective, run):
        fitted.append(run.checkpoint.name)
        if len(fitted) == 3:
            raise KeyboardInterrupt
        return real_fit(self, train, dev, objective, run)

    monkeypatch.setattr(base.classifier("ziletti"), "learn", fit_or_die)
    with pytest.raises(KeyboardInterrupt):
        fit(items, tmp_path / "b", **settings)
    resumed, history = fit(items, tmp_path / "b", **settings)
    steps = ["level1", "level1.fold1", "level1.fold2", "level2", "level2.fold1", "level2.fold2", "level3"]
    assert fitted == [f"checkpoint.{step}.pt" for step in steps[:3] + steps[2:]]
    assert "resumed after this level" in caplog.text
    pd.testing.assert_frame_equal(history, expected)
    np.testing.assert_array_equal(resumed.predict(items.images()), unbroken.predict(items.images()))
    # A run of other settings takes nothing over.
    fit(items, tmp_path / "b", run=run_in(tmp_path / "b", "other"), **settings)
    assert fitted[8:] == [f"checkpoint.{step}.pt" for step in steps]


def test_class_weights_are_those_of_the_level(items):
    balanced = Objective(COUNTS, COUNTS, np.ones(N_CLASSES), lambda counts: class_weights.weights(counts, None))
    objective = balanced.for_labels(np.array([0, 0, 0, 1, 2, 2]), 3)
    assert objective.counts.tolist() == [3, 1, 2]
    np.testing.assert_allclose(objective.weights, [6 / 9, 2, 1])
