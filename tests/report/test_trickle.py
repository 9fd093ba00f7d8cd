import numpy as np
import pandas as pd
import pytest

from sgbench.report import trickle
from sgbench.study.counterparts import without_levels

NETWORK = {"kind": "resnet", "epochs": 5}
MODELS = {
    "trees": {"kind": "extratrees", "trees": 9},
    "short": {"kind": "resnet", "epochs": 2},
    "network": NETWORK | {"label": "ours", "start": None},
    "tuned": NETWORK | {"start": {"model": "network", "balance": "none"}},
    "tdc": {"kind": "tdc", "sizes": 5, "model": NETWORK},
    "deep": {"kind": "tdc", "sizes": 1, "model": NETWORK | {"label": "inside"}},
    "alone": {"kind": "tdc", "sizes": 5, "model": {"kind": "linear"}},
}


def test_the_counterpart_of_levels_is_set_as_they_are_whatever_it_is_called():
    assert without_levels(MODELS, ["tdc", "deep", "alone"]) == {"tdc": "network", "deep": "network"}


def scores(gain):
    rows = [
        {"model": model, "balance": balance, "seed": seed, "train_items": items, "test_samples": 50}
        | {"test_accuracy": 0.2 + items / 1000 + 0.01 * seed + (model == "tdc") * (gain + 0.001 * seed)}
        for model in ("network", "tdc", "trees")
        for balance, items in (("none", 400), ("half", 200))
        for seed in range(3)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("gain", [0.1, -0.1])
def test_the_ratio_is_that_of_the_means_of_the_same_balance(gain):
    table = trickle.tabulate(scores(gain), {"tdc": "network", "deep": "network"}).set_index("balance")
    assert set(table.index) == {"none", "half"}
    assert set(table["model"]) == {"tdc"}
    assert table.loc["none", ["train_items", "naive_mean"]].tolist() == pytest.approx([400, 0.61])
    assert table.loc["half", "ratio"] == pytest.approx((0.41 + gain + 0.001) / 0.41)
    np.testing.assert_allclose(table["gain"], gain + 0.001)
    assert table["differs"].all()


def test_each_model_with_levels_is_a_line_and_the_published_pair_a_cross():
    table = trickle.tabulate(scores(0.1), {"tdc": "network"}).reset_index()
    left, right = trickle.draw(table).axes
    assert left.lines[0].get_xydata()[:, 0].tolist() == [200, 400]
    ratios = table.sort_values("train_items")["ratio"]
    np.testing.assert_allclose(left.lines[0].get_xydata()[:, 1], ratios)
    np.testing.assert_allclose(right.collections[0].get_offsets()[:, 1], ratios)
    assert right.collections[-1].get_offsets()[0].tolist() == pytest.approx([0.14, 0.34 / 0.14])
