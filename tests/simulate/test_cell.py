import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from sgbench.crystals.crystal import Crystal
from sgbench.crystals.table import draw
from sgbench.simulate.cell import Settings, simulate


def of(structure):
    return Crystal(
        "id", "test", "X", 1, structure.lattice.matrix, np.array(structure.atomic_numbers), structure.frac_coords
    )


@pytest.mark.parametrize(
    ("group", "lattice", "species", "coords", "shape"),
    [
        ("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]], [1, 1, 90, 90, 90]),
        ("P6_3/mmc", Lattice.hexagonal(3.2, 5.2), ["Mg"], [[1 / 3, 2 / 3, 0.25]], [1, 5.2 / 3.2, 90, 90, 120]),
        ("P4/mmm", Lattice.tetragonal(3, 4.5), ["Ti", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]], [1, 1.5, 90, 90, 90]),
    ],
)
def test_the_shape_is_that_of_the_conventional_cell(group, lattice, species, coords, shape):
    conventional = Structure.from_spacegroup(group, lattice, species, coords)
    for structure in (conventional, conventional.get_primitive_structure(), conventional * 2):
        found = simulate(of(structure), Settings())
        assert found.shape == Settings().shape
        assert found.ravel() == pytest.approx(shape, rel=1e-4)


def test_modalities_of_as_many_records_have_the_same_crystals():
    table = pd.DataFrame({"id": range(100), "space_group_rank": 1})
    assert draw(table, 30).equals(draw(table, 30, 1))
    assert len(draw(table, 30)) == 30
