import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sgbench.errors import SgbenchError
from sgbench.files import checksum
from sgbench.samples import store

IMAGES = np.random.default_rng(0).random((50, 2, 3, 4), np.float32)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(rows=st.lists(st.integers(0, 49), max_size=30))
def test_any_rows_in_any_order(small_store, rows):
    np.testing.assert_array_equal(small_store.read(np.array(rows, int)), IMAGES[np.array(rows, int)])


def test_the_file_says_how_it_was_made(small_store):
    assert small_store.made_by == {"simulate": "noise"}
    assert small_store.shape == (2, 3, 4)
    assert len(small_store) == 50


def test_the_same_images_give_the_same_bytes_in_one_chunk_each(tmp_path):
    for name in ("a.h5", "b.h5"):
        assert store.write(tmp_path / name, iter(IMAGES), (2, 3, 4), {}) == 50
    assert checksum(tmp_path / "a.h5") == checksum(tmp_path / "b.h5")
    assert h5py.File(tmp_path / "a.h5")["images"].chunks == (1, 2, 3, 4)


def test_a_failure_leaves_no_file(tmp_path):
    def images():
        yield IMAGES[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write(tmp_path / "a.h5", images(), (2, 3, 4), {})
    assert not list(tmp_path.iterdir())


def test_what_is_no_store_is_named(tmp_path):
    (tmp_path / "a.h5").write_text("not HDF5")
    with pytest.raises(SgbenchError, match=r"a\.h5: not a readable store"):
        store.Store(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({"chunks": (1, 2, 3, 4), "compression": "gzip"}, 5),
        ({"chunks": (2, 2, 3, 4)}, 5),
        ({"chunks": None}, 5),
        ({"chunks": (1, 2, 3, 4), "dtype": "float64"}, 5),
        ({"chunks": (1, 2, 3, 4)}, 4),
    ],
    ids=["compressed", "two in a chunk", "contiguous", "doubles", "one not written"],
)
def test_other_layouts_are_refused(tmp_path, options, written):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("images", (5, 2, 3, 4), **{"dtype": "float32"} | options)[:written] = IMAGES[:written]
        file.attrs["made_by"] = "{}"
    with pytest.raises(SgbenchError, match=r"a\.h5: not a readable store"):
        store.Store(tmp_path / "a.h5")


def test_a_file_that_was_cut_is_named(tmp_path):
    store.write(tmp_path / "a.h5", iter(IMAGES), (2, 3, 4), {})
    opened = store.Store(tmp_path / "a.h5")
    with (tmp_path / "a.h5").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(SgbenchError, match=r"a\.h5: has lost images"):
        opened.read(np.arange(50))
    with pytest.raises(SgbenchError, match=r"a\.h5: not a readable store"):
        store.Store(tmp_path / "a.h5")
