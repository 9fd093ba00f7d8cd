"""Balancing by measured items: the plan, and that impurities come from the training part alone."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from sgbench.balance.diffractometer import Settings, augmenter, change
from sgbench.balance.plan import real
from sgbench.balance.variant import Variant
from sgbench.samples import store
from sgbench.samples.items import Items, plan_items
from sgbench.simulate.measurement import PRESETS, Measurement
from sgbench.study.schema import read
from tests.kinds import SCHEMA

TRAIN, OTHERS = 40, 25
SAMPLES = pd.DataFrame(
    {"id": [f"s{n}" for n in range(TRAIN + OTHERS)], "label": np.arange(TRAIN + OTHERS) % 3, "row": np.arange(65)}
)
MADE_BY = {"simulate": "powder", "radiation": "xray", "bins": 256, "scale_exponent": 1.0}
ONLY_IMPURITY = Settings("clean", {"impurity": 0.5})


def planned(seed=0, settings=ONLY_IMPURITY):
    rows = SAMPLES[:TRAIN]
    return change(real(rows["id"].to_numpy(), rows["label"].to_numpy()), settings, seed)


@pytest.fixture
def opened(tmp_path):
    """Each pattern is a peak of its own: training samples in the first 160 bins, dev and test ones in the others."""
    images = np.zeros((TRAIN + OTHERS, 1, 1, 256), np.float32)
    for row, image in enumerate(images):
        image[0, 0, 4 * row if row < TRAIN else 160 + 3 * (row - TRAIN)] = 1
    store.write(tmp_path / "store.h5", images, (1, 1, 256), MADE_BY)
    return store.Store(tmp_path / "store.h5")


def test_every_item_has_a_seed_of_its_own_that_the_seed_of_the_plan_decides():
    made = planned()
    assert (made["augment"] >= 0).all()
    assert made["augment"].is_unique
    pd.testing.assert_frame_equal(made, planned())
    assert not made.equals(planned(seed=1))
    rows = SAMPLES[:TRAIN]
    plain = real(rows["id"].to_numpy(), rows["label"].to_numpy())
    pd.testing.assert_frame_equal(made.drop(columns="augment"), plain.drop(columns="augment"))


def test_impurities_are_training_items_and_other_ones_in_each_epoch(opened):
    items = plan_items(opened, SAMPLES, planned(), augmenter(MADE_BY, ONLY_IMPURITY))
    epochs = np.stack([items.images(epoch=epoch)[:, 0, 0] for epoch in range(30)])
    assert (epochs[..., 160:] == 0).all()
    others = epochs.copy()
    others[:, np.arange(TRAIN), 4 * np.arange(TRAIN)] = 0
    assert (others.max(axis=(0, 1))[:160:4] > 0).all()  # each of them is one once
    assert all(len(set(others[:, item].argmax(1))) > 5 for item in range(TRAIN))


def test_the_same_items_are_read_whatever_is_read_with_them(opened):
    items = plan_items(opened, SAMPLES, planned(), augmenter(MADE_BY, Settings()))
    whole = items.images(epoch=2)
    some = np.array([31, 2, 17])
    np.testing.assert_array_equal(items.images(some, epoch=2), whole[some])
    fewer = items.select(some, items.labels[some])
    np.testing.assert_array_equal(fewer.images(epoch=2), whole[some])


def test_models_are_chosen_on_dev_samples_that_are_measured_alike(opened):
    train = plan_items(opened, SAMPLES, planned(), augmenter(MADE_BY, ONLY_IMPURITY))
    rows = np.arange(TRAIN, TRAIN + OTHERS)
    plain = Items.plain(opened, SAMPLES["label"].to_numpy()[rows], rows)
    measured = Variant([{"method": "diffractometer", "preset": "clean", "ranges": ONLY_IMPURITY.ranges}]).dev(
        plain, train, seed=0
    )
    images = measured.images()
    # Impurities are of the training part, whose peaks are in the first bins; in each epoch they are the same.
    assert (images[..., :160].sum(axis=(1, 2, 3)) > 0).sum() > OTHERS / 2
    assert (images[..., 160:].argmax(axis=3) == plain.images()[..., 160:].argmax(axis=3)).all()
    np.testing.assert_array_equal(images, measured.images())
    np.testing.assert_array_equal(images[[3, 1]], measured.select(np.array([3, 1]), plain.labels[[3, 1]]).images())
    assert Variant([{"method": "augment"}]).dev(plain, train, seed=0) is plain


def test_what_differs_from_the_preset_is_as_it_says(opened):
    quiet = augmenter(MADE_BY, Settings("impurity", {"impurity": 0, "counts": None}))
    items = plan_items(opened, SAMPLES, planned(), quiet)
    assert items.images().shape == (TRAIN, 1, 1, 256)


def test_the_schema_and_the_measurement_agree():
    branches = read(SCHEMA).json["$defs"]["balances"]["allOf"]
    (keys,) = (
        branch["then"]["properties"]
        for branch in branches
        if branch["if"]["properties"] == {"method": {"const": "diffractometer"}}
    )
    assert keys["preset"]["enum"] == list(PRESETS)
    assert set(keys["ranges"]["properties"]) == {field.name for field in fields(Measurement)}
    # The numbers that the descriptions give are those of the presets.
    full = PRESETS["impurity"]
    for name, about in keys["ranges"]["properties"].items():
        value = getattr(full, name)
        said = f"[{value[0]:g}, {value[1]:g}]" if isinstance(value, tuple) else f"{value:g}"
        assert said in " ".join(about["description"].split()), name
