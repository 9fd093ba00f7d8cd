"""The coarser classes that space groups belong to, which a pattern tells before it tells the space group."""

import numpy as np

from sgbench.crystals.extinction import extinction_group, extinction_groups
from sgbench.crystals.symmetry import BRAVAIS_LATTICES, CRYSTAL_SYSTEMS, bravais_lattice, crystal_system


def coarser(space_groups: np.ndarray) -> dict[str, np.ndarray]:
    """Return crystal_system, bravais_lattice and extinction_group of space groups (n,), each as numbers from 0, (n,).

    The first two are places in :data:`~sgbench.crystals.symmetry.CRYSTAL_SYSTEMS` and
    :data:`~sgbench.crystals.symmetry.BRAVAIS_LATTICES`, the third in
    :func:`~sgbench.crystals.extinction.extinction_groups`.
    """
    return {
        "crystal_system": np.array([CRYSTAL_SYSTEMS.index(crystal_system(group)) for group in space_groups]),
        "bravais_lattice": np.array([BRAVAIS_LATTICES.index(bravais_lattice(group)) for group in space_groups]),
        "extinction_group": np.array([extinction_groups().index(extinction_group(group)) for group in space_groups]),
    }
