"""Batch files of a few random samples, and parts read from them."""

import numpy as np
import pytest

from sgbench import ingest
from sgbench.files import write_table
from sgbench.ingest import batchfile

SIZE = 16
SETTINGS = {"stack_pixels": SIZE, "pixels": 4}


def stack(seed):
    return np.random.default_rng(seed).random((3, SIZE, SIZE), np.float32) + np.float32(0.01)


def about(material="mp-763064", energy_kev=100, space_group=2, formula="Fe8 O14 F2", length=5.0):
    return batchfile.attributes(
        space_group=space_group,
        material=material,
        energy_kev=energy_kev,
        cell=(length, 6.0, 7.0, 80.0, 90.0, 100.0),
        formula=formula,
        z_dirs=np.arange(9).reshape(1, 3, 3),
        y_dirs=-np.arange(9).reshape(1, 3, 3),
        semi_angles_rad=np.array([0.00276776, 0.003, 0.004]),
        d_hkls_angstrom=np.array([3.34336566, 3.0, 2.5]),
    )


def some_samples(materials=3, energies=10, seed=0):
    """Yield the samples of a file: each material at each energy."""
    for number in range(materials):
        for step in range(energies):
            described = about(f"m{number}", 100 + 10 * step, space_group=number + 1, formula=f"Fe{number + 1} O2")
            yield f"sample_{number}_{step}", stack([seed, number, step]), described


class Reader:
    """Reads batch files as the jobs do, part by part, and joins them."""

    def __init__(self, folder):
        self.folder = folder

    def part(self, file, kind="cbed", name=None, settings=SETTINGS):
        name = name or file.stem
        files = list(map(str, file)) if isinstance(file, list) else [str(file)]
        paths = [self.folder / f"{name}.{what}" for what in ("store.h5", "samples.parquet", "quarantine.parquet")]
        samples, quarantine = ingest.read_part(kind, name, files, settings, "code", paths[0])
        write_table(samples, paths[1])
        write_table(quarantine, paths[2])
        return tuple(map(str, paths))

    def merge(self, parts, strict=False, tolerance=1.0):
        return ingest.merge(*zip(*parts, strict=True), self.folder / "store.h5", strict, tolerance)


@pytest.fixture
def reader(tmp_path):
    return Reader(tmp_path)
