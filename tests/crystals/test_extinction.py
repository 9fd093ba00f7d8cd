from collections import Counter, defaultdict
from itertools import permutations, product

import gemmi
import numpy as np
import pytest

from sgbench.crystals.extinction import absent, extinction_group, extinction_groups
from sgbench.crystals.symmetry import N_SPACE_GROUPS, crystal_system, operations

GROUPS = range(1, N_SPACE_GROUPS + 1)


def test_there_are_97_and_each_space_group_is_in_one():
    assert sorted(number for group in extinction_groups() for number in group) == list(GROUPS)
    systems = Counter(crystal_system(group[0]) for group in extinction_groups())
    # The 9 of hexagonal axes are listed with their first, which is trigonal in 7 of them.
    assert systems["trigonal"] + systems["hexagonal"] == 9
    others = [systems[name] for name in ("triclinic", "monoclinic", "orthorhombic", "tetragonal", "cubic")]
    assert others == [1, 6, 33, 31, 17]
    assert len(extinction_groups()) == 97


@pytest.mark.parametrize(
    "group",
    [
        (1, 2),
        (14,),  # P2_1/c
        (19,),  # P2_12_12_1
        (26, 28, 51),  # Pmc2_1, Pma2, Pmma: one glide plane, across another axis in each
        (33, 62),  # Pna2_1, Pnma
        (36, 40, 63),  # Cmc2_1, Ama2, Cmcm
        (76, 78, 91, 95),  # P4_1 and P4_3 with their enantiomorphs
        (161, 167),  # R3c, R-3c
        (173, 176, 182),  # P6_3, P6_3/m, P6_322
        (196, 202, 209, 216, 225),  # F23, Fm-3, F432, F-43m, Fm-3m
        (203, 227),  # Fd-3, Fd-3m
    ],
)
def test_known_groups_stand_together(group):
    assert {extinction_group(number) for number in group} == {group}


@pytest.mark.parametrize("space_group", GROUPS[::7])
def test_absences_are_those_of_gemmi(space_group):
    found = absent(space_group, 4)
    theirs = gemmi.find_spacegroup_by_number(space_group).operations()
    expected = [theirs.is_systematically_absent(hkl) for hkl in product(range(-4, 5), repeat=3)]
    np.testing.assert_array_equal(found.ravel(), expected)


def test_with_laue_classes_they_are_the_122_diffraction_symbols():
    found = set()
    for number in GROUPS:
        rotations, _ = operations(number)
        laue = frozenset(rotation.tobytes() for rotation in np.concatenate([rotations, -rotations]))
        found.add((laue, extinction_group(number)))
    assert len(found) == 122
    assert len({(crystal_system(number), extinction_group(number)) for number in GROUPS}) == 101


def lines(family, hkl):
    """Return what the place of a line depends on in any cell of the family, (n, 1 to 4)."""
    h2, k2, l2 = hkl**2
    hk, hl = hkl[0] * hkl[1], hkl[0] * hkl[2]
    found = {
        "triclinic": hkl,
        "monoclinic": (h2, k2, l2, hl),
        "orthorhombic": (h2, k2, l2),
        "tetragonal": (h2 + k2, l2),
        "hexagonal": (h2 + hk + k2, l2),
        "cubic": (h2 + k2 + l2,),
    }
    return np.stack(found[family], axis=1)


def test_lines_of_far_reflections_that_overlap_join_and_part_no_two():
    largest = 9
    hkl = np.array(list(product(range(-largest, largest + 1), repeat=3))).T
    seen = defaultdict(set)
    for group in extinction_groups():
        system = crystal_system(group[0])
        family = "hexagonal" if system == "trigonal" else system
        places = lines(family, hkl)
        whole = places[:, 0] <= 0.75 * largest**2  # of farther lines a part is left out
        settings = list(permutations(range(3))) if family == "orthorhombic" else [(0, 1, 2)]
        missing = absent(group[0], largest)
        shown = {np.unique(places[whole & ~missing.transpose(axes).ravel()], axis=0).tobytes() for axes in settings}
        assert not shown & seen[family], group
        seen[family] |= shown
