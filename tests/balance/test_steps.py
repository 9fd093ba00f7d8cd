"""Steps one after the other: what each works on, and what comes out."""

import numpy as np
import pandas as pd
import pytest

from sgbench.balance import adasyn, augment, borderline, cluster, over, smote, under
from sgbench.balance.variant import Variant
from tests.balance.test_plans import generated, images_of, plan_of, rows_of, sizes_of, step

ROWS = rows_of([20, 12, 6, 3])
IMAGES = images_of(ROWS)


def planned(*steps):
    return plan_of(list(steps), ROWS)[0]


@pytest.mark.parametrize(
    ("steps", "sizes"),
    [
        ([step("under", target=10), step("over", target=8)], [10, 10, 8, 8]),
        # The largest class is that of the rows left.
        ([step("cluster", target=10), step("smote")], [10, 10, 10, 10]),
        ([step("under", target=10), step("cluster", target=5), step("physics", target=7, cap=None)], [7, 7, 7, 7]),
        ([step("under", target=10), step("smote", cap=2)], [10, 10, 10, 6]),
        ([step("gan", target=9), step("augment", total=40)], [10, 10, 10, 10]),
        ([step("smote", target=6), step("augment")], [20, 20, 20, 20]),
        ([step("augment", items="all")], [20, 12, 6, 3]),
        ([step("augment", items="all", target="largest")], [20, 20, 20, 20]),
        ([step("over"), step("augment", items="all"), step("balanced_softmax")], [20, 20, 20, 20]),
        ([step("under", target={"class 0": 7}), step("augment", target={"class 3": 9})], [7, 12, 6, 9]),
    ],
    ids=lambda value: "-".join(one["method"] for one in value) if isinstance(value[0], dict) else "",
)
def test_class_sizes(steps, sizes):
    assert sizes_of(planned(*steps)) == sizes


@pytest.mark.parametrize("module", [adasyn, borderline, over, smote], ids=lambda module: module.__name__)
def test_a_step_works_on_what_the_ones_before_left(module):
    left = under.plan(ROWS, under.Settings(10), 0, None)
    first = np.flatnonzero(ROWS["id"].isin(left["id"]))
    again = cluster.plan(ROWS.iloc[first], cluster.Settings(5, clusters=3), 0, lambda at: IMAGES[first[at]])
    second = np.flatnonzero(ROWS["id"].isin(again["id"]))
    expected = module.plan(ROWS.iloc[second], module.Settings(9), 0, lambda at: IMAGES[second[at]])
    method = module.__name__.rpartition(".")[2]
    steps = [step("under", target=10), step("cluster", target=5), step(method, target=9)]
    pd.testing.assert_frame_equal(planned(*steps), expected)


def test_what_searches_and_generates_sees_the_rows_that_are_left():
    few = step("under", target=5)
    kept = set(planned(few)["id"])
    record = Variant([few, step("medium")]).search(ROWS, ROWS, 0, lambda at: IMAGES[at], lambda at: IMAGES[at])
    assert record["level"].iloc[0] == 5
    more = step("physics", target=10, cap=None)
    made = generated(Variant([few, more]), ROWS, 0)
    assert set(made["parent"]) == kept
    assert set(planned(few, more)["id"]) - set(made["id"]) == kept


def test_a_change_keeps_what_was_made():
    made = planned(step("smote", target=15))
    changed = planned(step("smote", target=15), step("augment", items="all"))
    assert (changed["augment"] >= 0).all()
    assert changed["augment"].is_unique
    pd.testing.assert_frame_equal(
        changed.assign(augment=-1), made.sort_values("label", kind="stable", ignore_index=True)
    )
    # Mixed items are repeated as samples are.
    grown = planned(step("smote", target=15), step("augment", total=200))
    again = grown[grown["augment"] >= 0]
    assert (again["neighbour"] != "").any()
    assert set(again["id"] + again["neighbour"] + again["weight"].astype(str)) <= set(
        made["id"] + made["neighbour"] + made["weight"].astype(str)
    )


def test_a_seed_that_an_item_has_stays():
    items = planned(step("none")).assign(augment=[5] + [-1] * (len(ROWS) - 1))
    changed = augment.change(items, augment.Settings("all"), 0)
    assert changed["augment"].iloc[0] == 5


def test_weights_are_of_the_items_that_are_left():
    variant = Variant([step("under", target=6), step("class_weights")])
    plan = variant.plan(ROWS, 0, lambda at: IMAGES[at])
    counts = np.bincount(plan["label"])
    assert counts.tolist() == [6, 6, 6, 3]
    np.testing.assert_allclose(variant.weights(counts), 21 / (4 * counts))
    assert Variant([step("under")]).weights(counts).tolist() == [1, 1, 1, 1]


def test_nothing_is_planned_on_made_items():
    with pytest.raises(ValueError, match="smote makes items, and another step that plans follows"):
        planned(step("smote"), step("over"))
