"""Training items of synthetic crystals: as many as asked for, from the training crystals and from nothing else."""

import numpy as np
import pandas as pd
import pytest

from sgbench.balance import synthetic
from sgbench.balance.plan import class_table
from sgbench.crystals.symmetry import symbol
from sgbench.crystals.table import crystals_of, from_table
from sgbench.files import write_table
from sgbench.samples.redistribute import Ratio, by_material, withheld

POWDER = {"simulate": "powder", "bins": 256, "resolution": "low"}
MADE_BY = {
    "powder": POWDER,
    "fingerprint": {"simulate": "fingerprint", "pixels": 16, "pixel_size_m": 0.0016},
}
GROUPS = [62, 166, 225, 230]


@pytest.fixture(scope="module")
def rows(some_crystals):
    """Eight, three and one crystals of three space groups; a fourth class has none."""
    parts = [
        some_crystals[some_crystals["space_group"] == group].head(size)
        for group, size in zip(GROUPS, (8, 3, 1), strict=False)
    ]
    labels = np.repeat([0, 1, 2], list(map(len, parts)))
    names = [f"{symbol(group)} ({group})" for group in GROUPS]
    return pd.concat(parts, ignore_index=True).assign(label=labels, name=pd.Categorical.from_codes(labels, names))


def generate(rows, made_by=POWDER, seed=0, **settings):
    crystals = list(from_table(rows))
    chosen = synthetic.Settings(**settings)
    return list(synthetic.generate(rows, chosen, seed, None, lambda at: [crystals[n] for n in at], made_by))


def planned(rows, items, **settings):
    table = pd.DataFrame({"id": [f"g{n}" for n in range(len(items))], "label": [item.label for item in items]})
    return synthetic.plan(rows, synthetic.Settings(**settings), 0, None, table)


@pytest.mark.parametrize("made_by", MADE_BY.values(), ids=MADE_BY)
def test_classes_come_up_to_the_target_those_without_crystals_too(rows, made_by):
    items = generate(rows, made_by)
    assert [item.label for item in items] == [1] * 5 + [2] * 7 + [3] * 8
    assert [item.drawn["space_group"] for item in items] == [166] * 5 + [225] * 7 + [230] * 8
    assert all(item.parent == "" for item in items)
    assert len({item.image.tobytes() for item in items}) == len(items)
    again, other = generate(rows, made_by), generate(rows, made_by, seed=1)
    assert all(np.array_equal(one.image, two.image) for one, two in zip(items, again, strict=True))
    assert not np.array_equal(items[0].image, other[0].image)
    plan = planned(rows, items)
    assert plan["label"].value_counts().to_dict() == {0: 8, 1: 8, 2: 8, 3: 8}
    assert set(rows["id"]) <= set(plan["id"])
    assert class_table(list(rows["name"].cat.categories), rows, plan)["made"].tolist() == [0, 5, 7, 8]


@pytest.mark.parametrize(("share", "made"), [(1.0, [6, 6, 6, 6]), (0.5, [3, 3, 3, 6])])
def test_the_share_of_synthetic_items_is_met(rows, share, made):
    items = generate(rows, target=6, share=share)
    assert np.bincount([item.label for item in items]).tolist() == made
    plan = planned(rows, items, target=6, share=share)
    assert plan["label"].value_counts().sort_index().tolist() == [6, 6, 6, 6]
    samples = plan[plan["id"].isin(rows["id"])]
    assert len(samples) == 24 - sum(made)
    assert (samples.merge(rows, on="id")["label_x"] == samples.merge(rows, on="id")["label_y"]).all()
    # Each sample once before any is there twice.
    assert samples.loc[samples["label"] == 0, "id"].is_unique


def test_targets_by_class_and_caps(rows):
    items = generate(rows, target={"230": 2, "166": 4})
    assert [item.label for item in items] == [1, 3, 3]
    assert [item.label for item in generate(rows, cap=2)] == [1, 1, 1, 2]


def test_a_class_of_several_groups_has_them_as_its_samples_do(rows, caplog):
    mixed = rows.assign(label=np.where(rows["space_group"] == 62, 0, 1))
    mixed = mixed.assign(name=pd.Categorical.from_codes(mixed["label"], ["orthorhombic", "other"]))
    items = generate(mixed, target=12)
    groups = pd.Series([item.drawn["space_group"] for item in items if item.label == 1])
    assert groups.value_counts().to_dict() == {166: 6, 225: 2}
    unnamed = mixed.assign(name=pd.Categorical.from_codes(mixed["label"], ["orthorhombic", "other", "cubic"]))
    with caplog.at_level("INFO"):
        assert {item.label for item in generate(unnamed, target=12)} == {0, 1}
    assert "class 2: no training sample says its space groups" in caplog.text


def test_no_crystal_but_the_training_ones_is_behind_an_item(rows, some_crystals, tmp_path):
    """Whatever becomes of the others, dev and test among them, the items stay what they are, to the last bit."""
    made = {}
    for name, held_back in {"as they are": 1.0, "changed": 1.3}.items():
        table = some_crystals.copy()
        others = ~table["id"].isin(rows["id"])
        for column in ("lattice", "standard_lattice"):
            table.loc[others, column] = table.loc[others, column].map(lambda lattice, by=held_back: lattice * by)
        table.loc[others, "space_group"] = 1
        write_table(table, tmp_path / f"{name}.parquet")
        crystals = crystals_of(tmp_path / f"{name}.parquet", rows, "id")
        made[name] = list(synthetic.generate(rows, synthetic.Settings(), 0, None, crystals, POWDER))
    for one, other in zip(made["as they are"], made["changed"], strict=True):
        assert one.drawn == other.drawn
        assert one.image.tobytes() == other.image.tobytes()
    # A training crystal is.
    fewer = generate(rows[1:].reset_index(drop=True))
    assert fewer[0].drawn["statistics"] != made["changed"][0].drawn["statistics"]


def test_a_withheld_group_is_drawn_from_the_crystals_of_others(some_crystals, tmp_path):
    split = by_material(some_crystals, Ratio(), 0, withhold=3)
    rows = some_crystals[(split["part"] == "train").to_numpy()]
    group = int(withheld(some_crystals, 3, 0)[0])
    labels = (rows["space_group"] != 225).astype(int)
    names = pd.Categorical.from_codes(labels, ["Fm-3m (225)", "others", f"{symbol(group)} ({group})"])
    rows = rows.assign(label=labels, name=names).reset_index(drop=True)
    made = []
    for table in (some_crystals, rows):
        write_table(table, tmp_path / "crystals.parquet")
        crystals = crystals_of(tmp_path / "crystals.parquet", rows, "id")
        made.append(
            list(synthetic.generate(rows, synthetic.Settings(target={str(group): 2}), 0, None, crystals, POWDER))
        )
    # As though the crystals of dev and test, all those of the group among them, had never been.
    assert [item.drawn for item in made[0]] == [item.drawn for item in made[1]]
    assert [item.drawn["space_group"] for item in made[0]] == [group, group]


def test_a_crystal_without_a_pattern_is_missed(rows, caplog):
    with caplog.at_level("INFO"):
        items = generate(rows, {"simulate": "powder", "two_theta_deg": [0.001, 0.002]}, target={"230": 2, "166": 5})
    assert items == []
    assert "class 3: 2 of 2 synthetic crystals have no pattern" in caplog.text
    plan = planned(rows, items, target={"230": 2, "166": 5})
    assert plan["label"].value_counts().to_dict() == {0: 8, 1: 5, 2: 1}
