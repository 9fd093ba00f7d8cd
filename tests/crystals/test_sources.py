import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from sgbench.crystals import read
from sgbench.crystals.crystal import Crystal, Rejected, cell_parameters, find_symmetry
from sgbench.crystals.formula import canonical_formula
from sgbench.crystals.table import from_table, space_group_ranks, tabulate
from sgbench.errors import SgbenchError

GOOD = {
    "id": "x-1",
    "source": "mine",
    "formula": "CsCl",
    "spacegroup": 221,
    "lattice": [4.1, 0, 0, 0, 4.1, 0, 0, 0, 4.1],
    "numbers": [55, 17],
    "frac_coords": [0, 0, 0, 0.5, 0.5, 0.5],
}
BAD = {
    "nine finite numbers": {"lattice": [4.1, 0, 0]},
    "no volume": {"lattice": [4.1, 0, 0, 4.1, 0, 0, 0, 0, 4.1]},
    "2 atomic numbers but 3 coordinates": {"frac_coords": [0, 0, 0]},
    "not finite": {"frac_coords": [0, 0, 0, 0.5, 0.5, np.nan]},
    "between 1 and 118": {"numbers": [55, 119]},
    "between 1 and 230": {"spacegroup": 231},
}


def write(path, *rows):
    pd.DataFrame(rows).to_parquet(path)
    return [str(path)]


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_record_is_listed_and_the_others_are_kept(tmp_path, reason):
    paths = write(tmp_path / "mine.parquet", GOOD, {**GOOD, "id": "x-2", **BAD[reason]}, {**GOOD, "id": "x-3"})
    first, second, third = read(paths)
    assert isinstance(first, Crystal)
    assert isinstance(third, Crystal)
    assert isinstance(second, Rejected)
    assert second.id == "x-2"
    assert reason in second.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"spacegroup": 225}, r"declares Fm-3m (225), but the atoms give Pm-3m (221) at 0.01 Å, Pm-3m (221) at 0.1 Å"),
        ({"frac_coords": [0, 0, 0, 0, 0, 0.1]}, "the atoms 1 and 2 (Cs and Cl) are 0.41 Å apart"),
        ({"lattice": [41, 0, 0, 0, 41, 0, 0, 0, 41]}, "3.45e+04 Å³ an atom"),
    ],
)
def test_what_a_record_says_is_checked_against_its_atoms(tmp_path, change, reason):
    records = list(read(write(tmp_path / "mine.parquet", GOOD, {**GOOD, "id": "x-2", **change})))
    _, rejected = tabulate(records)
    assert rejected["id"].tolist() == ["x-2"]
    assert reason in rejected["reason"][0]


def test_a_record_that_is_right_but_for_rounding_is_made_exact(tmp_path):
    rough = {**GOOD, "lattice": [4.1, 0, 0, 0, 4.1, 0, 0, 0, 4.13], "spacegroup_reported": 221}
    table, _ = tabulate(list(read(write(tmp_path / "mine.parquet", GOOD, rough))))
    assert table["confirmed_at_A"].tolist() == [0.01, 0.1]
    assert table["spacegroup_reported"].tolist() == [0, 221]
    strict, rejected = tabulate(list(read(write(tmp_path / "mine.parquet", GOOD, rough))), 1, 0.01)
    assert strict["confirmed_at_A"].tolist() == [0.01]
    assert rejected["reason"].tolist() == ["its space group 221 is not stated and confirmed at 0.01 Å"]
    exact = list(from_table(table))[1]
    assert find_symmetry(exact.lattice, exact.frac_coords, exact.numbers).number == 221


def test_a_missing_id_and_another_formula_are_reasons(tmp_path):
    missing, other = read(write(tmp_path / "mine.parquet", {**GOOD, "id": None}, {**GOOD, "formula": "CsCl2"}))
    assert missing == Rejected("mine", "", "mine.parquet, row 1: the id is missing")
    assert other.reason == "the formula is CsCl2, but the atoms give CsCl"


def test_formulas_are_of_one_order_however_they_are_written(tmp_path):
    (record,) = read(write(tmp_path / "mine.parquet", {**GOOD, "formula": "Cl4 Cs4"}))
    assert record.formula == "CsCl"
    assert [canonical_formula(text) for text in ("Cl4 Na4", "Mg(OH)2", "sample 7")] == ["NaCl", "Mg(HO)2", "sample 7"]


def test_text_for_numbers_is_a_reason(tmp_path):
    (record,) = read(write(tmp_path / "mine.parquet", {**GOOD, "numbers": ["Cs", "Cl"]}))
    assert record.reason == "a value is missing or not a number"


def test_missing_columns_are_named(tmp_path):
    row = {key: value for key, value in GOOD.items() if key not in ("lattice", "id")}
    with pytest.raises(SgbenchError, match=r"mine\.parquet: columns missing: id, lattice"):
        list(read(write(tmp_path / "mine.parquet", row)))


def test_a_source_without_a_usable_crystal_is_an_error(tmp_path):
    paths = write(tmp_path / "mine.parquet", {**GOOD, "spacegroup": 0})
    with pytest.raises(SgbenchError, match="no usable crystal in 1 records"):
        tabulate(list(read(paths)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SgbenchError, match=r"empty: no \*\.cif file"):
        list(read([str(tmp_path / "empty")]))


def test_a_folder_of_cifs_is_an_equal_source(tmp_path):
    salt = Structure.from_spacegroup(225, Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    salt.to(str(tmp_path / "a-salt.cif"))
    alloy = Structure(Lattice.cubic(3.6), [{"Cu": 0.5, "Au": 0.5}], [[0, 0, 0]])
    alloy.to(str(tmp_path / "b-alloy.cif"))
    (tmp_path / "c-broken.cif").write_text("this is no CIF")
    (tmp_path / "notes.txt").write_text("ignored")
    accepted, rejected = tabulate(list(read([str(tmp_path)])))
    assert accepted[["material", "formula", "space_group"]].to_numpy().tolist() == [
        [f"{tmp_path.name}/a-salt", "NaCl", 225]
    ]
    assert accepted["a"][0] == pytest.approx(5.64)
    assert rejected["id"].tolist() == ["b-alloy", "c-broken"]
    assert "disordered" in rejected["reason"][0]
    assert "not readable as CIF" in rejected["reason"][1]


def test_the_table_describes_each_crystal(some_crystals, records):
    assert len(some_crystals) == 297
    assert some_crystals["id"].is_unique
    row = records[(records["id"] == some_crystals["material"][5]) & (records["source"] == some_crystals["source"][5])]
    structure = Structure(
        Lattice(row["lattice"].iloc[0].reshape(3, 3)),
        row["numbers"].iloc[0],
        row["frac_coords"].iloc[0].reshape(-1, 3),
    )
    theirs = SpacegroupAnalyzer(structure, 0.01)
    assert some_crystals["space_group"][5] == theirs.get_space_group_number()
    assert some_crystals["crystal_system"][5] == theirs.get_crystal_system()
    assert some_crystals["volume_per_atom"][5] == pytest.approx(structure.volume / len(structure), rel=1e-4)
    assert structure.composition.reduced_formula == some_crystals["formula"][5]


def test_conventional_cells_agree_with_pymatgen_for_cubic_crystals(some_crystals):
    cubic = some_crystals[some_crystals["crystal_system"] == "cubic"].head(10)
    for row, crystal in zip(cubic.itertuples(), from_table(cubic), strict=True):
        structure = Structure(Lattice(crystal.lattice), crystal.numbers, crystal.frac_coords)
        theirs = SpacegroupAnalyzer(structure, 0.01).get_conventional_standard_structure().lattice
        assert (row.a, row.b, row.c) == pytest.approx(theirs.abc, abs=1e-3)


def test_the_table_gives_back_its_crystals(some_crystals):
    first = next(from_table(some_crystals))
    np.testing.assert_array_equal(first.lattice.ravel(), some_crystals["lattice"][0])
    assert first.numbers.tolist() == some_crystals["numbers"][0].tolist()


def test_workers_do_not_change_the_table(tmp_path, records):
    path = tmp_path / "few.parquet"
    records.head(40).to_parquet(path)
    alone, together = (tabulate(list(read([str(path)])), workers)[0] for workers in (1, 2))
    pd.testing.assert_frame_equal(alone, together)


def test_repeated_ids_become_unique(tmp_path):
    table, _ = tabulate(list(read(write(tmp_path / "mine.parquet", GOOD, GOOD, GOOD))))
    assert table["id"].tolist() == ["mine/x-1", "mine/x-1#2", "mine/x-1#3"]


def test_cell_parameters_agree_with_pymatgen():
    lattice = Lattice.from_parameters(3, 4, 5, 80, 95, 110)
    assert cell_parameters(lattice.matrix) == pytest.approx(lattice.parameters)


def test_ranks_count_materials_not_records():
    table = pd.DataFrame({"formula": ["A", "A", "A", "B", "C"], "space_group": [1, 1, 1, 2, 2]})
    assert space_group_ranks(table).tolist() == [2, 2, 2, 1, 1]
