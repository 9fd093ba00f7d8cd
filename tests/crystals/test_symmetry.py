from pymatgen.symmetry.groups import SpaceGroup

from sgbench.crystals.symmetry import BRAVAIS_LATTICES, CRYSTAL_SYSTEMS, bravais_lattice, crystal_system, symbol

GROUPS = range(1, 231)


def test_crystal_systems_and_symbols_agree_with_pymatgen():
    for number in GROUPS:
        theirs = SpaceGroup.from_int_number(number)
        assert crystal_system(number) == theirs.crystal_system
        # pymatgen writes monoclinic symbols in full (P12_1/m1) and rhombohedral ones with the setting (R-3m:H).
        assert symbol(number)[0] == theirs.symbol[0]
        if theirs.crystal_system != "monoclinic":
            assert symbol(number) == theirs.symbol.split(":")[0]


def test_all_and_only_the_fourteen_bravais_lattices_occur():
    assert {bravais_lattice(number) for number in GROUPS} == set(BRAVAIS_LATTICES)
    assert [bravais_lattice(number) for number in (2, 14, 15, 38, 166, 194, 221, 225, 229)] == [
        "aP", "mP", "mS", "oS", "hR", "hP", "cP", "cF", "cI",
    ]  # fmt: skip


def test_systems_are_in_the_order_of_the_group_numbers():
    order = [CRYSTAL_SYSTEMS.index(crystal_system(number)) for number in GROUPS]
    assert order == sorted(order)
