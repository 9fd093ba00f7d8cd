import importlib
import pkgutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE
from sklearn.utils import check_random_state

import sgbench.balance
from sgbench.balance import over, plan, smote, under
from sgbench.errors import SgbenchError
from sgbench.seeds import derive

METHODS = sorted({module.name for module in pkgutil.iter_modules(sgbench.balance.__path__)} - {"plan"})


def rows_of(sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = pd.DataFrame({"id": [f"s{number}" for number in range(len(labels))], "label": labels})
    return rows.assign(formula=rows["id"], space_group=1)


def images_of(rows):
    return np.random.default_rng(0).random((len(rows), 1, 4, 5), np.float32)


def make(method, rows, seed=0, **values):
    module = importlib.import_module(f"sgbench.balance.{method}")
    images = images_of(rows)
    return module.plan(rows, module.Settings(**values), seed, lambda positions: images[positions])


def sizes_of(table):
    return table["label"].value_counts().sort_index().tolist()


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(1, 12), min_size=2, max_size=5), seed=st.integers(0, 3))
def test_a_plan_holds_training_rows_of_one_class_each(method, sizes, seed):
    rows = rows_of(sizes)
    table = make(method, rows, seed)
    label_of = rows.set_index("id")["label"]
    assert (label_of[table["id"]].to_numpy() == table["label"]).all()
    mixed = table[table["neighbour"] != ""]
    assert (label_of[mixed["neighbour"]].to_numpy() == mixed["label"]).all()
    assert set(table["label"]) == set(rows["label"])
    assert table["weight"].between(0, 1).all()
    pd.testing.assert_frame_equal(table, make(method, rows, seed))


def test_class_sizes():
    rows = rows_of([9, 5, 2, 1])
    assert sizes_of(make("none", rows)) == [9, 5, 2, 1]
    assert sizes_of(make("under", rows, target="smallest")) == [1, 1, 1, 1]
    assert sizes_of(make("under", rows, target=4)) == [4, 4, 2, 1]
    assert sizes_of(make("over", rows, target="largest")) == [9, 9, 9, 9]
    assert sizes_of(make("smote", rows, target=6)) == [9, 6, 6, 6]


def test_over_and_under_keep_and_lose_as_they_should():
    rows = rows_of([9, 5, 2])
    assert set(make("over", rows)["id"]) == set(rows["id"])
    assert not make("under", rows, target="median")["id"].duplicated().any()


def test_seeds_differ():
    rows = rows_of([30, 10])
    assert make("under", rows, 1, target=5)["id"].tolist() != make("under", rows, 2, target=5)["id"].tolist()
    assert make("over", rows, 1)["id"].tolist() != make("over", rows, 2)["id"].tolist()
    assert make("smote", rows, 1)["weight"].tolist() != make("smote", rows, 2)["weight"].tolist()


@pytest.mark.parametrize("neighbours", [1, 3, 6])
def test_smote_items_are_those_of_imbalanced_learn(neighbours):
    rows = rows_of([40, 25, 12])
    images = images_of(rows)
    table = make("smote", rows, 5, neighbours=neighbours)
    by_id = dict(zip(rows["id"], images.reshape(len(rows), -1), strict=True))
    made = table[table["neighbour"] != ""]
    ours = np.array(
        [by_id[r.id] + r.weight * (by_id[r.neighbour] - by_id[r.id]) for r in made.itertuples()], np.float32
    )
    reference = SMOTE(k_neighbors=neighbours, random_state=derive(5, "smote") % 2**32)
    pixels, labels = reference.fit_resample(images.reshape(len(rows), -1), rows["label"])
    np.testing.assert_allclose(ours, pixels[len(rows) :], atol=1e-6)
    assert made["label"].tolist() == labels[len(rows) :].tolist()


def test_smote_of_few_samples_uses_what_there_is():
    made = make("smote", rows_of([10, 3, 1]), neighbours=6)
    three = made[(made["label"] == 1) & (made["neighbour"] != "")]
    assert len(three) == 7
    assert (three["id"] != three["neighbour"]).all()
    one = made[made["label"] == 2]
    assert set(one["id"]) == {"s13"}
    assert (one["neighbour"] == "").all()


def test_interpolate_reaches_the_nearest_only():
    line = np.array([[0.0], [1.0], [10.0], [11.0]])
    base, neighbour, weight = smote.interpolate(line, 200, 1, check_random_state(0))
    assert set(zip(base.tolist(), neighbour.tolist(), strict=True)) == {(0, 1), (1, 0), (2, 3), (3, 2)}
    assert weight.min() >= 0
    assert weight.max() < 1


@pytest.mark.parametrize(("target", "size"), [("smallest", 1), ("median", 3), ("mean", 4), ("largest", 9), (7, 7)])
def test_targets(target, size):
    assert plan.target_size(np.repeat([0, 1, 3, 4], [9, 4, 2, 1]), target) == size


def test_an_unknown_target_is_named():
    with pytest.raises(SgbenchError, match="balance target 'most'"):
        plan.target_size(np.array([0, 1]), "most")


def test_the_class_table_counts_what_was_made():
    rows = rows_of([4, 2]).assign(formula=["A", "A", "B", "B", "C", "C"])
    table = plan.class_table(["x", "y", "z"], rows, make("smote", rows))
    assert table["materials"].tolist() == [2, 1, 0]
    assert table["samples"].tolist() == [4, 2, 0]
    assert table["items"].tolist() == [4, 4, 0]
    assert table["made"].tolist() == [0, 2, 0]


def test_settings_have_the_published_neighbours():
    assert smote.Settings().neighbours == 6
    assert (under.Settings().target, over.Settings().target) == ("median", "largest")
