from itertools import product

import numpy as np
import pytest

from sgbench.crystals.crystal import Crystal
from sgbench.simulate.fingerprint import PUBLISHED, Settings, simulate
from sgbench.simulate.supercell import _replicas, supercell_of


@pytest.mark.parametrize("settings", [PUBLISHED, Settings(vacancies=0.25), Settings(displacement_A=0.05)])
def test_a_cell_of_500_atoms(settings):
    rng = np.random.default_rng(0)
    grid = np.array(list(product(range(8), repeat=3)))[:500]
    coords = (grid + rng.uniform(-0.2, 0.2, grid.shape)) / 8
    big = Crystal("id", "test", "X", 1, 20 * np.eye(3), rng.choice([6, 8, 26], 500), coords)
    assert supercell_of(big, settings.neighbour_distance_A, settings.target_atoms).replicas == (1, 1, 1)
    assert np.isfinite(simulate(big, settings, seed=0)).all()


@pytest.mark.parametrize(
    ("edges", "atoms", "replicas"),
    [
        ((1, 1, 1), 1, (6, 6, 6)),
        ((1, 1, 1), 2, (5, 5, 5)),
        ((3, 3, 100), 30, (3, 3, 1)),
        ((1, 1, 1), 300, (1, 1, 1)),
    ],
)
def test_replicas_come_near_the_target(edges, atoms, replicas):
    assert _replicas(np.diag(edges), atoms, 250) == replicas
