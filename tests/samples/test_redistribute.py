import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgbench.errors import SgbenchError
from sgbench.samples.redistribute import (
    FEW,
    PARTS,
    Ratio,
    audit,
    by_material,
    by_origin,
    by_sample,
    by_structure_type,
    materials,
    typed,
    withheld,
)


@st.composite
def sample_tables(draw):
    count = draw(st.integers(1, 80))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    return pd.DataFrame(
        {
            "id": [f"s{number}" for number in range(count)],
            "material": [f"m{number}" for number in rng.integers(0, count, count)],
            "formula": [f"F{number}" for number in rng.integers(0, count, count)],
            "space_group": rng.integers(1, 6, count),
            "image": [f"i{number}" for number in range(count)],
        }
    )


@given(samples=sample_tables(), seed=st.integers(0, 5))
def test_by_material_loses_nothing_and_leaks_nothing(samples, seed):
    split = by_material(samples, Ratio(), seed)
    assert split["id"].tolist() == samples["id"].tolist()
    report = audit(split, samples)
    assert report["dev"]["share_in_train"] == report["test"]["share_in_train"] == 0
    assert sum(report[part]["samples"] for part in PARTS) == len(samples)


@given(samples=sample_tables(), seed=st.integers(0, 5), types=st.integers(1, 40))
def test_by_structure_type_loses_nothing_and_shares_no_type(samples, seed, types):
    drawn = np.random.default_rng(seed).integers(0, types, len(samples))
    samples = samples.assign(structure_type=[f"AB {number}" for number in drawn])
    split = by_structure_type(samples, Ratio(), seed)
    assert split["id"].tolist() == samples["id"].tolist()
    parts = split.merge(samples, on="id").groupby("structure_type")["part"].nunique()
    assert (parts == 1).all()
    report = audit(split, samples)
    for part in ("dev", "test"):
        assert report[part]["share_in_train"] == report[part]["share_of_types_in_train"] == 0
        assert report[part]["structure_types_in_train"] == 0
    assert sum(report[part]["structure_types"] for part in PARTS) == samples["structure_type"].nunique()


def test_a_split_by_material_shares_structure_types():
    count = 400
    samples = pd.DataFrame({"id": map(str, range(count)), "material": range(count), "formula": range(count)}).astype(
        str
    )
    samples = samples.assign(space_group=1, image=samples["id"])
    types = samples[["id", "material"]].assign(structure_type=[f"AB {number // 40}" for number in range(count)])
    # By material, as samples of files are known.
    samples = typed(samples.assign(id=[f"batch/{number}" for number in range(count)]), types, "material")
    shared = audit(by_material(samples, Ratio(), 0), samples)["test"]
    assert shared["share_in_train"] == 0
    assert shared["structure_types_in_train"] == shared["structure_types"] == 10
    assert shared["share_of_types_in_train"] == 1
    parts = by_structure_type(samples, Ratio(1, 1, 1), 0)["part"]
    assert parts.value_counts().max() <= 4 * 40


@given(samples=sample_tables(), seed=st.integers(0, 5), copy_below=st.integers(0, 40))
def test_by_sample_loses_nothing_and_copies_small_groups(samples, seed, copy_below):
    split = by_sample(samples, Ratio(), copy_below, seed)
    assert set(split["id"]) == set(samples["id"])
    size = samples.groupby("space_group")["id"].transform("size").to_numpy()
    copies = split.groupby("id")["part"].nunique()[samples["id"]].to_numpy()
    assert (copies == np.where(size < copy_below, 3, 1)).all()
    assert not split.duplicated().any()


def test_the_ratio_is_met(some_crystals):
    share = by_material(some_crystals, Ratio(7, 1, 1), 0)["part"].value_counts(normalize=True)
    assert share["train"] == pytest.approx(7 / 9, abs=0.03)
    counts = by_material(some_crystals, Ratio(1, 1, 1), 0)["part"].value_counts()
    assert counts.max() - counts.min() < 12


def test_a_large_group_meets_the_ratio_by_itself():
    samples = pd.DataFrame({"id": map(str, range(900)), "material": range(900), "formula": range(900)})
    samples = samples.astype(str).assign(space_group=np.repeat([1, 2], [450, 450]))
    parts = by_material(samples, Ratio(), 3).merge(samples, on="id").groupby("space_group")["part"].value_counts()
    assert (parts.xs("train", level="part").to_numpy() == 350).all()


def test_a_seed_is_a_split(some_crystals):
    one, same, other = (by_material(some_crystals, Ratio(), seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert (one["part"] != other["part"]).any()


def test_materials_are_linked_by_id_and_by_formula():
    samples = pd.DataFrame(
        {
            "material": ["m1", "m1", "m2", "m3", "m4"],
            "formula": ["A", "B", "B", "C", "A"],
            "space_group": [1, 1, 1, 1, 2],
        }
    )
    numbers = materials(samples)
    assert numbers[0] == numbers[1] == numbers[2]
    assert len({numbers[0], numbers[3], numbers[4]}) == 3


def test_the_audit_sees_the_leak():
    samples = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e"],
            "material": ["m", "m", "n", "o", "p"],
            "formula": ["F", "F", "G", "H", "I"],
            "space_group": [1, 1, 2, 2, 3],
            "image": ["i", "j", "i", "k", "l"],
        }
    )
    split = pd.DataFrame({"id": ["a", "b", "c", "d", "e"], "part": ["train", "test", "test", "test", "test"]})
    report = audit(split, samples)
    assert report["test"] == {
        "samples": 4,
        "materials": 4,
        "space_groups": 3,
        "space_groups_in_train": 1,
        "materials_in_train": 1,
        "images_in_train": 1,
        "share_in_train": 0.5,
    }


@given(samples=sample_tables(), seed=st.integers(0, 5), train_below=st.integers(0, 30))
def test_groups_too_small_stay_in_train(samples, seed, train_below):
    parts = {
        "materials": by_material(samples, Ratio(1, 1, 1), seed, train_below).assign(number=materials(samples)),
        "samples": by_sample(samples, Ratio(1, 1, 1), 0, seed, train_below).assign(number=range(len(samples))),
    }
    for split in parts.values():
        assert split["id"].tolist() == samples["id"].tolist()
        # A material counts for the group of its first record.
        first = samples.assign(number=split["number"].to_numpy()).groupby("number")["space_group"].first()
        small = set((sizes := first.value_counts())[sizes < train_below].index)
        held = split["number"].map(first).isin(small)
        assert (split.loc[held, "part"] == "train").all()
    assert by_material(samples, Ratio(), seed).equals(by_material(samples, Ratio(), seed, 0))


@given(samples=sample_tables(), seed=st.integers(0, 5), types=st.integers(1, 40), train_below=st.integers(0, 30))
def test_training_and_dev_have_no_crystal_of_what_is_withheld(samples, seed, types, train_below):
    drawn = np.random.default_rng(seed).integers(0, types, len(samples))
    samples = samples.assign(structure_type=[f"AB {number}" for number in drawn])
    known = samples.assign(number=materials(samples)).drop_duplicates(["number", "space_group"])
    small = (sizes := known["space_group"].value_counts())[sizes < FEW].index
    count = min(2, len(small))
    away = withheld(samples, count, seed)
    assert len(set(away)) == count and set(away) <= set(small)
    for draw in (by_material, by_structure_type):
        split = draw(samples, Ratio(), seed, train_below, withhold=count)
        assert split["id"].tolist() == samples["id"].tolist()
        parts = split.merge(samples, on="id")
        assert set(parts.loc[parts["space_group"].isin(away), "part"]) <= {"test"}
        report = audit(split, samples)
        assert report["test"]["space_groups"] - report["test"]["space_groups_in_train"] >= count
        assert report["dev"]["share_in_train"] == report["test"]["share_in_train"] == 0
        assert draw(samples, Ratio(), seed, train_below).equals(draw(samples, Ratio(), seed, train_below, 0))
    with pytest.raises(SgbenchError, match=rf"withhold: {len(small) + 1} .* there are {len(small)}"):
        withheld(samples, len(small) + 1, seed)


def test_what_is_not_withheld_still_meets_the_ratio(some_crystals):
    split = by_material(some_crystals, Ratio(7, 1, 1), 0, withhold=10)
    kept = split[~some_crystals["space_group"].isin(withheld(some_crystals, 10, 0)).to_numpy()]
    assert kept["part"].value_counts(normalize=True)["train"] == pytest.approx(7 / 9, abs=0.03)
    assert set(withheld(some_crystals, 10, 0)) != set(withheld(some_crystals, 10, 1))


def test_original_parts_are_kept():
    samples = pd.DataFrame({"id": ["a", "b"], "partition": ["test", "train"], "file": ["x", "y"]})
    assert by_origin(samples).to_dict("list") == {"id": ["a", "b"], "part": ["test", "train"]}
    with pytest.raises(SgbenchError, match=r"policy original: y is not named batch_PART_N\.h5"):
        by_origin(samples.assign(partition=["test", ""]))


def test_energies_of_a_material_stay_together():
    samples = pd.DataFrame({"id": map(str, range(400)), "material": np.arange(400) // 10})
    samples = samples.assign(formula=samples["material"], space_group=1).astype({"material": str, "formula": str})
    split = by_material(samples, Ratio(), 0)
    assert (split["part"].to_numpy().reshape(40, 10) == split["part"].to_numpy()[::10, None]).all()
