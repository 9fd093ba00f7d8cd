import numpy as np
import pytest
import spglib

from sgbench.crystals.crystal import SYMPREC_A, Crystal
from sgbench.crystals.table import from_table
from sgbench.crystals.vary import Variation, vary

WIDE = Variation(scale=0.1, strain=0.1, displacement_A=0.1, substitution=1.0)


def crystal(space_group, lattice, numbers, coords):
    return Crystal("id", "source", "X", space_group, np.array(lattice, float), np.array(numbers), np.array(coords))


#: Rutile and rock salt have few freedoms, alpha-quartz and a triclinic cell more.
CRYSTALS = {
    "rutile": crystal(
        136,
        np.diag([4.59, 4.59, 2.96]),
        [22, 22, 8, 8, 8, 8],
        [[0, 0, 0], [0.5] * 3, [0.3, 0.3, 0], [0.7, 0.7, 0], [0.2, 0.8, 0.5], [0.8, 0.2, 0.5]],
    ),
    "rock salt": crystal(225, 2.8 * (1 - np.eye(3)), [11, 17], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "quartz": crystal(
        154,
        [[4.91, 0, 0], [-2.455, 2.455 * 3**0.5, 0], [0, 0, 5.4]],
        [14] * 3 + [8] * 6,
        [
            *([0.47, 0, 2 / 3], [0, 0.47, 1 / 3], [0.53, 0.53, 0]),
            *([0.414, 0.267, 0.786], [0.733, 0.147, 0.786 - 1 / 3], [0.853, 0.586, 0.786 - 2 / 3]),
            *([0.267, 0.414, 0.214], [0.147, 0.733, 0.214 + 1 / 3], [0.586, 0.853, 0.214 + 2 / 3]),
        ],
    ),
    "triclinic": crystal(
        2, [[4, 0, 0], [1, 5, 0], [0.5, 1.2, 6]], [3, 3, 8], [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7], [0] * 3]
    ),
}


@pytest.mark.parametrize("name", CRYSTALS)
def test_the_space_group_stays(name):
    made = CRYSTALS[name]
    for seed in range(10):
        other = vary(made, WIDE, seed)
        found = spglib.get_symmetry_dataset((other.lattice, other.frac_coords, other.numbers), symprec=1e-4)
        assert found.number == made.space_group


def test_real_crystals_keep_theirs(some_crystals):
    for seed, crystal in enumerate(list(from_table(some_crystals))[::4]):
        before, after = (
            spglib.get_symmetry_dataset((one.lattice, one.frac_coords, one.numbers), symprec=SYMPREC_A).number
            for one in (crystal, vary(crystal, Variation(substitution=1.0), seed))
        )
        assert before == after, crystal.id


def test_everything_that_is_free_changes():
    quartz = CRYSTALS["quartz"]
    other = vary(quartz, WIDE, 3)
    before, after = (np.linalg.norm(one.lattice, axis=1) for one in (quartz, other))
    assert after[0] == pytest.approx(after[1])
    assert abs(after[2] / after[0] / (before[2] / before[0]) - 1) > 1e-3
    assert np.abs(other.frac_coords - quartz.frac_coords).max() > 1e-3
    assert set(other.numbers).isdisjoint(quartz.numbers)


def test_sites_fixed_by_symmetry_stay():
    salt = CRYSTALS["rock salt"]
    other = vary(salt, WIDE, 3)
    np.testing.assert_allclose(other.frac_coords, salt.frac_coords, atol=1e-9)
    np.testing.assert_allclose(other.lattice, salt.lattice * other.lattice[0, 1] / 2.8, atol=1e-9)


def test_species_stay_distinct():
    rutile = CRYSTALS["rutile"]
    for seed in range(200):
        numbers = vary(rutile, Variation(substitution=0.5), seed).numbers
        assert (numbers[:2] == numbers[0]).all()
        assert (numbers[2:] == numbers[2]).all()
        assert numbers[0] != numbers[2]


def test_nothing_changes_without_a_variation():
    quartz = CRYSTALS["quartz"]
    same = vary(quartz, Variation(0, 0, 0, 0), 1)
    np.testing.assert_allclose(same.lattice, quartz.lattice, atol=1e-12)
    np.testing.assert_allclose(same.frac_coords, quartz.frac_coords, atol=1e-12)
    np.testing.assert_array_equal(same.numbers, quartz.numbers)


def test_a_seed_is_a_crystal():
    one, same, other = (vary(CRYSTALS["quartz"], WIDE, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.frac_coords, same.frac_coords)
    assert not np.array_equal(one.lattice, other.lattice)
