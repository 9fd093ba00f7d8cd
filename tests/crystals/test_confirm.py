"""Whoever confirms a label, spglib's word is what counts."""

from dataclasses import replace

import numpy as np
import pytest

from sgbench.crystals.confirm import confirmed
from sgbench.crystals.crystal import cell_parameters, conventional_cell, find_symmetry
from sgbench.crystals.table import from_table
from sgbench.errors import SgbenchError


@pytest.fixture(scope="module")
def symmetric(some_crystals):
    """Real crystals of right-angled cells with equal edges, as they were read."""
    rows = some_crystals["crystal_system"].isin(["tetragonal", "cubic"]) & (some_crystals["confirmed_at_A"] == 0.01)
    return [replace(crystal, standard=None) for crystal in from_table(some_crystals[rows])]


def test_label_and_standard_cell_are_those_of_spglib(symmetric):
    quick = 0
    for crystal in symmetric:
        known = confirmed(crystal)
        theirs = find_symmetry(crystal.lattice, crystal.frac_coords, crystal.numbers)
        assert (known.space_group, known.confirmed_at_A) == (theirs.number, 0.01)
        edges = cell_parameters(known.standard.lattice)
        np.testing.assert_allclose(edges, cell_parameters(theirs.std_lattice), rtol=1e-9)
        found = conventional_cell(known)
        for ours, expected in zip(found[:3], (theirs.std_lattice, theirs.std_types, theirs.std_positions), strict=True):
            np.testing.assert_array_equal(ours, expected)
        quick += not len(known.standard.numbers)
    # Else nothing was tested but spglib itself.
    assert quick > 0.9 * len(symmetric)


def test_a_crystal_that_is_nearly_symmetric_is_left_to_spglib(symmetric):
    rng = np.random.default_rng(0)
    right, left = 0, 0
    for crystal in symmetric[:60]:
        amplitude = 10 ** rng.uniform(-3.2, -2.2)
        moved = rng.normal(0, amplitude / np.sqrt(3), crystal.frac_coords.shape) @ np.linalg.inv(crystal.lattice)
        lattice = crystal.lattice + rng.normal(0, amplitude / 3, (3, 3))
        crystal = replace(crystal, lattice=lattice, frac_coords=crystal.frac_coords + moved)
        theirs = find_symmetry(lattice, crystal.frac_coords, crystal.numbers)
        try:
            strict = confirmed(crystal).confirmed_at_A == 0.01
        except SgbenchError:
            strict = False
        assert strict == (theirs is not None and theirs.number == crystal.space_group)
        right, left = right + strict, left + (not strict)
    assert min(right, left) > 5
