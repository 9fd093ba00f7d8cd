"""Data that several tests share: real crystals, and a small store."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from sgbench.crystals import read
from sgbench.crystals.table import tabulate
from sgbench.samples import store

# How long an example takes says more about the machine than about the code.
settings.register_profile("sgbench", deadline=None)
settings.load_profile("sgbench")

ROOT = Path(__file__).resolve().parents[1]
CRYSTALS = ROOT / "resources" / "materials_project.parquet"


@pytest.fixture(scope="session")
def records() -> pd.DataFrame:
    """The embedded table as it is."""
    return pd.read_parquet(CRYSTALS)


@pytest.fixture(scope="session")
def some_crystals(records, tmp_path_factory) -> pd.DataFrame:
    """The table of 300 real crystals that every stage after reading starts from."""
    path = tmp_path_factory.mktemp("crystals") / "some.parquet"
    records.iloc[::24].head(300).to_parquet(path)
    return tabulate(list(read([str(path)])))[0]


@pytest.fixture
def small_store(tmp_path) -> store.Store:
    """Fifty random images of 2 x 3 x 4."""
    images = np.random.default_rng(0).random((50, 2, 3, 4), np.float32)
    store.write(tmp_path / "store.h5", images, (2, 3, 4), {"simulate": "noise"})
    return store.Store(tmp_path / "store.h5")
