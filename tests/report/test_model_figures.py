"""The figures that show what single kinds of models do."""

import numpy as np
import pandas as pd
import pytest

from sgbench.report import embedding, levels, responses, scree


def test_samples_are_counted_by_class_and_level():
    classes = pd.DataFrame({"name": ["a", "b", "c"], "samples": [10, 30, 20]})
    predictions = pd.DataFrame(
        {
            "part": ["dev", "test", "test", "test", "test"],
            "label": [0, 0, 0, 1, 2],
            "p0": [1.0, 0.8, 0.1, 0.0, 0.0],
            "p1": [0.0, 0.1, 0.9, 1.0, 0.0],
            "p2": [0.0, 0.1, 0.0, 0.0, 1.0],
            "level": [2, 2, 1, 1, 2],
        }
    )
    table = levels.tabulate(predictions, classes, [1])
    assert list(dict.fromkeys(table["class"])) == ["b", "c", "a"]
    assert table.drop_duplicates("class")["own_level"].tolist() == [1, 2, 2]
    counts = table.set_index(["class", "level"])
    assert counts.loc[("a", 1), ["samples", "right"]].tolist() == [1, 0]
    assert counts.loc[("a", 2), ["samples", "right"]].tolist() == [1, 1]
    assert counts.loc[("b", 2), "samples"] == 0
    assert table["samples"].sum() == 4
    # Bars of a panel that has no samples of a class are empty, not wrong.
    for converged in (True, False):
        axes = levels.draw({"tdc": table.assign(converged=converged)}).axes[0]
        assert sum(bar.get_width() for bar in axes.patches) == pytest.approx(3)
        assert ("not converged" in axes.get_title(loc="left")) != converged


def test_the_scree_adds_up():
    history = pd.DataFrame({"component": [1, 2, 3], "explained_variance_ratio": [0.5, 0.3, 0.1]})
    table = scree.tabulate({"pca_kmeans": history, "other": history})
    assert table["cumulative"].tolist() == pytest.approx([0.5, 0.8, 0.9] * 2)
    assert len(scree.draw(table).axes[1].lines) == 3


def test_embeddings_show_test_samples_and_of_many_some_evenly():
    count = 10_000
    predictions = pd.DataFrame(
        {
            "part": ["dev"] * 100 + ["test"] * count,
            "id": range(count + 100),
            "label": np.arange(count + 100) % 2,
            "cluster": 1,
            "x": 0.0,
            "y": 1.0,
        }
    )
    table = embedding.tabulate({"a": predictions, "b": predictions[:150]}, ["x", "y"])
    assert table.groupby("model").size().to_dict() == {"a": 2500, "b": 50}
    assert table["id"].min() == 100
    assert set(table["class"]) == {"x", "y"}


def test_responses_are_told_by_layer_and_kernel():
    rng = np.random.default_rng(0)
    maps = {
        "images": rng.random((2, 3, 8, 8)),
        "names": np.array(["a", "b"]),
        "ids": np.array(["s0", "s1"]),
        "layer6": rng.random((2, 3, 2, 2)),
        "layer1": rng.random((2, 4, 8, 8)),
    }
    table = responses.tabulate(maps)
    assert len(table) == 2 * 7
    assert table["layer"].tolist() == [1] * 8 + [6] * 6
    row = table[(table["id"] == "s1") & (table["layer"] == 6) & (table["kernel"] == 3)].iloc[0]
    assert row["largest"] == maps["layer6"][1, 2].max()
    assert len(responses.draw(maps).axes) == 2 * 8
