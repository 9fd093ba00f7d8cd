"""Synthetic crystals: every space group, found again by spglib, with room for each atom, from the statistics alone."""

from collections import Counter

import numpy as np
import pytest

from sgbench.crystals import read
from sgbench.crystals.crystal import Cell, Crystal, find_symmetry
from sgbench.crystals.possible import closest, covalent_radii, pairs_within
from sgbench.crystals.statistics import Statistics, fit
from sgbench.crystals.symmetry import bravais_lattice
from sgbench.crystals.synthetic import ROOM, SMALLEST_A, attempts, draw
from sgbench.crystals.table import from_table
from sgbench.crystals.wyckoff import orbits_of, positions
from sgbench.errors import SgbenchError


@pytest.fixture(scope="module")
def statistics(some_crystals):
    return fit(from_table(some_crystals))


def test_spglib_finds_every_space_group_again_and_atoms_have_room(statistics):
    for group in range(1, 231):
        crystal = draw(statistics, group, 0)
        found = find_symmetry(crystal.lattice, crystal.frac_coords, crystal.numbers)
        assert found.number == crystal.space_group == group
        assert len(found.std_types) == len(crystal.standard.numbers)
        radii = np.maximum(covalent_radii()[crystal.numbers], SMALLEST_A)
        first, second, apart = pairs_within(6.0, crystal.frac_coords @ crystal.lattice, crystal.lattice)
        assert (apart >= ROOM * (radii[first] + radii[second]) - 1e-6).all()
        assert closest(crystal.lattice, crystal.numbers, crystal.frac_coords) is None
        # The standard cell is the same crystal.
        volume = abs(np.linalg.det(crystal.lattice)) / len(crystal.numbers)
        assert abs(np.linalg.det(crystal.standard.lattice)) / len(crystal.standard.numbers) == pytest.approx(volume)


def test_a_seed_is_a_crystal(statistics):
    one, same, other = (draw(statistics, 62, seed) for seed in (5, 5, 6))
    assert one.frac_coords.tobytes() == same.frac_coords.tobytes()
    assert one.lattice.tobytes() == same.lattice.tobytes()
    assert one.frac_coords.shape != other.frac_coords.shape or not np.allclose(one.frac_coords, other.frac_coords)
    again = draw(Statistics.from_json(statistics.to_json()), 62, 5)
    assert again.lattice.tobytes() == one.lattice.tobytes()


def test_the_last_attempt_is_the_crystal(statistics):
    for group in (1, 47, 227):
        *before, last = attempts(statistics, group, 0)
        assert isinstance(last, Crystal)
        assert all(reason == "no room" or reason.startswith("space group ") for reason in before)


def test_synthetic_crystals_are_like_those_that_they_learn_from(some_crystals):
    """Of one space group, the positions, species, and volumes are about as common as in real crystals."""
    cubic = [crystal for crystal in from_table(some_crystals) if crystal.space_group == 225]
    statistics = fit(cubic)
    made = [draw(statistics, 225, seed) for seed in range(150)]
    real_share, made_share = (
        np.bincount(np.concatenate([orbits_of(one).positions for one in many]), minlength=12) / len(many)
        for many in (cubic, made)
    )
    assert len(positions(225)) == 12
    # Atoms at the cell's corner and its centre are what the group is known for.
    assert np.abs(real_share - made_share)[:3].max() < 0.35
    assert made_share[-1] < 0.1
    kinds = [np.mean([len(np.unique(one.numbers)) for one in many]) for many in (cubic, made)]
    assert kinds[1] == pytest.approx(kinds[0], abs=0.5)
    elements = Counter(number for one in cubic for number in np.unique(one.numbers).tolist())
    drawn = Counter(number for one in made for number in np.unique(one.numbers).tolist())
    assert drawn[elements.most_common(1)[0][0]] > 150 / 90 * kinds[1]
    volumes = [
        np.median([abs(np.linalg.det(one.lattice)) / len(one.numbers) for one in many]) for many in (cubic, made)
    ]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.3)


def test_cells_are_those_of_the_bravais_lattice(statistics, some_crystals):
    real = [crystal for crystal in from_table(some_crystals) if bravais_lattice(crystal.space_group) == "tI"]
    made = [draw(statistics, 139, seed) for seed in range(40)]
    ratios = []
    for many in (real, made):
        lengths = [np.linalg.norm(one.standard.lattice, axis=1) for one in many]
        assert all(edges[0] == pytest.approx(edges[1]) for edges in lengths)
        ratios.append(np.log([edges[2] / edges[0] for edges in lengths]))
    assert min(ratios[0]) - 0.5 < min(ratios[1]) <= max(ratios[1]) < max(ratios[0]) + 0.5


def test_statistics_know_only_what_they_are_given(some_crystals):
    crystals = list(from_table(some_crystals))
    some, all_but_one = fit(crystals[:100]), fit(crystals[1:100])
    assert some.checksum() == fit(crystals[:100]).checksum() != all_but_one.checksum()
    assert sum(some.crystals.values()) == 100
    assert len(some.crystals) < 230
    # Each orbit of a counted crystal is counted once.
    orbits = sum(len(orbits_of(crystal).positions) for crystal in crystals[:100])
    assert sum(map(sum, some.orbits.values())) == orbits
    with pytest.raises(SgbenchError, match="no crystal to learn from"):
        fit([])


def test_one_crystal_is_enough_to_draw_any_space_group(some_crystals):
    statistics = fit([next(crystal for crystal in from_table(some_crystals) if crystal.space_group == 225)])
    for group in (1, 2, 47, 62, 109, 147, 177, 214, 230):
        assert draw(statistics, group, 0).space_group == group


def test_the_source_draws_from_the_crystals_that_it_names(tmp_path):
    crystals = list(read(["synthetic:1@tests/data/crystals.parquet"]))
    assert [crystal.space_group for crystal in crystals] == list(range(1, 231))
    assert len({crystal.id for crystal in crystals}) == 230
    assert Cell.of(crystals[0]).numbers.size
    for wrong in ("synthetic:", "synthetic:5", "synthetic:x@tests/data/crystals.parquet", "synthetic:0@tests/data"):
        with pytest.raises(SgbenchError, match="say how many of each space group and whose statistics"):
            list(read([wrong]))
