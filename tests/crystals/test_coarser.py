import numpy as np

from sgbench.crystals.coarser import coarser
from sgbench.crystals.extinction import extinction_group, extinction_groups
from sgbench.crystals.symmetry import BRAVAIS_LATTICES, CRYSTAL_SYSTEMS, bravais_lattice, crystal_system


def test_each_space_group_is_in_its_own():
    groups = np.arange(230, 0, -1)
    found = coarser(groups)
    assert list(found) == ["crystal_system", "bravais_lattice", "extinction_group"]
    assert [CRYSTAL_SYSTEMS[number] for number in found["crystal_system"]] == list(map(crystal_system, groups))
    assert [BRAVAIS_LATTICES[number] for number in found["bravais_lattice"]] == list(map(bravais_lattice, groups))
    assert [extinction_groups()[number] for number in found["extinction_group"]] == list(map(extinction_group, groups))
