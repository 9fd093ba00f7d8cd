import h5py
import numpy as np
import pandas as pd
import pytest

from sgbench.errors import SgbenchError
from sgbench.ingest import batchfile, export
from sgbench.samples import store
from sgbench.samples.items import Items, plan_items
from sgbench.samples.store import Store
from tests.ingest.conftest import SETTINGS, Reader, some_samples


@pytest.fixture(params=["root", "log"])
def read(request, tmp_path):
    """Samples that were read from a file, and their store."""
    batchfile.write(tmp_path / "batch_train_0.h5", some_samples())
    reader = Reader(tmp_path)
    part = reader.part(tmp_path / "batch_train_0.h5", settings={**SETTINGS, "scale": request.param})
    samples, _ = reader.merge([part])
    return samples.assign(row=np.arange(len(samples)), label=0), Store(tmp_path / "store.h5")


def test_what_is_exported_is_read_as_it_was(read, tmp_path):
    samples, images = read
    items = Items.plain(images, np.zeros(30, int), np.arange(30))
    assert batchfile.write(tmp_path / "batch_test_0.h5", export.batch(items, samples)) == 30
    reader = Reader(tmp_path)
    settings = {"stack_pixels": 4, "pixels": 4, "scale": images.made_by["scale"]}
    again, _ = reader.merge([reader.part(tmp_path / "batch_test_0.h5", settings=settings)])
    own = ["id", "file", "partition", "attributes", "image"]
    pd.testing.assert_frame_equal(again.drop(columns=own), samples[again.columns].drop(columns=own), check_exact=False)
    assert (again["partition"] == "test").all()
    before, after = images.read(np.arange(30)), Store(tmp_path / "store.h5").read(np.arange(30))
    # Each stack is divided by its largest intensity again, which an average of areas is below.
    if images.made_by["scale"] == "root":
        before = before / before.max(axis=(1, 2, 3), keepdims=True)
    else:
        before = before + 1 - before.max(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(after, before, rtol=1e-5)


def test_items_of_a_plan_are_exported_as_they_are_trained_on(read, tmp_path):
    samples, images = read
    plan = pd.DataFrame(
        {
            "id": samples["id"].iloc[[0, 0, 11]].to_numpy(),
            "label": 0,
            "neighbour": ["", samples["id"].iloc[5], ""],
            "weight": np.array([0, 0.25, 0], np.float32),
            "augment": [-1, -1, -1],
        }
    )
    items = plan_items(images, samples, plan)
    about = plan.merge(samples.drop(columns="label"), on="id", how="left")
    batchfile.write(tmp_path / "batch_train_1.h5", export.batch(items, about))
    with h5py.File(tmp_path / "batch_train_1.h5") as file:
        assert sorted(file) == ["sample_0_0", "sample_0_1", "sample_1_0"]
        made = file["sample_0_1"]
        assert made.attrs["sample"] == samples["id"].iloc[0]
        assert made.attrs["neighbour"] == samples["id"].iloc[5]
        assert made.attrs["weight"] == 0.25
        assert "neighbour" not in file["sample_1_0"].attrs
        one, other = (images.read(np.array([row]))[0] for row in (0, 5))
        mixed = one + np.float32(0.25) * (other - one)
        expected = mixed**4 if images.made_by["scale"] == "root" else 10 ** (6 * (mixed - 1))
        np.testing.assert_allclose(made["cbed_stack"][:], expected, rtol=1e-5)


def test_powder_patterns_are_no_images(tmp_path):
    store.write(tmp_path / "powder.h5", np.ones((1, 1, 1, 8), np.float32), (1, 1, 8), {"simulate": "powder"})
    items = Items.plain(Store(tmp_path / "powder.h5"), np.zeros(1, int), np.zeros(1, int))
    with pytest.raises(SgbenchError, match=r"patterns of shape \(1, 1, 8\) are no images"):
        next(export.batch(items, pd.DataFrame({"material": ["m"]})))
