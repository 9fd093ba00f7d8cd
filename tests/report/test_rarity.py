"""Recall against the number of training crystals, from predictions whose recalls are known."""

import numpy as np
import pandas as pd
import pytest

from sgbench.report import rarity

# Classes of 0, 1, 3, 4 and 700 training materials; no sample of the second is tested, and the last class is an exam's.
CLASSES = pd.DataFrame({"materials": [0, 1, 3, 4, 700]})
LABELS = [0, 0, 2, 2, 3, 4, 5]


def predictions(guesses):
    table = pd.DataFrame(np.eye(6)[guesses], columns=[f"p{number}" for number in range(6)])
    dev = table.assign(part="dev", label=1)
    return pd.concat([table.assign(part="test", label=LABELS), dev], ignore_index=True)


@pytest.fixture
def scores():
    rows = [("none", seed) for seed in range(3)] + [("synthetic", seed) for seed in range(3)]
    table = pd.DataFrame(rows, columns=["balance", "seed"])
    return table.assign(split="by_material", model="cnn1d", train_items=70, test_samples=7)


def found(synthetic):
    # Without balancing the class without materials is never found, and one of the two of 3 materials.
    none = predictions([4, 4, 2, 4, 3, 4, 4])
    return [(table, CLASSES) for table in [none] * 3 + [predictions(guesses) for guesses in synthetic]]


def test_classes_are_binned_by_their_training_materials(scores):
    table = rarity.tabulate(scores, found([[0, 0, 2, 2, 3, 0, 0]] * 2 + [[0, 4, 2, 2, 3, 4, 0]]))
    bins = table[["balance", "from_materials", "to_materials", "classes", "mean"]].to_numpy().tolist()
    assert bins == [
        ["none", 0, 0, 1, 0.0],
        ["synthetic", 0, 0, 1, pytest.approx(2.5 / 3)],
        # Each class counts once, however many samples it has.
        ["none", 2, 4, 2, 0.75],
        ["synthetic", 2, 4, 2, 1.0],
        ["none", 500, 999, 1, 1.0],
        ["synthetic", 500, 999, 1, pytest.approx(1 / 3)],
    ]
    assert table["chance"].eq(1 / 5).all()
    told = table.set_index(["balance", "from_materials"])
    assert told.loc[("synthetic", 2), ["gain", "differs"]].tolist() == [0.25, True]
    assert told.loc[("synthetic", 0), ["gain", "differs"]].tolist() == [pytest.approx(2.5 / 3), True]
    # Found by all seeds before, and by one of three now.
    assert not told.loc[("synthetic", 500), "differs"]


def test_what_has_no_training_material_stands_apart(scores):
    with_others = pd.concat([scores, scores.assign(split="by_type")[:3]], ignore_index=True)
    guesses = [[0, 0, 2, 2, 3, 0, 0]] * 3
    table = rarity.tabulate(with_others, [*found(guesses), *found(guesses)[:3]])
    figure = rarity.draw(table)
    left, right = figure.axes
    assert [text.get_text() for text in left.get_xticklabels()] == ["0", "1", "10", "100"]
    assert [text.get_text() for text in sorted(left.texts, key=lambda text: text.xy[0])] == ["1", "2", "1"]
    assert "by type" in right.get_title("left")
    lines = {line.get_label(): line for line in left.lines if not line.get_label().startswith("_")}
    assert set(lines) == {"none", "synthetic", "a class at random"}
    assert set(lines["a class at random"].get_ydata()) == {1 / 5}
    # Lines join the classes that have materials, and what has none is a dot.
    joined = [line.get_xdata() for line in left.lines if line.get_linestyle() == "-" and line.get_marker() == "None"]
    beyond = [x.min() > rarity._APART for x in joined if len(x) == 2 and x[0] != x[1]]
    assert beyond.count(True) == 2
