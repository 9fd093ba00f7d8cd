"""Answers by the frequencies before balancing."""

import numpy as np
import pandas as pd
import pytest

from sgbench.balance.variant import Variant
from sgbench.models import base
from sgbench.samples.items import Items
from sgbench.training.calibration import for_frequencies
from tests.models.small import plain

SAMPLES, ITEMS, N_CLASSES = np.array([160, 40, 0]), np.array([160, 160, 0]), 3
CLASSES = pd.DataFrame({"samples": SAMPLES, "items": ITEMS, "loss_weight": 1.0})


def overlapping(path, labels):
    """Return items of one pixel that tells the classes apart in part only, beside others that say nothing."""
    images = np.random.default_rng(len(labels)).random((len(labels), 1, 1, 64), np.float32)
    images[:, 0, 0, :32] += labels[:, None] * 0.1
    return plain(path, images, labels)


def repeated(items: Items) -> Items:
    index = np.concatenate([np.arange(160), np.repeat(np.arange(160, 200), 4)])
    return items.select(index, items.labels[index])


@pytest.fixture
def trained(tmp_path):
    """Return a function that trains a model by a step of a variant, and plain samples of dev."""
    train = overlapping(tmp_path / "train.h5", np.repeat(np.arange(3), SAMPLES))
    dev = overlapping(tmp_path / "dev.h5", np.repeat(np.arange(3), SAMPLES)[::-1].copy())

    def by(kind, method):
        model = base.build(kind, N_CLASSES)
        objective = Variant([{"method": method}]).objective(CLASSES)
        model.fit(repeated(train), dev, objective, base.Run(0, tmp_path / "checkpoint.pt", "key"))
        return model

    return by, dev


KINDS = [
    {"kind": "extratrees", "trees": 20, "min_samples_leaf": 4},
    {"kind": "cnn1d", "epochs": 2, "width": 4, "batch_size": 16},
    {"kind": "tdc", "sizes": 1, "routing": "soft", "folds": 2, "model": {"kind": "extratrees", "trees": 20}},
    {"kind": "flow", "folds": 2, "model": {"kind": "extratrees", "trees": 20}},
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind["kind"])
def test_answers_follow_from_what_was_learnt_by_bayes_rule(kind, trained, tmp_path):
    by, dev = trained
    corrected, images = by(kind, "prior_correction"), dev.images()
    expected = for_frequencies(corrected.probabilities(images), ITEMS, SAMPLES)
    np.testing.assert_array_equal(corrected.predict(images), corrected.calibration(expected))
    corrected.save(tmp_path / "model.pt")
    again = type(corrected).load(tmp_path / "model.pt")
    np.testing.assert_array_equal(again.predict(images), corrected.predict(images))


@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: kind["kind"])
def test_classes_are_answered_as_often_as_dev_has_them(kind, trained):
    """A fifth of dev is of the small class, half of the items are."""
    by, dev = trained
    answered = (by(kind, method).predict(dev.images())[:, 1].mean() for method in ("prior_correction", "none"))
    off, off_as_learnt = (abs(mean - dev.labels.mean()) for mean in answered)
    assert off < 0.1
    assert off < off_as_learnt / 1.5


def test_parts_of_a_model_answer_as_learnt():
    objective = Variant([{"method": "prior_correction"}]).objective(CLASSES)
    assert objective.for_labels(np.array([0, 0, 1]), 2).expected is None
