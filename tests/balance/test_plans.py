import importlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgbench.balance import adasyn, borderline, over, plan, smote, under
from sgbench.balance.variant import Variant
from sgbench.crystals.crystal import Cell, Crystal
from sgbench.errors import SgbenchError
from tests.kinds import names

GENERATING = names("balances", generates=True)
LOSSES = names("balances", step="loss", weighs=False, corrects=False)
MAKING = names("balances", makes=True)
MEASURING = names("balances", measures=True)  # of powder patterns only; see test_diffractometer.py
SEARCHING = names("balances", searches=True)
WEIGHTS = names("balances", weighs=True)
METHODS = sorted(names("balances"))
MODULES = {name: importlib.import_module(f"sgbench.balance.{name}") for name in METHODS}
UNCHANGED = names("balances", step="loss")
ORDER = [sorted(names("balances", step=step)) for step in ("sample", "make", "change", "loss")]
# As small as the data of these tests.
QUICK = {
    "medium": {"trees": 3},
    "cluster": {"clusters": 3},
    "gan": {"steps": 1, "width": 8, "batch_size": 4},
    "physics": {"cap": 1.3},
}
MADE_BY = {"simulate": "powder", "bins": 64}


def rows_of(sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = pd.DataFrame({"id": [f"s{number}" for number in range(len(labels))], "label": labels})
    name = pd.Categorical.from_codes(labels, [f"class {number}" for number in range(len(sizes))])
    return rows.assign(formula=rows["id"], space_group=1, name=name)


def images_of(rows):
    return np.random.default_rng(0).random((len(rows), 1, 8, 8), np.float32)


def crystals(positions):
    """Return rock salts with a cell that grows with the position."""
    fcc = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    coords, numbers = np.vstack([fcc, (fcc + 0.5) % 1]), np.repeat([11, 17], 4)
    cells = [Cell(np.eye(3) * (5 + 0.1 * position), numbers, coords) for position in positions]
    return [Crystal("x", "y", "NaCl", 225, **cell._asdict(), standard=cell) for cell in cells]


def generated(variant, rows, seed):
    images = images_of(rows)
    items = list(variant.generate(rows, seed, lambda at: images[at], crystals, MADE_BY))
    table = [(f"new{number}", item.label, item.parent) for number, item in enumerate(items)]
    return pd.DataFrame(table, columns=["id", "label", "parent"]).astype({"label": int})


def plan_of(steps, rows, seed=0, dev=None):
    """Plan as the workflow does, and return the table of what was generated as well."""
    variant, methods = Variant(steps), {step["method"] for step in steps}
    dev = rows if dev is None else dev
    images, dev_images = images_of(rows), images_of(dev)
    search, new = [], []
    if SEARCHING & methods:
        search = [variant.search(rows, dev, seed, lambda at: images[at], lambda at: dev_images[at])]
    if GENERATING & methods:
        new = [generated(variant, rows, seed)]
    return variant.plan(rows, seed, lambda at: images[at], *search, *new), new


def make(method, rows, seed=0, dev=None, **values):
    return plan_of([step(method, **values)], rows, seed, dev)[0]


def step(method, **values):
    return {"method": method, **QUICK.get(method, {}), **values}


def sizes_of(table):
    return table["label"].value_counts().sort_index().tolist()


@st.composite
def steps_with(draw, method):
    """A step among others, in the order that the configuration lets pass."""
    if method == "none":
        return [step("none")]
    drawn = [[step(name) for name in draw(st.lists(st.sampled_from(ORDER[0]), max_size=2))]]
    drawn += [[step(name)] if (name := draw(st.sampled_from(["", *names]))) else [] for names in ORDER[1:]]
    place = next(place for place, names in enumerate(ORDER) if method in names)
    drawn[place] = [step(method)]
    for changing in drawn[2]:
        if changing["method"] == "augment":
            changing["items"] = draw(st.sampled_from(["repeats", "all"]))
    return [one for several in drawn for one in several]


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=12, deadline=None)
@given(
    data=st.data(),
    sizes=st.lists(st.integers(1, 12), min_size=2, max_size=5),
    parts=st.randoms(use_true_random=False),
    seed=st.integers(0, 3),
)
def test_a_plan_holds_training_rows_only(method, data, sizes, parts, seed):
    steps = data.draw(steps_with(method))
    samples = rows_of(sizes)
    part = pd.Series(parts.choices(["train", "dev", "test"], [2, 1, 1], k=len(samples)))
    # A class may lack any part, but two are learnt, and the probe of the medium has someone to judge.
    part[0] = part[sizes[0]] = "train"
    rows, dev = samples[part == "train"], samples[part == "dev"]
    dev = pd.concat([dev, samples[:1].assign(id="judge")])
    table, new = plan_of(steps, rows, seed, dev)
    label_of = rows.set_index("id")["label"]
    for added in new:
        assert set(added["parent"]) <= {"", *rows["id"]}
        label_of = pd.concat([label_of, added.set_index("id")["label"]])
    assert (label_of[table["id"]].to_numpy() == table["label"]).all()
    mixed = table[table["neighbour"] != ""]
    assert (label_of[mixed["neighbour"]].to_numpy() == mixed["label"]).all()
    assert set(table["label"]) == set(rows["label"])
    assert table["weight"].between(0, 1).all()
    assert table.columns.tolist() == ["id", "label", "neighbour", "weight", "augment"]
    if any(one.get("items") == "all" or one["method"] in MEASURING for one in steps):
        assert (table["augment"] >= 0).all()
    pd.testing.assert_frame_equal(table, plan_of(steps, rows, seed, dev)[0])


@pytest.mark.parametrize("method", sorted(UNCHANGED))
def test_loss_variants_change_no_sample(method):
    rows = rows_of([9, 5, 2, 1])
    pd.testing.assert_frame_equal(make(method, rows), make("none", rows))


def test_the_schema_says_what_each_method_is():
    assert {name for name, module in MODULES.items() if hasattr(module, "search")} == SEARCHING
    assert {name for name, module in MODULES.items() if hasattr(module, "generate")} == GENERATING
    assert {name for name, module in MODULES.items() if hasattr(module, "Loss")} == LOSSES
    assert {name for name, module in MODULES.items() if hasattr(module, "weights")} - LOSSES == WEIGHTS
    assert {name for name, module in MODULES.items() if hasattr(module, "expected")} == names("balances", corrects=True)
    rows = rows_of([20, 12, 9])
    assert {name for name in METHODS if plan.made_items(make(name, rows), rows["id"]).any()} == MAKING


def test_class_sizes():
    rows = rows_of([9, 5, 2, 1])
    assert sizes_of(make("none", rows)) == [9, 5, 2, 1]
    assert sizes_of(make("under", rows, target="smallest")) == [1, 1, 1, 1]
    assert sizes_of(make("under", rows, target=4)) == [4, 4, 2, 1]
    assert sizes_of(make("cluster", rows, target=4)) == [4, 4, 2, 1]
    assert sizes_of(make("over", rows, target="largest")) == [9, 9, 9, 9]
    assert sizes_of(make("smote", rows, target=6)) == [9, 6, 6, 6]
    assert sizes_of(make("smote", rows, target="largest", cap=2)) == [9, 9, 4, 2]
    assert sizes_of(make("over", rows, target=6, cap=1.5)) == [9, 6, 3, 1]


def test_over_and_under_keep_and_lose_as_they_should():
    rows = rows_of([9, 5, 2])
    assert set(make("over", rows)["id"]) == set(rows["id"])
    assert not make("under", rows, target="median")["id"].duplicated().any()
    assert not make("cluster", rows, target="median")["id"].duplicated().any()


def test_seeds_differ():
    rows = rows_of([30, 10])
    for method in ("under", "cluster"):
        one, two = (make(method, rows, seed, target=5)["id"].tolist() for seed in (1, 2))
        assert one != two
    assert make("over", rows, 1)["id"].tolist() != make("over", rows, 2)["id"].tolist()
    for method in ("smote", "borderline", "adasyn"):
        assert make(method, rows, 1)["weight"].tolist() != make(method, rows, 2)["weight"].tolist()


@pytest.mark.parametrize("method", ["smote", "adasyn", "borderline"])
def test_few_samples_use_what_there_is(method, caplog):
    with caplog.at_level("INFO"):
        made = make(method, rows_of([10, 3, 1]), neighbours=6)
    three = made[(made["label"] == 1) & (made["neighbour"] != "")]
    assert len(three) in ((6, 7, 8) if method == "adasyn" else (0, 7) if method == "borderline" else (7,))
    assert (three["id"] != three["neighbour"]).all()
    one = made[made["label"] == 2]
    assert len(one) == 10
    assert set(one["id"]) == {"s13"}
    assert (one["neighbour"] == "").all()
    assert "class 2 has one training sample: it is repeated 9 times" in caplog.text
    if len(three):
        assert "class 1: 3 training samples, 2 neighbours instead of 6" in caplog.text


@pytest.mark.parametrize(
    ("target", "size"), [("smallest", 1), ("median", 3), ("mean", 4), ("largest", 9), (7, 7), (0.5, 4), (1.0, 9)]
)
def test_targets(target, size):
    rows = rows_of([9, 4, 2, 1]).assign(label=np.repeat([0, 1, 3, 4], [9, 4, 2, 1]))
    assert plan.target_sizes(rows, target) == dict.fromkeys([0, 1, 3, 4], size)


def test_targets_by_class():
    names = ["P1 (1)", "Fm-3m (225)", "Pm-3m (221)"]
    rows = rows_of([9, 4]).assign(name=pd.Categorical.from_codes([0] * 9 + [1] * 4, names))
    assert plan.target_sizes(rows, {"P1 (1)": 5, "225": 6}) == {0: 5, 1: 6}
    assert plan.target_sizes(rows, {225: 6}) == {1: 6}
    # A class of the task that has no training row cannot grow.
    assert plan.target_sizes(rows, {221: 6}) == {}
    assert sizes_of(make("smote", rows, target={225: 7})) == [9, 7]
    assert sizes_of(make("under", rows, target={1: 7})) == [7, 4]
    with pytest.raises(SgbenchError, match=r"no class 2; classes: P1 \(1\), .*225"):
        plan.target_sizes(rows, {2: 5})


@pytest.mark.parametrize("target", ["most", 0, 1.5, -0.5])
def test_an_unknown_target_is_named(target):
    with pytest.raises(SgbenchError, match=f"balance target {target!r}"):
        plan.target_sizes(rows_of([2, 1]), target)


def test_the_class_table_counts_what_was_made():
    rows = rows_of([4, 2, 1]).assign(formula=["A", "A", "B", "B", "C", "C", "D"])
    table = plan.class_table(["x", "y", "z", "none"], rows, make("smote", rows))
    assert table["materials"].tolist() == [2, 1, 1, 0]
    assert table["samples"].tolist() == [4, 2, 1, 0]
    assert table["items"].tolist() == [4, 4, 4, 0]
    assert table["made"].tolist() == [0, 2, 0, 0]
    assert table["repeated"].tolist() == [0, 0, 3, 0]


def test_settings_have_the_published_values():
    assert smote.Settings().neighbours == 6
    assert adasyn.Settings().neighbours == 5
    assert borderline.Settings().variant == 1
    assert (under.Settings().target, over.Settings().target) == ("median", "largest")
