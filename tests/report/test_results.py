"""The figures that compare trainings, from tables whose numbers are known."""

import io
import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from sgbench.report import (
    calibration,
    confusion,
    cost,
    curves,
    heatmap,
    leak,
    opening,
    published,
    rarity,
    recall,
    style,
    summary,
    topk,
    transfer,
)
from sgbench.report import scores as scores_figure
from sgbench.training.calibration import calibration_error

WAY = {"modality": "powder", "task": "largest20", "dedup": "d", "split": "by_material"}


LOOKS = {
    "task": {"largest20": {"label": "20 largest space groups"}},
    "balance": {"smote": {"label": "SMOTE"}},
    "model": {"resnet50": {"label": "ResNet-50", "colour": "#0072B2"}},
}


@pytest.fixture(autouse=True)
def study(monkeypatch):
    """How the names of the tables look, for these tests alone."""
    monkeypatch.setattr(style, "_looks", LOOKS)


@pytest.fixture
def scores():
    """Three seeds of two models under two balances, and one leaky split."""
    rows = [
        {
            **WAY,
            "model": model,
            "balance": balance,
            "seed": seed,
            "train_items": 100,
            "test_samples": 25,
            "share_in_train": 0.0,
        }
        for model in ("extratrees", "resnet50")
        for balance in ("none", "smote")
        for seed in range(3)
    ]
    table = pd.DataFrame(rows)
    rng = np.random.default_rng(0)
    for metric in ("accuracy", "macro_f1", "top3", "top5", "recall_many", "recall_medium"):
        table[f"test_{metric}"] = rng.random(len(table))
    table[["test_recall_few", "test_recall_none"]] = np.nan
    table["test_largest_class"] = 0.125 + 0.25 * table["seed"]
    table["dev_macro_f1"] = np.where((table["model"] == "resnet50") & (table["balance"] == "smote"), 0.9, 0.1)
    leaky = table[table["balance"] == "none"].assign(split="by_sample", share_in_train=0.5, test_accuracy=0.95)
    return pd.concat([table, leaky], ignore_index=True)


def main(scores):
    return scores[scores["split"] == "by_material"]


def drawn(module, table, folder):
    class Output:
        svg, png, csv = (folder / f"figure.{kind}" for kind in ("svg", "png", "csv"))

    style.save(module.draw(table), table, Output)
    assert Output.png.stat().st_size > 5000
    return Output.svg.read_text()


def test_the_map_has_a_field_for_each_balance_and_model(scores, tmp_path):
    table = heatmap.tabulate(main(scores))
    assert len(table) == 4
    expected = main(scores).groupby(["balance", "model"])["test_macro_f1"].mean()
    assert table.set_index(["balance", "model"])["mean"].sort_index().to_numpy() == pytest.approx(expected.to_numpy())
    first = table.iloc[0]
    assert f"{first['mean']:.2f} ± {first['half_width']:.2f}" in drawn(heatmap, table, tmp_path)


def test_only_what_differs_from_no_balancing_is_marked(scores):
    gained = main(scores).assign(test_macro_f1=[0.1, 0.2, 0.3, 0.6, 0.7, 0.8, 0.1, 0.2, 0.3, 0.9, 0.1, 0.2])
    table = heatmap.tabulate(gained)
    assert table["differs"].tolist() == [False, True, False, False]
    bold = [text.get_text() for text in heatmap.draw(table).axes[0].texts if text.get_weight() == "bold"]
    assert bold == [f"0.70 ± {table['half_width'][1]:.2f}"]
    # A seed alone tells nothing apart.
    assert not heatmap.tabulate(gained[gained["seed"] == 0])["differs"].any()


def test_the_scores_of_a_single_training_leave_room_for_names(scores, tmp_path):
    # matplotlib warns, which is an error here, where labels do not fit.
    picture = drawn(scores_figure, scores_figure.tabulate(scores[:1]), tmp_path)
    assert "test macro-F1" in picture


def test_recall_leaves_out_sizes_that_no_class_has(scores, tmp_path):
    table = recall.tabulate(main(scores))
    assert set(table["band"]) == {"many", "medium"}
    drawn(recall, table, tmp_path)


def test_top_k_has_three_numbers_a_training(scores, tmp_path):
    table = topk.tabulate(main(scores))
    assert table.groupby(["model", "balance"]).size().eq(3).all()
    picture = drawn(topk, table, tmp_path)
    assert "20 largest space groups" in picture
    assert "ResNet-50, powder, SMOTE" in picture
    assert "#0072b2" in picture


def test_a_calibrated_model_lies_on_the_diagonal(tmp_path):
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 20000)
    right = rng.random(20000) < sure
    predictions = pd.DataFrame({"part": "test", "label": np.where(right, 0, 1), "p0": sure, "p1": 1 - sure})
    table = calibration.tabulate({"extratrees": predictions})
    assert table["samples"].sum() == 20000
    np.testing.assert_allclose(table["accuracy"], table["confidence"], atol=0.03)
    error = calibration_error(predictions["label"].to_numpy(), predictions[["p0", "p1"]].to_numpy())
    assert table["calibration_error"].unique() == [error]
    drawn(calibration, table.assign(converged=True), tmp_path)


def test_the_cost_is_that_of_the_attempt_that_ended_well(scores, tmp_path):
    files = []
    for number in range(12):
        files.append([tmp_path / f"{number}.jsonl"])
        files[-1][0].write_text(json.dumps({"s": 999}) + "\n" + json.dumps({"s": number + 1.0}) + "\n")
    # The last one starts from the first.
    files[-1].append(files[0][0])
    table = cost.tabulate(main(scores), files)
    assert table["seconds"].tolist() == [*range(1, 12), 13]
    drawn(cost, table, tmp_path)


ROW = {"row": "B1", "what": "naive", "source": "Dash 2020", "metric": "accuracy", "published": 0.14, "differs": "data"}


def test_the_published_number_stands_beside_the_mean_over_seeds(scores, tmp_path):
    scores = scores.assign(judged=scores["modality"])
    rows = [
        {**ROW, "cell": {**WAY, "model": "resnet50", "balance": "smote"}},
        {**ROW, "row": "D", "cell": {**WAY, "model": "resnet50", "balance": "smote", "judged": "elsewhere"}},
        {**ROW, "row": "C1", "metric": "removed", "published": 0.33, "cell": {"modality": "powder", "dedup": "d"}},
    ]
    of_split = {"modality": "powder", "dedup": "d", "split": "s"}
    rows += [
        {**ROW, "row": "A1", "metric": "mean_per_group", "published": 814, "cell": of_split},
        {**ROW, "row": "A2", "metric": "quartile_per_group", "published": 23, "cell": of_split},
    ]
    kept = {("powder", "d"): pd.DataFrame({"kept": [True, True, True, False]})}
    # Groups 1 to 50 are absent, the others have three samples each.
    groups = {("powder", "d", "s"): np.repeat(np.arange(51, 231), 3)}
    table = published.tabulate(rows, scores, kept, groups).set_index("row")
    chosen = main(scores).query("model == 'resnet50' and balance == 'smote'")["test_accuracy"]
    assert table.loc["B1", "measured"] == pytest.approx(chosen.mean())
    assert table.loc["B1", "seeds"] == 3
    assert np.isnan(table.loc["D", "measured"]) and table.loc["D", "seeds"] == 0
    assert table.loc["C1", "measured"] == 0.25
    assert table.loc["A1", "measured"] == pytest.approx(540 / 230)
    assert table.loc["A2", "measured"] == 3
    drawn(published, table.reset_index(), tmp_path)
    assert "died" not in table
    scores["dead"] = np.where((scores["model"] == "resnet50") & (scores["seed"] < 2), 1, np.nan)
    table = published.tabulate(rows, scores, kept, groups).set_index("row")
    assert table["died"].dropna().to_dict() == {"B1": 2}


@pytest.fixture
def starved(scores):
    """The same scores, where one seed of ResNet-50 under SMOTE did not learn its training items; trees do not tell."""
    is_it = (scores["model"] == "resnet50") & (scores["balance"] == "smote") & (scores["seed"] == 1)
    told = (~is_it).astype(object).where(scores["model"] == "resnet50")
    table = scores.assign(converged=told, judged=scores["modality"])
    text = table.to_csv(index=False)
    return pd.read_csv(io.StringIO(text))


def comparisons(table):
    """Each figure that compares scores, with its table."""
    rows = [{**ROW, "cell": {**WAY, "model": "resnet50", "balance": balance}} for balance in ("none", "smote")]
    yield scores_figure.draw, scores_figure.tabulate(table)
    yield heatmap.draw, heatmap.tabulate(table)
    yield recall.draw, recall.tabulate(table)
    yield topk.draw, topk.tabulate(table)
    yield transfer.draw, transfer.tabulate(table)
    yield published.draw, published.tabulate(rows, table, {}, {})
    predictions = [pd.DataFrame({"part": "test", "label": [0, 1], "p0": [1.0, 0], "p1": [0.0, 1]})] * len(table)
    yield leak.draw, leak.tabulate(table, predictions)
    classes = pd.DataFrame({"materials": [0, 3]})
    yield rarity.draw, rarity.tabulate(table, [(found, classes) for found in predictions])
    chosen = table[(table["model"] == "resnet50") & (table["balance"] == "smote")]
    counts = confusion.tabulate(predictions[0], ["a", "b"])
    yield partial(confusion.draw, chosen=chosen, best=True), counts
    cells = table[["model", "balance", "seed"]].assign(converged=summary.converged(table))
    histories = [pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 1], "dev_loss": [2.0, 1], "dev_macro_f1": [0.1, 0.2]})]
    yield curves.draw, curves.tabulate(cells.to_dict("records"), histories * len(table))
    models = calibration.tabulate({"extratrees": predictions[0], "resnet50": predictions[0]})
    yield calibration.draw, models.assign(converged=models["model"].map(cells.groupby("model")["converged"].all()))


def test_every_figure_of_scores_says_what_did_not_converge(scores, starved, tmp_path):
    for table, said in ((starved, True), (scores.assign(judged="powder"), False)):
        for place, (draw, drawn_table) in enumerate(comparisons(main(table).reset_index(drop=True))):
            figure = draw(drawn_table)
            path = tmp_path / f"{place}.svg"
            figure.savefig(path)
            assert ("not converged" in path.read_text()) == said, drawn_table.columns
    seconds = tmp_path / "seconds.jsonl"
    seconds.write_text(json.dumps({"s": 1}))
    costs = cost.tabulate(starved, [[seconds]] * len(starved))
    assert costs["converged"].sum() == len(starved) - 1
    names = [text.get_text() for text in cost.draw(costs).axes[0].get_legend().get_texts()]
    assert names == ["extratrees", "ResNet-50", "ResNet-50 (not converged)"]


def test_the_opening_page_says_what_did_not_converge(starved):
    compare = pd.DataFrame({"metric": "accuracy", "published": 0.9, "measured": [0.1, 0.2], "half_width": np.nan})
    compare["converged"] = [True, False]
    text = opening.write("s", "crystals", pd.Series([1]), starved, None, [WAY], {}, compare)
    assert "ResNet-50 (SMOTE), not converged: accuracy" in text
    assert "0 of 2 scores of the literature are reached or passed; 1 are of" in text.replace("\n", " ")
    counts = compare.assign(metric="mean_per_group")
    text = opening.write("s", "crystals", pd.Series([1]), starved, None, [WAY], {}, counts)
    assert "of the literature" not in text
    best = starved.assign(dev_macro_f1=np.where(starved["model"] == "extratrees", 0.9, 0.1))
    text = opening.write("s", "crystals", pd.Series([1]), best, None, [WAY], {}, None)
    assert "; not told apart from extratrees (SMOTE), ResNet-50 (none), ResNet-50 (SMOTE), not converged\n" in text


def test_the_opening_page_tells_what_was_best_on_dev_and_the_leak(scores):
    groups = pd.Series([225] * 5 + [1])
    seen, unseen = ({"part": "test", "label": [0, 1], "p0": [1, share], "p1": [0, 0.5]} for share in (0, 1))
    trained = scores[scores["balance"] == "none"]
    tables = [pd.DataFrame(seen if split == "by_sample" else unseen) for split in trained["split"]]
    leaks = {"largest20": leak.tabulate(trained, tables)}
    text = opening.write("s", "crystals", groups, scores, None, [WAY], leaks, None)
    best = main(scores).query("model == 'resnet50' and balance == 'smote'")["test_accuracy"].mean()
    assert f"ResNet-50 (SMOTE): accuracy {best:.2f} ±" in text
    assert " (the largest class: 0.38), macro-F1 " in text
    # Its scores are noise.
    assert "; not told apart from extratrees (none), extratrees (SMOTE), ResNet-50 (none)\n" in text
    assert "others, of the nearest" not in text
    assert "6\ncrystals of 2 space groups, the rarest with 1, the most frequent with 5" in text
    assert "has a mean recall of 100 % where of the test samples 50 % show a crystal of the training part" in text
    assert "of 50 % where 0 % do: +50 ± 0 points. The difference is memory." in text
    leaks = {"largest20": leak.tabulate(trained, [pd.DataFrame(seen)] * len(trained))}
    known = trained.assign(share_of_types_in_train=trained["share_in_train"] + 0.4)
    text = opening.write(
        "s", "crystals", groups, scores, None, [WAY], {"largest20": leak.tabulate(known, tables)}, None
    )
    assert "where of the test samples 50 % show a crystal and 90 % show a structure type of the training part" in text
    assert "of 50 % where 0 % and 40 % do: +50 ± 0 points. The difference is memory." in text
    by_type = trained.assign(share_of_types_in_train=trained["share_in_train"], share_in_train=0.0)
    text = opening.write(
        "s", "crystals", groups, scores, None, [WAY], {"largest20": leak.tabulate(by_type, tables)}, None
    )
    assert "+50 ± 0 points. The difference is what known structure types tell." in text
    same = opening.write("s", "crystals", groups, scores, None, [WAY], leaks, None)
    assert "+0 ± 0 points. That is not told apart from no difference." in same and "memory" not in same
    one = trained["seed"] == 0
    leaks = {"largest20": leak.tabulate(trained[one], [table for table, kept in zip(tables, one, strict=True) if kept])}
    text = opening.write("s", "crystals", groups, scores, None, [WAY], leaks, None)
    assert "+50 points. How much of that is chance takes more seeds to tell." in text


def test_the_opening_page_names_what_is_ahead_on_every_seed_and_no_best_without_common_seeds(scores):
    gained = main(scores).assign(test_macro_f1=lambda rows: np.where(rows["dev_macro_f1"] == 0.9, 0.8, 0.1))
    gained["test_macro_f1"] += 0.01 * gained["seed"]
    text = opening.write("s", "crystals", pd.Series([1]), gained, None, [WAY], {}, None)
    assert "; ahead of 3 others, of the nearest, extratrees (none), by 0.70 ± 0.00\n" in text
    apart = gained[(gained["model"] == "resnet50") == (gained["seed"] == 0)]
    text = opening.write("s", "crystals", pd.Series([1]), apart, None, [WAY], {}, None)
    assert "no best, as its trainings have no seed in common; shown: ResNet-50 (SMOTE)" in text


def test_the_opening_page_sets_oriented_modalities_apart(scores, monkeypatch):
    oriented = {"powder": {"label": "powder", "knows": "It knows the axes."}}
    monkeypatch.setattr(style, "_looks", LOOKS | {"modality": oriented})
    text = opening.write("s", "crystals", pd.Series([1]), scores, None, [WAY], {}, None)
    assert "- Not diffraction alone: 20 largest space groups, powder: ResNet-50 (SMOTE)" in text
    assert "It knows the axes.\n" in text
    assert "\n- 20 largest" not in text
