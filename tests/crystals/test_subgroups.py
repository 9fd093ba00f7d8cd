import json
from pathlib import Path

import numpy as np
from pymatgen.symmetry import groups

from sgbench.crystals.subgroups import distances, maximal_subgroups
from sgbench.crystals.symmetry import N_SPACE_GROUPS, operations


def order(space_group):
    """Return the number of operations of the point group."""
    return len(np.unique(operations(space_group)[0], axis=0))


def test_maximal_subgroups_are_those_of_pymatgen_that_lose_operations():
    # Its table has the klassengleiche ones as well, which keep the point group.
    listed = json.loads(Path(groups.__file__).with_name("symm_data.json").read_text(encoding="utf-8"))
    for number in range(1, N_SPACE_GROUPS + 1):
        theirs = [other for other in listed["maximal_subgroups"][str(number)] if order(other) < order(number)]
        assert list(maximal_subgroups(number)) == sorted(theirs), number


def test_distances_are_those_of_a_graph():
    between = distances()[1:, 1:]
    assert (between == between.T).all()
    assert (np.diag(between) == 0).all()
    assert (between + np.eye(N_SPACE_GROUPS) >= 1).all()
    assert (between[:, None, :] <= between[:, :, None] + between[None, :, :]).all()


def test_known_distances():
    between = distances()
    assert between[225, 225] == 0
    assert between[225, 216] == between[216, 225] == 1
    # F432 and F-43m, by way of F23 or of Fm-3m.
    assert between[209, 216] == 2
    # P222 and P222_1 have P2 in common, and neither is a subgroup of the other that keeps all translations.
    assert between[16, 17] == 2
    assert between[1, 2] == 1
    assert between[0].max() == -1
