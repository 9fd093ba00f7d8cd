"""The figures of what models are worth in exams, and when they refuse."""

import numpy as np
import pandas as pd
import pytest

from sgbench.report import coverage, opening, style, topk, transfer
from sgbench.report.summary import choose_for
from sgbench.scores.metrics import scores as score

RNG = np.random.default_rng(0)


@pytest.fixture
def scores():
    """Two seeds of a model on its own modality and in an exam, a few of whose materials it knows."""
    training = {"modality": "powder", "dedup": "d", "split": "m", "task": "t", "balance": "none", "model": "extratrees"}
    rows = [
        {
            **training,
            "judged": judged,
            "seed": seed,
            "train_items": 90,
            "test_samples": 20,
            "test_accuracy": own + 0.1 * seed,
            "test_top3": 0.8,
            "test_top5": 0.9,
            "test_macro_f1": own,
            "test_extinction_group": own + 0.2,
            "test_largest_class": 0.1 + 0.1 * seed,
            "test_five_largest": 0.5,
            "unknown_accuracy": unknown,
        }
        for judged, own, unknown in (("powder", 0.6, np.nan), ("measured", 0.3, 0.2))
        for seed in (0, 1)
    ]
    return pd.DataFrame(rows)


def saved(figure, table, folder):
    output = pd.Series({kind: folder / f"figure.{kind}" for kind in ("svg", "png", "csv")})
    style.save(figure, table, output)
    return output["svg"].read_text()


def test_exams_stand_beside_the_own_test_part_and_class_frequencies(scores, tmp_path):
    table = transfer.tabulate(scores)
    assert table["metric"].unique().tolist() == ["accuracy", "top5", "macro_f1", "extinction_group"]
    found = table.set_index(["judged", "metric"])
    assert found.loc[("measured", "accuracy"), "mean"] == pytest.approx(0.35)
    assert found.loc[("measured", "accuracy"), "frequencies"] == pytest.approx(0.15)
    assert found.loc[("measured", "top5"), "frequencies"] == 0.5
    assert found.loc[("measured", "accuracy"), "unknown"] == pytest.approx(0.2)
    assert np.isnan(found.loc[("powder", "accuracy"), "unknown"])
    # Nothing is known of the extinction groups of class frequencies here, and macro-F1 has no such number.
    assert found.loc[(slice(None), ["macro_f1", "extinction_group"]), "frequencies"].isna().all()
    picture = saved(transfer.draw(table), table, tmp_path)
    assert "on measured" in picture and "unknown materials alone" in picture and "class frequencies" in picture
    own = transfer.tabulate(scores.drop(columns="unknown_accuracy"))
    assert "unknown materials alone" not in saved(transfer.draw(own), own, tmp_path)


def test_more_exams_than_colours_are_all_drawn(scores, tmp_path):
    many = pd.concat([scores[:1].assign(judged=f"exam {number}") for number in range(11)])
    table = transfer.tabulate(many)
    picture = saved(transfer.draw(table), table, tmp_path)
    assert all(f"on exam {number}<" in picture for number in range(11))


def test_top_k_stands_beside_class_frequencies(scores):
    table = topk.tabulate(scores[scores["judged"] == "powder"]).set_index("metric")
    assert table.loc["accuracy", "frequencies"] == pytest.approx(0.15)
    assert table.loc["top5", "frequencies"] == 0.5
    assert np.isnan(table.loc["top3", "frequencies"])


def test_a_model_that_knows_what_it_knows_gains_by_refusing(tmp_path):
    # Half of the samples are told for sure, and the others are guesses.
    labels = RNG.integers(0, 2, 400)
    sure = np.where(np.arange(400) % 2 == 0, 0.9, 0.6)
    named = np.where(np.arange(400) % 2 == 0, labels, 0)
    probabilities = np.where(np.eye(2, dtype=bool)[named], sure[:, None], 1 - sure[:, None])
    rows = pd.DataFrame({"part": "test", "label": labels, "p0": probabilities[:, 0], "p1": probabilities[:, 1]})
    # An exam has a class that was not trained on.
    exam = rows.assign(p2=0.0, label=2)
    predictions = {("powder", "extratrees", "none"): rows, ("exam", "extratrees", "none"): exam}
    table = coverage.tabulate(predictions, np.array([3, 9]))
    own = table[table["judged"] == "powder"].set_index("coverage")
    assert len(own) == 50
    assert own.loc[0.5, "accuracy"] == 1
    told = score(labels, probabilities, np.array([3, 9]))
    assert own.loc[1.0, "accuracy"] == pytest.approx(told["accuracy"])
    assert own["coverage_area"].unique() == pytest.approx([told["coverage_area"]])
    assert own["largest_class"].unique() == pytest.approx([labels.mean()])
    assert (table[table["judged"] == "exam"][["accuracy", "largest_class"]] == 0).all(axis=None)
    assert "on exam" in saved(coverage.draw(table), table, tmp_path)


def test_fewer_samples_than_points_are_a_point_each():
    rows = pd.DataFrame({"part": "test", "label": [0, 1, 1], "p0": [0.9, 0.2, 0.6], "p1": [0.1, 0.8, 0.4]})
    table = coverage.tabulate({("powder", "x", "none"): rows}, np.array([1, 1]))
    assert table["coverage"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert table["accuracy"].tolist() == pytest.approx([1, 1, 2 / 3])


def test_a_model_is_chosen_for_an_exam_by_dev_crystals_as_the_exam_shows_them():
    dev = {("powder", "clean"): 0.9, ("powder", "noisy"): 0.5, ("noise", "clean"): 0.1, ("noise", "noisy"): 0.6}
    seeds = [0, 1]
    rows = [
        {"model": "x", "balance": balance, "judged": judged, "seed": seed, "dev_macro_f1": value}
        for (judged, balance), value in dev.items()
        for seed in seeds
    ]
    # Other crystals have no dev part, and their test scores choose nothing.
    others = [
        {"model": "x", "balance": balance, "judged": "others", "seed": seed, "test_macro_f1": value}
        for balance, value in (("clean", 1.0), ("noisy", 0.0))
        for seed in seeds
    ]
    table = pd.DataFrame(rows + others)
    assert [choose_for(table, judged).balance for judged in ("powder", "noise", "others")] == [
        "clean",
        "noisy",
        "noisy",
    ]
    shown = coverage.choose(table)
    assert list(shown) == [("powder", "x", "clean"), ("noise", "x", "noisy"), ("others", "x", "noisy")]
    chosen = table.loc[list(shown.values())]
    assert chosen["judged"].tolist() == ["powder", "noise", "others"] and (chosen["seed"] == 0).all()


def test_the_opening_page_tells_what_dev_chose_for_each_exam(scores, monkeypatch):
    monkeypatch.setattr(style, "_looks", {"modality": {"measured": {"label": "measured patterns"}}})
    noisy = scores.assign(balance="noisy", test_accuracy=scores["test_accuracy"] / 10)
    for table, dev in ((scores, [0.9, 0.2]), (noisy, [0.3, 0.4])):
        table["dev_macro_f1"] = np.repeat(dev, 2)
    transfers = pd.concat([scores, noisy], ignore_index=True)
    own = transfers[transfers["judged"] == "powder"].drop(columns="judged")
    way = {"modality": "powder", "task": "t", "dedup": "d", "split": "m"}
    text = opening.write("s", "crystals", pd.Series([1]), own, transfers, [way], {}, None)
    assert "- t, powder: extratrees (none): accuracy 0.65" in text
    assert "- t, powder in the exam *measured patterns*: extratrees (noisy): accuracy 0.04" in text
    assert "(the largest class: 0.15), among the five likeliest 0.90 ± 0.00 (the five largest: 0.50)" in text
    assert "In exams" not in opening.write("s", "crystals", pd.Series([1]), own, None, [way], {}, None)
