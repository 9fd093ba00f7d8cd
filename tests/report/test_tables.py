import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from sgbench.balance.plan import real
from sgbench.report import census, closeness, confusion, examples, leak, scores, split, style, synthetic
from sgbench.report.summary import choose, compared, difference, over_seeds


def trainings(**columns):
    base = {"modality": "powder", "dedup": "d", "split": "m", "task": "t", "balance": "none", "model": "extratrees"}
    table = pd.DataFrame(columns)
    for name, value in base.items():
        if name not in table:
            table[name] = value
    return table


def test_the_census_counts_every_crystal_once(records):
    table = census.tabulate(records.rename(columns={"spacegroup": "space_group"}))
    assert len(table) == 230
    assert table["records"].sum() == len(records)
    # The counts that the data's own description gives.
    assert table["materials"].sum() == 6223
    assert (table["records"] > 0).sum() == 163


def test_the_interval_is_students():
    table = over_seeds(trainings(score=[0.4, 0.5, 0.6], seed=[0, 1, 2]), ["model"], "score")
    assert table["mean"][0] == pytest.approx(0.5)
    assert table["half_width"][0] == pytest.approx(t.ppf(0.975, 2) * 0.1 / np.sqrt(3))
    assert np.isnan(over_seeds(trainings(score=[0.4]), ["model"], "score")["half_width"][0])


def test_scores_have_a_row_for_each_metric():
    table = scores.tabulate(
        trainings(seed=[0, 1], test_accuracy=[0.2, 0.4], test_macro_f1=[0.1, 0.3], test_samples=9, train_items=9)
    )
    assert table.set_index("metric")["mean"].to_dict() == pytest.approx({"accuracy": 0.3, "macro_f1": 0.2})


def test_scores_tell_in_how_many_seeds_a_network_died():
    rows = trainings(
        model=["trees", "coder", "coder", "coder"],
        seed=[0, 0, 1, 2],
        test_accuracy=0.5,
        test_macro_f1=0.5,
        test_samples=9,
        train_items=9,
    )
    assert "died" not in scores.tabulate(rows)
    rows["dead"] = [np.nan, 0, 3, 1]
    table = scores.tabulate(rows).set_index("model")
    assert table.loc["coder", "died"].tolist() == [2, 2]
    assert table.loc["trees", "died"].isna().all()
    assert "died" not in scores.tabulate(rows[:1])


def test_the_leak_compares_the_classes_that_all_test_sets_have():
    rows = trainings(
        split=["m", "m", "s", "s"],
        seed=[0, 1, 0, 1],
        share_in_train=[0.0, 0.0, 0.8, 0.6],
        test_samples=4,
        train_items=8,
    )
    # Class 0 is always found and class 1 half the time; class 2, never found, is tested by material only.
    by_material = pd.DataFrame({"part": "test", "label": [0, 1, 1, 2], "p0": [1, 1, 0, 1], "p1": [0, 0, 1, 0], "p2": 0})
    same = by_material[by_material["label"] < 2]
    table = leak.tabulate(rows, [by_material, by_material, same, pd.concat([same[:1]] * 30 + [same[1:]])])
    assert table[["split", "mean", "classes", "differs"]].to_numpy().tolist() == [
        ["m", 0.75, 2, False],
        ["s", 0.75, 2, False],
    ]
    assert table["share_in_train"].tolist() == pytest.approx([0, 0.7])
    table = leak.tabulate(rows, [by_material, by_material, same[:2], same[:2]])
    assert table[["gain", "differs"]].to_numpy().tolist()[1] == [-0.25, True]


def test_the_leak_compares_with_the_way_that_shares_no_structure_type():
    rows = trainings(
        split=["s", "m", "t"],
        seed=[0, 0, 0],
        share_in_train=[0.8, 0.0, 0.0],
        share_of_types_in_train=[0.9, 0.6, 0.0],
        test_samples=4,
        train_items=8,
    )
    right, half = (pd.DataFrame({"part": "test", "label": [0, 1], "p0": [1, p], "p1": [0, 1 - p]}) for p in (0, 1))
    table = leak.tabulate(rows, [right, right, half])
    assert table[["split", "mean", "share_of_types_in_train"]].to_numpy().tolist() == [
        ["t", 0.5, 0.0],
        ["m", 1.0, 0.6],
        ["s", 1.0, 0.9],
    ]
    assert table["gain"].tolist()[1:] == [0.5, 0.5]
    names = [text.get_text() for text in leak.draw(table).axes[0].get_yticklabels()]
    assert names[1].endswith("0 % of test samples seen in training, 60 % by structure type")
    assert leak.tabulate(rows.drop(columns="share_of_types_in_train"), [right, right, half])["split"].tolist() == [
        "m",
        "t",
        "s",
    ]


def test_the_best_model_is_chosen_on_dev_by_its_mean_over_the_seeds_that_all_have():
    # The luckiest seed of "a", 2, is one that "b" does not have.
    rows = trainings(
        model=["a", "a", "a", "b", "b"],
        seed=[0, 1, 2, 0, 1],
        dev_macro_f1=[0.4, 0.5, 0.9, 0.5, 0.6],
        test_macro_f1=[0.9, 0.9, 0.9, 0.1, 0.1],
    )
    assert choose(rows) == ("b", "none", (0, 1))
    assert choose(rows).rows(rows).index.tolist() == [3, 4]
    assert choose(rows[rows.index != 3].query("model == 'b' or seed != 1")).seeds == ()


def test_a_paired_difference_has_the_corrected_interval():
    rows = trainings(
        balance=["none"] * 3 + ["over"] * 3,
        seed=[0, 1, 2, 2, 1, 0],
        train_items=[100] * 3 + [180] * 3,
        test_samples=25,
        score=[0.30, 0.50, 0.40, 0.52, 0.62, 0.40],
    )
    over, none = rows[rows["balance"] == "over"], rows[rows["balance"] == "none"]
    found = difference(over, none, "score")
    gains = [0.10, 0.12, 0.12]
    assert found.mean == pytest.approx(np.mean(gains))
    assert found.half_width == pytest.approx(t.ppf(0.975, 2) * np.std(gains, ddof=1) * np.sqrt(1 / 3 + 25 / 100))
    assert difference(none, over, "score") == pytest.approx((-found.mean, found.half_width))
    # Intervals of the two means overlap, and yet the one is better on every seed.
    table = compared(rows, ["model", "balance"], "score").set_index("balance")
    assert table["differs"].to_dict() == {"none": False, "over": True}
    assert np.isnan(table.loc["none", "gain"])


def test_one_common_seed_makes_nothing_better():
    ours = trainings(seed=[0], score=[0.9], test_samples=9, train_items=9)
    theirs = trainings(seed=[0, 1], score=[0.1, 0.1], test_samples=9, train_items=9)
    assert difference(ours, theirs, "score").mean == pytest.approx(0.8)
    assert not difference(ours, theirs, "score").holds
    assert not difference(ours, theirs[1:], "score").holds


def test_the_confusion_matrix_counts_test_samples():
    predictions = pd.DataFrame(
        {
            "part": ["dev", "test", "test", "test"],
            "label": [0, 0, 0, 1],
            "p0": [0.9, 0.9, 0.2, 0.5],
            "p1": [0.1, 0.1, 0.8, 0.5],
        }
    )
    table = confusion.tabulate(predictions, ["x", "y"])
    assert table["samples"].tolist() == [1, 1, 0.5, 0.5]
    assert table["true"].tolist() == ["x", "x", "y", "y"]


def test_split_counts_add_up(some_crystals):
    halves = pd.DataFrame({"id": some_crystals["id"], "part": np.where(some_crystals.index % 2, "train", "test")})
    table = split.tabulate(some_crystals, {"half": halves, "all": halves.assign(part="train")})
    assert table.groupby("split")["samples"].sum().to_dict() == {"half": 297, "all": 297}


def test_examples_are_one_of_each_system(some_crystals):
    chosen = examples.choose(some_crystals)
    assert chosen["crystal_system"].is_unique
    assert set(chosen["crystal_system"]) == set(some_crystals["crystal_system"])
    assert (some_crystals["id"].to_numpy()[chosen["row"]] == chosen["id"]).all()


def test_figures_give_the_same_bytes(records, tmp_path):
    table = census.tabulate(records.rename(columns={"spacegroup": "space_group"}))
    for name in ("a", "b"):
        output = pd.Series({kind: tmp_path / f"{name}.{kind}" for kind in ("svg", "png", "csv")})
        style.save(census.draw(table), table, output)
    for kind in ("svg", "png", "csv"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_distances_tell_copies_from_new_patterns():
    rng = np.random.default_rng(0)
    images = rng.random((40, 1, 3, 4), np.float32)
    rows = pd.DataFrame({"id": [f"t{n}" for n in range(40)], "label": np.repeat([0, 1], [28, 12])})
    dev = pd.DataFrame({"id": [f"d{n}" for n in range(9)], "label": 0})
    dev_images = rng.random((9, 1, 3, 4), np.float32)
    plan = pd.concat([real(rows["id"].to_numpy(), rows["label"].to_numpy()), real(np.array(["n0", "n1"]), np.ones(2))])
    plan = plan.reset_index(drop=True)
    made = np.concatenate([images, images[30:31], images[30:31] + 0.5])

    class Made:
        images = staticmethod(lambda at: made[at])

    table = closeness.measure(
        rows, lambda at: images[at], dev, lambda at: dev_images[at], {"copier": (plan, Made)}, seed=0
    )
    assert closeness.choose(rows) == 1
    # With twelve, and fewer than ten, the twelve are the largest class, which nothing is made of.
    assert closeness.choose(pd.DataFrame({"label": [0] * 12 + [1] * 8 + [2] * 4})) == 1
    assert closeness.choose(pd.DataFrame({"label": [0] * 3 + [1] * 3})) == 0
    of = {kind: own.set_index("id") for kind, own in table.groupby("kind")}
    assert len(of[synthetic.REAL]) == 40
    pixels = images.reshape(40, -1)
    expected = NearestNeighbors(n_neighbors=2).fit(pixels).kneighbors(pixels)[0][:, 1]
    np.testing.assert_allclose(of[synthetic.REAL]["distance"], expected, rtol=1e-4)
    reference = NearestNeighbors(n_neighbors=1).fit(pixels).kneighbors(dev_images.reshape(9, -1))
    np.testing.assert_allclose(of[synthetic.HELD_OUT]["distance"], reference[0][:, 0], rtol=1e-4)
    assert of[synthetic.HELD_OUT]["nearest"].tolist() == [f"t{n}" for n in reference[1][:, 0]]
    assert of["copier"]["position"].tolist() == [40, 41]
    assert of["copier"]["nearest"].iloc[0] == "t30"
    summary = synthetic.tabulate_distances(table).set_index("kind")
    assert summary["copies"].to_dict() == {synthetic.REAL: 0, synthetic.HELD_OUT: 0, "copier": 0.5}
    points = PCA(2).fit_transform(pixels)
    found = of[synthetic.REAL][["pc1", "pc2"]].to_numpy()
    np.testing.assert_allclose(np.abs(found), np.abs(points), atol=1e-3)
    assert synthetic.choose_gallery(table)["kind"].value_counts().to_dict() == {synthetic.REAL: 6, "copier": 2}
