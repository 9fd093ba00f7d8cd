import numpy as np
import pandas as pd
import pytest

from sgbench.balance.plan import real
from sgbench.samples.channels import Channels
from sgbench.samples.items import Items, plan_items

SAMPLES = pd.DataFrame({"id": [f"s{number}" for number in range(50)], "label": np.arange(50) % 3, "row": range(50)})


def brighter(images, seeds):
    """An augmenter that tells the channels of an image apart."""
    gain = 1 + seeds[:, None] + np.arange(images.shape[1])
    return images * gain[:, :, None, None].astype(np.float32)


@pytest.fixture
def items(small_store):
    """Items that are plain, mixed with a neighbour, and augmented."""
    plan = real(SAMPLES["id"].to_numpy()[[3, 6, 9, 3]], np.array([0, 1, 2, 0]))
    plan.loc[1, ["neighbour", "weight"]] = ["s9", np.float32(0.25)]
    plan.loc[2, "augment"] = 4
    return plan_items(small_store, SAMPLES, plan, brighter).grouped(np.array([3, 6, 9]), np.array([7, 8, 8]))


def test_channels_are_those_of_the_mixed_and_augmented_images(items):
    each = Channels.of(items)
    assert (len(each), each.shape) == (8, (1, 3, 4))
    for epoch in (0, 1):
        np.testing.assert_array_equal(each.images(epoch=epoch).reshape(4, 2, 3, 4), items.images(epoch=epoch))
    np.testing.assert_array_equal(each.images(slice(3, 6)), each.images()[3:6])
    assert each.labels.tolist() == [0, 0, 1, 1, 2, 2, 0, 0]
    assert each.groups.tolist() == np.repeat(items.groups, 2).tolist()


def test_chosen_channels_stay_what_they_are(items):
    each = Channels.of(items)
    for index in (np.array([5, 0, 2]), np.arange(8) % 3 == 1):
        chosen = each.select(index, each.labels[index] + 1)
        np.testing.assert_array_equal(chosen.images(), each.images()[index])
        np.testing.assert_array_equal(chosen.labels, each.labels[index] + 1)


def test_of_no_items_there_are_no_channels(small_store):
    nothing = Channels.of(Items.plain(small_store, np.zeros(0, int), np.zeros(0, int)))
    assert nothing.images().shape == (0, 1, 3, 4)
