import numpy as np
import pytest

from sgbench.crystals.extinction import extinction_group
from sgbench.crystals.subgroups import distances
from sgbench.crystals.symmetry import bravais_lattice, crystal_system
from sgbench.scores.space_groups import group_scores

RNG = np.random.default_rng(0)
GROUPS = np.array([2, 14, 16, 47, 62, 123, 166, 194, 216, 225])


def test_what_several_classes_share_is_counted_together():
    # Pnma is the likeliest alone, and 216 and 225, of one extinction group and system, together.
    probabilities = np.zeros((1, 10))
    probabilities[0, [4, 8, 9]] = [0.4, 0.3, 0.3]
    right, wrong = (group_scores(np.array([label]), probabilities, GROUPS) for label in (9, 4))
    assert (right["crystal_system"], right["extinction_group"]) == (1, 1)
    assert (wrong["crystal_system"], wrong["extinction_group"]) == (0, 0)
    # The distance is from the space group that is named.
    assert right["subgroup_distance"] == distances()[62, 225]
    assert wrong["subgroup_distance"] == 0


def test_scores_are_those_of_single_samples():
    labels, probabilities = RNG.integers(0, 10, 200), RNG.dirichlet(np.ones(10), 200)
    unions = {
        "crystal_system": crystal_system,
        "bravais_lattice": bravais_lattice,
        "extinction_group": extinction_group,
    }
    told = {name: [] for name in [*unions, "subgroup_distance"]}
    for label, row in zip(labels, probabilities, strict=True):
        true, likeliest = GROUPS[label], GROUPS[row.argmax()]
        for name, of in unions.items():
            share = {}
            for group, probability in zip(GROUPS, row, strict=True):
                share[of(group)] = share.get(of(group), 0) + probability
            told[name].append(max(share, key=share.get) == of(true))
        told["subgroup_distance"].append(distances()[true, likeliest])
    ours = group_scores(labels, probabilities, GROUPS)
    for name, values in told.items():
        assert ours[name] == pytest.approx(np.mean(values))


def test_ties_count_as_their_expected_value():
    # Votes of ten trees, of which float32 sums differ in the last digits: cubic 0.3 + 0.2, orthorhombic 0.1 + 0.4.
    probabilities = np.zeros((2, 10), np.float32)
    probabilities[:, [8, 9, 3, 4]] = [0.3, 0.2, 0.1, 0.4]
    told = group_scores(np.array([9, 4]), probabilities, GROUPS)
    assert told["crystal_system"] == 0.5
    uniform = group_scores(np.array([0]), np.full((1, 10), 0.1), GROUPS)
    assert uniform["subgroup_distance"] == pytest.approx(distances()[2, GROUPS].mean())
