import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sgbench.samples.dedup import CellTolerance, by_cell, by_image, keep_all

CELL = {"a": 5.0, "b": 5.0, "c": 7.0, "alpha": 90.0, "beta": 90.0, "gamma": 120.0}


def samples(*changes):
    rows = [{"id": f"s{n}", "formula": "AB", "space_group": 194, **CELL, **change} for n, change in enumerate(changes)]
    return pd.DataFrame(rows)


def test_nearly_equal_cells_are_one_crystal():
    table = by_cell(samples({}, {"a": 5.09}, {"a": 5.11}, {"gamma": 121.5}), CellTolerance())
    assert table["kept"].tolist() == [True, False, True, True]
    assert table["duplicate_of"].tolist() == ["", "s0", "", ""]
    assert table["reason"][1] == "same formula and space group, cell edges within 1.80 %"


def test_another_formula_or_group_is_another_crystal():
    assert by_cell(samples({}, {"formula": "AC"}, {"space_group": 166}), CellTolerance())["kept"].all()


def test_beam_energies_are_no_duplicates():
    rows = [{"energy_kev": 100.0}, {"energy_kev": 110.0}, {"energy_kev": 110.0, "a": 5.01}]
    assert by_cell(samples(*rows), CellTolerance())["duplicate_of"].tolist() == ["", "", "s1"]


def test_equal_images_are_one_whatever_they_are_called():
    table = by_image(samples({"image": "x"}, {"image": "y"}, {"image": "x", "formula": "AC"}))
    assert table["kept"].tolist() == [True, True, False]
    assert table["duplicate_of"].tolist() == ["", "", "s0"]
    assert table["reason"].tolist() == ["", "", "same image"]
    assert table.dtypes.equals(keep_all(samples({})).dtypes)


def test_keeping_all_keeps_all():
    assert keep_all(samples({}, {}))["kept"].all()


def test_real_crystals(some_crystals):
    table = by_cell(some_crystals, CellTolerance())
    assert table["id"].tolist() == some_crystals["id"].tolist()
    kept = set(table.loc[table["kept"], "id"])
    dropped = table[~table["kept"]]
    assert len(dropped)
    assert set(dropped["duplicate_of"]) <= kept
    # Each pair is what it says, and no two kept samples are.
    cells = some_crystals.set_index("id")[[*CELL]]
    ratio = cells.loc[dropped["id"]].to_numpy()[:, :3] / cells.loc[dropped["duplicate_of"]].to_numpy()[:, :3]
    assert np.abs(ratio - 1).max() <= 0.02
    again = by_cell(some_crystals[table["kept"].to_numpy()], CellTolerance())
    assert again["kept"].all()


@given(count=st.integers(0, 60), seed=st.integers(0, 1000))
def test_rounds_find_what_a_plain_loop_finds(count, seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({key: np.full(count, value) for key, value in CELL.items()})
    table["a"] *= rng.choice([1, 1.015, 1.03, 1.045, np.nan], count)
    table = table.assign(id=[f"s{n}" for n in range(count)], formula=rng.choice(["A", "B"], count).astype(str))
    table["space_group"] = rng.integers(1, 3, count)
    expected, originals = [], []
    for row in table.itertuples():
        match = next(
            (
                kept.id
                for kept in originals
                if (kept.formula, kept.space_group) == (row.formula, row.space_group)
                and abs(kept.a / row.a - 1) <= 0.02
            ),
            "",
        )
        expected.append(match)
        originals += [] if match else [row]
    assert by_cell(table, CellTolerance())["duplicate_of"].tolist() == expected
