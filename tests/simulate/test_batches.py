import numpy as np
import pandas as pd
from pymatgen.core import Composition

from sgbench.crystals.table import from_table
from sgbench.ingest import batchfile, cbed
from sgbench.samples.materials import materials
from sgbench.simulate.batches import deal, samples
from sgbench.simulate.cbed import Stacks
from sgbench.study.sources import batch_names


def patterns(energies):
    stacks = np.random.default_rng(0).random((len(energies), 3, 8, 8), np.float32)
    directions = np.arange(9.0).reshape(1, 3, 3)
    return Stacks(stacks, np.array(energies), directions, -directions, np.full(3, 0.003), np.array([4.0, 3.0, 2.0]))


def test_materials_are_dealt_whole_and_evenly(some_crystals):
    files = pd.Series(deal(some_crystals, [3, 1, 1]))
    assert set(files) == set(batch_names([3, 1, 1]))
    assert (files.groupby(materials(some_crystals)).agg(set).map(len) == 1).all()
    sizes = files.value_counts()
    assert sizes.min() > 0.8 * sizes.max()


def test_a_simulated_crystal_is_read_as_what_it_is(some_crystals, tmp_path):
    chosen = some_crystals.iloc[::60].reset_index(drop=True)
    path = tmp_path / "batch_dev_0.h5"
    made = patterns([100, 190])
    batchfile.write(path, (each for n, crystal in enumerate(from_table(chosen)) for each in samples(n, crystal, made)))
    found, read = cbed.read([str(path)], cbed.Settings(stack_pixels=8, pixels=8))
    rows = [sample.about for sample in read]
    assert found == len(rows) == 2 * len(chosen)
    for number, row in enumerate(rows):
        crystal = chosen.iloc[number // 2]
        assert (row["material"], row["space_group"]) == (crystal["material"], crystal["space_group"])
        assert Composition(row["formula"]) == Composition(crystal["formula"])
        assert (row["energy_kev"], row["partition"]) == ([100, 190][number % 2], "dev")
        cell = [*"abc", "alpha", "beta", "gamma", "volume_per_atom"]
        np.testing.assert_allclose([row[name] for name in cell], crystal[cell].astype(float), rtol=1e-3)
