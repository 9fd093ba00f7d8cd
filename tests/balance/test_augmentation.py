"""Balancing by augmentation: the plan, and that training reads what the plan says."""

import numpy as np
import pandas as pd
import pytest

from sgbench.balance.augment import Settings, change
from sgbench.balance.plan import real
from sgbench.errors import SgbenchError
from sgbench.samples import store
from sgbench.samples.items import plan_items
from sgbench.simulate import powder
from sgbench.simulate.augment import augmenter

COUNTS = [30, 7, 1]
ROWS = pd.DataFrame({"id": [f"s{n}" for n in range(38)], "label": np.repeat([0, 1, 2], COUNTS)})
AMPLITUDES = {"powder": {"strain": 0.02}, "image": {"rotation_deg": 30.0}}


def sizes(made):
    return made["label"].value_counts().sort_index().tolist()


def planned(seed=0, **settings):
    return change(real(ROWS["id"].to_numpy(), ROWS["label"].to_numpy()), Settings(**settings), seed)


def test_classes_are_raised_to_the_target_by_augmented_repetitions():
    made = planned(target=20)
    assert sizes(made) == [30, 20, 20]
    plain = made[made["augment"] < 0]
    assert sizes(plain) == COUNTS
    assert plain["id"].is_unique
    again = made[made["augment"] >= 0]
    assert again["augment"].is_unique
    assert again.loc[again["label"] == 1, "id"].value_counts().between(1, 2).all()
    assert (again["id"].map(ROWS.set_index("id")["label"]) == again["label"]).all()


@pytest.mark.parametrize(("total", "expected"), [(50_000, [16_667, 16_667, 16_666]), (9, [3, 3, 3]), (4, [2, 1, 1])])
def test_a_total_is_shared_equally(total, expected):
    made = planned(total=total)
    assert sizes(made) == expected
    assert made[made["augment"] < 0]["id"].is_unique


def test_the_same_seed_gives_the_same_plan():
    pd.testing.assert_frame_equal(planned(total=100), planned(total=100))
    assert not planned(total=100).equals(planned(seed=1, total=100))


def test_a_total_below_one_item_a_class_is_refused():
    with pytest.raises(SgbenchError, match="too few"):
        planned(total=2)


@pytest.fixture(params=["powder", "fingerprint"])
def patterns(request, tmp_path):
    shape = (1, 1, 64) if request.param == "powder" else (3, 16, 16)
    images = np.random.default_rng(0).random((len(ROWS), *shape), np.float32)
    settings = vars(powder.Settings(bins=64)) if request.param == "powder" else {"pixels": 16}
    store.write(tmp_path / "store.h5", images, shape, {"simulate": request.param, **settings, "code": "1"})
    return store.Store(tmp_path / "store.h5"), images


def items(opened, made):
    samples = ROWS.assign(row=np.arange(len(ROWS)))
    return plan_items(opened, samples, made, augmenter(opened.made_by, **AMPLITUDES))


def test_all_items_are_other_ones_in_each_epoch(patterns):
    opened, images = patterns
    made = planned(items="all")
    of_plan = items(opened, made)
    first, second = of_plan.images(epoch=0), of_plan.images(epoch=1)
    rows = made["id"].str[1:].astype(int).to_numpy()
    for one, other in ((first, images[rows]), (second, images[rows]), (first, second)):
        assert (np.abs(one - other).max(axis=(1, 2, 3)) > 0.01).all()
    np.testing.assert_array_equal(of_plan.images(epoch=1), second)


def test_items_are_augmented_as_they_are_read_by_their_own_seed(patterns):
    opened, images = patterns
    made = planned(target=600)
    of_plan = items(opened, made)
    everything = of_plan.images()
    rows = made["id"].str[1:].astype(int).to_numpy()
    plain = (made["augment"] < 0).to_numpy()
    np.testing.assert_array_equal(everything[plain], images[rows[plain]])
    assert (np.abs(everything - images[rows]).max(axis=(1, 2, 3)) > 0.01)[~plain].all()
    some = np.array([1700, 3, 1207])
    np.testing.assert_array_equal(of_plan.images(some), everything[some])
    # What is kept in memory is the sample, not what became of it.
    np.testing.assert_array_equal(of_plan.images(), everything)


def test_a_plan_that_augments_needs_to_be_told_how(patterns):
    opened, _ = patterns
    with pytest.raises(ValueError, match="nothing says how"):
        plan_items(opened, ROWS.assign(row=np.arange(len(ROWS))), planned(target=40))
