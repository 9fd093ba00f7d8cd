import numpy as np
import pandas as pd
import pytest

from sgbench.balance.plan import real
from sgbench.errors import SgbenchError
from sgbench.samples import items as module

SAMPLES = pd.DataFrame({"id": [f"s{number}" for number in range(50)], "label": np.arange(50) % 3, "row": range(50)})


@pytest.fixture(params=[2 * 1024**3, 0], ids=["in memory", "from the file"])
def memory(request, monkeypatch):
    monkeypatch.setattr(module, "_IN_MEMORY_BYTES", request.param)


def test_synthetic_items_are_made_as_they_are_read(small_store, memory):
    plan = real(SAMPLES["id"].to_numpy()[[3, 6, 3]], np.array([0, 0, 0]))
    plan.loc[1, ["neighbour", "weight"]] = ["s9", np.float32(0.25)]
    items = module.plan_items(small_store, SAMPLES, plan)
    images = small_store.read(np.arange(50))
    expected = np.stack([images[3], images[6] + np.float32(0.25) * (images[9] - images[6]), images[3]])
    np.testing.assert_allclose(items.images(), expected, atol=1e-7)
    np.testing.assert_allclose(items.images(np.array([2, 1])), expected[[2, 1]], atol=1e-7)
    assert items.shape == (2, 3, 4)


def test_reading_changes_nothing(small_store, memory):
    plan = real(SAMPLES["id"].to_numpy()[:2], np.array([0, 0])).assign(neighbour="s5", weight=np.float32(0.5))
    items = module.plan_items(small_store, SAMPLES, plan)
    np.testing.assert_array_equal(items.images(), items.images())


def test_parts_keep_order_and_labels(small_store):
    split = pd.DataFrame({"id": ["s7", "s2", "s4", "s2"], "part": ["dev", "dev", "test", "train"]})
    items = module.part_items(small_store, SAMPLES, split, "dev")
    assert items.rows.tolist() == [2, 7]
    assert items.labels.tolist() == [2, 1]
    assert len(module.part_items(small_store, SAMPLES, split, "train")) == 1


@pytest.mark.parametrize("column", ["id", "neighbour"])
def test_a_plan_of_other_samples_is_refused(small_store, column):
    plan = real(SAMPLES["id"].to_numpy()[:3], np.array([0, 0, 0])).assign(neighbour="s5", weight=np.float32(0.5))
    plan.loc[1, column] = "s99"
    with pytest.raises(SgbenchError, match="names s99, which is not among the samples"):
        module.plan_items(small_store, SAMPLES, plan)


def test_items_know_the_group_of_their_row(small_store):
    plan = real(SAMPLES["id"].to_numpy()[[3, 6, 3, 9, 10]], np.zeros(5, int))
    items = module.plan_items(small_store, SAMPLES, plan)
    assert items.groups.tolist() == [3, 6, 3, 9, 10]
    groups = items.grouped(np.array([9, 3, 6]), np.array([20, 20, 4])).groups
    assert groups[:4].tolist() == [20, 4, 20, 20]
    assert groups[4] not in (20, 4)
    assert items.select(np.array([4, 0]), np.zeros(2, int)).groups.tolist() == [10, 3]
