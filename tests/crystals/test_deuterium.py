"""Deuterium is an isotope from the file to the pattern, and hydrogen to whoever cannot tell them apart."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sgbench.crystals import read
from sgbench.crystals.crystal import conventional_cell
from sgbench.crystals.formula import canonical_formula, cell_formula, formula_of
from sgbench.crystals.table import from_table, tabulate
from sgbench.crystals.vary import Variation, vary
from sgbench.samples.dedup import CellTolerance, by_cell
from sgbench.simulate import fingerprint, powder

LITHIUM = {
    "source": "mine",
    "spacegroup": 225,
    "lattice": np.ravel((np.ones((3, 3)) - np.eye(3)) * 2.035),
    "numbers": [3, 1],
    "frac_coords": [0, 0, 0, 0.5, 0.5, 0.5],
}


@pytest.fixture
def hydrides(tmp_path):
    """The table of LiH, LiD, and an ordered half-deuterated rock salt."""
    rows = [
        {**LITHIUM, "id": "h", "formula": "LiH", "isotopes": []},
        {**LITHIUM, "id": "d", "formula": "D Li", "isotopes": [0, 2]},
        {
            **LITHIUM,
            "id": "hd",
            "formula": "Li2HD",
            "spacegroup": 123,
            "lattice": np.diag([2.878, 2.878, 4.07]).ravel(),
            "numbers": [3, 3, 1, 1],
            "frac_coords": [0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0.5],
            "isotopes": [0, 0, 0, 2],
        },
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "mine.parquet")
    return tabulate(list(read([str(tmp_path / "mine.parquet")])))[0]


def test_it_survives_the_table_and_is_another_atom_for_symmetry(hydrides):
    assert hydrides["formula"].tolist() == ["LiH", "LiD", "Li2DH"]
    assert hydrides["space_group"].tolist() == [225, 225, 123]
    hydride, deuteride, mixed = from_table(hydrides)
    assert hydride.isotopes is conventional_cell(hydride).isotopes is None
    assert deuteride.numbers.tolist() == [3, 1]
    assert deuteride.isotopes.tolist() == [0, 2]
    for crystal in (deuteride, mixed):
        standard = conventional_cell(crystal)
        heavy = standard.isotopes == 2
        assert set(standard.numbers[heavy]) == {1}
        assert 4 * heavy.mean() == (2 if crystal is deuteride else 1)


def test_it_is_no_duplicate_of_hydrogen(hydrides):
    assert by_cell(hydrides, CellTolerance())["kept"].all()


def test_neutrons_see_it_and_x_rays_do_not(hydrides):
    hydride, deuteride, _ = from_table(hydrides)
    neutrons, all_heavy, xrays = powder.Settings(), powder.Settings(deuterium=True), powder.Settings(radiation="xray")
    assert np.abs(powder.pattern(hydride, neutrons) - powder.pattern(deuteride, neutrons)).max() > 0.5
    np.testing.assert_array_equal(powder.pattern(deuteride, neutrons), powder.pattern(hydride, all_heavy))
    np.testing.assert_allclose(powder.pattern(hydride, xrays), powder.pattern(deuteride, xrays), atol=1e-6)
    images = [fingerprint.simulate(crystal, fingerprint.Settings(), 1) for crystal in (hydride, deuteride)]
    np.testing.assert_array_equal(*images)


def test_a_varied_crystal_keeps_it_or_changes_it_as_any_element(hydrides):
    mixed = list(from_table(hydrides))[2]
    kept = vary(mixed, Variation(substitution=0), seed=0)
    assert kept.isotopes.tolist() == mixed.isotopes.tolist()
    changed = vary(mixed, Variation(substitution=1), seed=0)
    assert changed.isotopes is None
    assert len(set(changed.numbers)) == 3


def test_formulas_name_it():
    assert canonical_formula("D Li") == formula_of([3, 1], [0, 2]) == "LiD"
    assert canonical_formula("D2O") == "D2O"
    assert cell_formula([3, 3, 1, 1], [0, 0, 2, 2]) == "Li2 D2"


@pytest.mark.parametrize("isotopes", [[0, 3], [2, 0], [2]])
def test_other_isotopes_are_refused(tmp_path, isotopes):
    pd.DataFrame([{**LITHIUM, "id": "t", "formula": "LiH", "isotopes": isotopes}]).to_parquet(tmp_path / "mine.parquet")
    (record,) = read([str(tmp_path / "mine.parquet")])
    assert "isotope" in record.reason


def test_natural_crystals_are_what_they_were(some_crystals):
    crystal = next(from_table(some_crystals))
    zeros = replace(crystal, isotopes=np.zeros(len(crystal.numbers), int))
    np.testing.assert_array_equal(powder.pattern(crystal, powder.Settings()), powder.pattern(zeros, powder.Settings()))
