"""Wyckoff positions against spglib's, and structure types that do not depend on how a crystal is described."""

from dataclasses import replace

import numpy as np
import pytest
import spglib

from sgbench.crystals.crystal import Crystal, conventional_cell
from sgbench.crystals.structure_type import structure_type
from sgbench.crystals.table import from_table
from sgbench.crystals.wyckoff import operations, orbits_of, permutations, positions


def crystal(space_group, lattice, numbers, coords):
    return Crystal("x", "test", "X", space_group, np.array(lattice, float), np.array(numbers), np.array(coords, float))


def test_there_are_as_many_positions_as_in_the_international_tables():
    assert sum(len(positions(group)) for group in range(1, 231)) == 1731
    for group in range(1, 231):
        assert positions(group)[-1].multiplicity == len(operations(group)[0])
        assert positions(group)[-1].freedom == 3


@pytest.mark.parametrize("group", [2, 15, 62, 70, 136, 148, 167, 194, 205, 221, 227])
def test_positions_have_the_sites_that_spglib_finds(group):
    """The general position in two species makes the space group; a third species is on the position to be told."""
    rng = np.random.default_rng(group)
    rotations, translations = operations(group)
    metric = np.diag(rng.uniform(40, 90, 3)) + rng.uniform(-4, 4, (3, 3))
    lattice = np.linalg.cholesky((rotations.transpose(0, 2, 1) @ (metric + metric.T) @ rotations).mean(axis=0))
    for place in positions(group):
        sites = [rng.random(3), rng.random(3), place.origin + rng.random(place.freedom) @ place.directions]
        orbits = [np.unique(np.round((rotations @ site + translations) % 1, 9) % 1, axis=0) for site in sites]
        assert len(orbits[2]) == place.multiplicity
        coords, numbers = np.concatenate(orbits), np.repeat([1, 2, 3], list(map(len, orbits)))
        found = spglib.get_symmetry_dataset((lattice, coords, numbers), symprec=1e-5)
        assert found.number == group
        assert (found.equivalent_atoms == found.equivalent_atoms[-1]).sum() == place.multiplicity
        on = orbits_of(crystal(group, lattice, numbers, coords))
        # Another origin and other axes may make it another position of as many sites, of the same freedom.
        of_third = positions(group)[on.positions[on.species == 3][0]]
        assert (of_third.multiplicity, of_third.freedom) == (place.multiplicity, place.freedom)


def test_changes_of_origin_and_axes_are_a_group():
    for group in (3, 12, 15, 25, 47, 62, 70, 148, 194, 221):
        every = set(map(tuple, permutations(group).tolist()))
        assert all(tuple(one[list(other)]) in every for one in permutations(group) for other in every)
        for one in every:
            kept = [(positions(group)[at].multiplicity, positions(group)[at].freedom) for at in one]
            assert kept == [(place.multiplicity, place.freedom) for place in positions(group)]


def test_other_origins_axes_and_cells_leave_the_type(some_crystals):
    """The cell may become another one of the same symmetry, with its axes in another order of length."""
    rng, found = np.random.default_rng(0), []
    for one in from_table(some_crystals):
        rotations, _ = operations(one.space_group)
        standard = conventional_cell(one)
        lattice = standard.lattice * np.exp(rng.normal(0, 0.3, 3))[:, None]
        metric = (rotations.transpose(0, 2, 1) @ (lattice @ lattice.T) @ rotations).mean(axis=0)
        while round(np.linalg.det(axes := rng.integers(-1, 2, (3, 3)))) != 1:
            pass
        order = rng.permutation(len(standard.numbers))
        coords = (standard.frac_coords @ np.linalg.inv(axes) + rng.random(3))[order]
        numbers = standard.numbers[order]
        other = crystal(one.space_group, axes @ np.linalg.cholesky(metric), numbers, coords)
        found.append((structure_type(one), structure_type(other)))
    told = [(before, after) for before, after in found if not after.endswith("?")]
    assert all(before == after for before, after in told)
    # Cells of other axial ratios may come close to a higher symmetry.
    assert len(told) > 0.98 * len(found)


def test_types_tell_prototypes_apart():
    cube = 4 * np.eye(3)
    faces, edges = [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    gold = crystal(221, cube, [79, 29, 29, 29], [[0, 0, 0], *faces])
    oxide = crystal(221, cube, [75, 8, 8, 8], [[0, 0, 0], *edges])
    assert structure_type(gold) == structure_type(replace(gold, numbers=np.array([22, 8, 8, 8])))
    assert structure_type(gold) != structure_type(oxide)
    moved = replace(oxide, frac_coords=oxide.frac_coords + 0.5)
    assert structure_type(moved) == structure_type(oxide) == "AB3 221 0 2"


def test_a_crystal_without_its_symmetry_has_the_type_of_its_formula():
    distorted = crystal(225, 4 * np.eye(3) + 0.3, [11, 17], [[0, 0, 0], [0.5, 0.5, 0.4]])
    assert structure_type(distorted) == "AB 225 ?"
