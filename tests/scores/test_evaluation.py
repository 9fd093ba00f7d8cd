import numpy as np
import pandas as pd
import pytest

from sgbench.scores import evaluation
from sgbench.study.config import Cell


class Constant:
    """Predicts the first of two classes with certainty, and stops at one of two levels."""

    n_classes = 2

    def predict(self, images):
        return np.tile(np.array([1, 0], np.float32), (len(images), 1))

    def describe(self, images):
        return {"level": np.full(len(images), 2), "cluster": np.arange(len(images))}


SAMPLES = pd.DataFrame({"id": [f"s{number}" for number in range(50)], "label": np.arange(50) % 2, "row": range(50)})
CLASSES = pd.DataFrame({"materials": [5, 5], "samples": [15, 15]})
SPLIT = pd.DataFrame({"id": SAMPLES["id"], "part": ["train"] * 30 + ["dev"] * 10 + ["test"] * 10})


def test_dev_and_test_are_predicted_and_judged(small_store, monkeypatch):
    monkeypatch.setattr(evaluation, "_BATCH", 3)
    table = evaluation.predict(Constant(), small_store, SAMPLES, SPLIT, 2)
    assert table["id"].tolist() == SPLIT["id"].tolist()[30:]
    assert table["part"].tolist() == ["dev"] * 10 + ["test"] * 10
    assert table["p0"].eq(1).all()
    judged = evaluation.judge(table, CLASSES)
    assert judged["test"]["accuracy"] == pytest.approx(0.5)
    assert judged["dev"]["samples"] == 10
    assert table["cluster"].tolist()[:4] == [0, 1, 2, 0]
    assert (judged["dev"]["level1_samples"], judged["dev"]["level1_accuracy"]) == (0, None)
    assert (judged["dev"]["level2_samples"], judged["dev"]["level2_accuracy"]) == (10, 0.5)
    assert judged["dev"]["adjusted_rand"] < 0.2


def test_space_groups_and_class_frequencies_are_judged(small_store):
    table = evaluation.predict(Constant(), small_store, SAMPLES, SPLIT, 2)
    judged = evaluation.judge(table, CLASSES.assign(samples=[10, 20]), np.array([62, 225]))["test"]
    # The first class, 62, is always named; the second is the more frequent one. They are 5 apart.
    assert judged["subgroup_distance"] == judged["frequency_subgroup_distance"] == pytest.approx(2.5)
    assert (judged["crystal_system"], judged["extinction_group"]) == (0.5, 0.5)
    assert (judged["largest_class"], judged["five_largest"]) == (0.5, 1)
    assert "crystal_system" not in evaluation.judge(table, CLASSES)["test"]


def test_what_training_knows_is_judged_apart(small_store):
    table = evaluation.predict(Constant(), small_store, SAMPLES, SPLIT, 2)
    judged = evaluation.judge(table, CLASSES, known=["s40", "s42", "s43", "s3"])
    assert (judged["known"]["samples"], judged["known"]["accuracy"]) == (3, pytest.approx(2 / 3))
    assert (judged["unknown"]["samples"], judged["unknown"]["accuracy"]) == (7, pytest.approx(3 / 7))
    for known in ([], SAMPLES["id"]):
        assert set(evaluation.judge(table, CLASSES, known=known)) == {"dev", "test"}
    row = evaluation.collect([("x",)], ["name"], [{"train_items": 3, **judged}]).iloc[0]
    assert (row["known_samples"], row["unknown_samples"], row["test_samples"]) == (3, 7, 10)


def test_a_class_that_the_model_cannot_name_is_never_right(small_store):
    unknown = SAMPLES.assign(label=2)
    table = evaluation.predict(Constant(), small_store, unknown, SPLIT, 3)
    assert table["p2"].eq(0).all()
    judged = evaluation.judge(table, CLASSES, np.array([216, 62, 225]))["test"]
    assert judged["accuracy"] == judged["largest_class"] == judged["top5"] == judged["five_largest"] == 0
    # 216 is named, which is of the crystal system and the extinction group of 225.
    assert (judged["crystal_system"], judged["extinction_group"], judged["subgroup_distance"]) == (1, 1, 1)
    assert (judged["recall_few"], judged["recall_none"]) == (None, 0)


def test_a_part_without_samples_has_no_scores(small_store):
    table = evaluation.predict(Constant(), small_store, SAMPLES, SPLIT[SPLIT["part"] != "dev"], 2)
    judged = evaluation.judge(table, CLASSES)
    assert judged["dev"] is None
    cell = Cell("powder", "d", "m", "t", "none", "x", 0)
    row = evaluation.collect([cell], Cell._fields, [{"train_items": 3, "share_in_train": 0.0, **judged}]).iloc[0]
    assert row["test_accuracy"] == pytest.approx(0.5)
    assert "dev_accuracy" not in row
