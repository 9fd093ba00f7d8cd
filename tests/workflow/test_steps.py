"""A study of balance variants of several steps, from the crystals to scores and figures."""

import json

import numpy as np
import pandas as pd
import torch

from sgbench.predict import modelfile

STUDY = "tests/workflow/steps.yaml"
CELL = "results/steps/powder/deduplicated/by_material"
WITHHELD = "results/steps/fewer/deduplicated/withheld"


def test_steps_go_together(fresh):
    varied, reduced = (f"{CELL}/crystal_system/{name}" for name in ("varied", "reduced"))
    metrics = [f"{varied}/cnn1d/seed0/metrics.json", f"{reduced}/extratrees/seed0/metrics.json"]
    names = ["gallery.powder.crystal_system", "search.powder.crystal_system.reduced"]
    names += ["augmentation.powder.varied", "measurement.powder"]
    figures = [f"results/steps/figures/{name}.svg" for name in names]
    fresh.snakemake(*metrics, *figures, study=STUDY)

    split = pd.read_parquet(fresh.folder / CELL / "seed0" / "split.parquet")
    training = set(split.loc[split["part"] == "train", "id"])
    plan, classes = tables(fresh, varied)
    new = pd.read_parquet(fresh.folder / varied / "seed0" / "generated.parquet")
    assert set(plan["id"]) == training | set(new["id"])
    assert set(new["parent"]) <= training
    assert (plan["augment"] >= 0).all()
    assert (classes["items"] >= 30).all()
    assert (classes["loss_weight"] == 1).all()
    lower, sizes = tables(fresh, reduced)
    assert set(lower["id"]) < training
    assert sizes["items"].max() <= 20
    scores = [json.loads((fresh.folder / path).read_text()) for path in metrics]
    assert [score["train_items"] for score in scores] == [len(plan), len(lower)]
    assert all((fresh.folder / path).stat().st_size > 5000 for path in figures)

    # Another loss makes no pattern anew.
    study = fresh.folder / STUDY
    study.write_text(study.read_text().replace("balanced_softmax]", "focal]"))
    planned = fresh.snakemake("--dry-run", metrics[0], study=STUDY)
    assert "Train cnn1d" in planned
    assert "Generate items" not in planned


def test_every_space_group_is_learnt_from_crystals_like_those_of_a_split_by_type(fresh):
    folder = "results/steps/powder/deduplicated/by_type/every/synthetic"
    metrics = f"{folder}/extratrees/seed0/metrics.json"
    names = ("leak.every", "split.powder", "gallery.powder.every", "rarity.fewer.every")
    figures = [f"results/steps/figures/{name}.svg" for name in names]
    withheld = [f"{WITHHELD}/every/synthetic/{model}/seed0/metrics.json" for model in ("extratrees", "related")]
    fresh.snakemake(metrics, *withheld, *figures, study=STUDY)
    split, types = (
        pd.read_parquet(fresh.folder / "results/steps" / name)
        for name in ("powder/deduplicated/by_type/seed0/split.parquet", "structure_types.parquet")
    )
    parts = split.merge(types, on="id")[["structure_type", "part"]].drop_duplicates()
    assert parts["structure_type"].is_unique
    by_type, by_material = (
        json.loads((fresh.folder / f"results/steps/powder/deduplicated/{name}/seed0/audit.json").read_text())["test"]
        for name in ("by_type", "by_material")
    )
    assert (
        by_type["structure_types_in_train"] == by_type["materials_in_train"] == by_material["materials_in_train"] == 0
    )
    assert by_material["structure_types_in_train"] > 0
    # The leak says of each how much of it training knows; what is withheld is no matter of memory.
    told = pd.read_csv(fresh.folder / "results/steps/figures/leak.every.csv").set_index("split")
    assert told["share_of_types_in_train"].to_dict() == {
        "by_type": 0,
        "by_material": by_material["share_of_types_in_train"],
    }
    _, classes = tables(fresh, folder)
    assert len(classes) == 230
    assert classes["made"].tolist() == [1 if samples else 2 for samples in classes["samples"]]
    assert (classes["items"] == 2).all()
    predictions = pd.read_parquet((fresh.folder / metrics).with_name("predictions.parquet"))
    assert "p229" in predictions
    check_withheld(fresh)


def check_withheld(fresh):
    """What becomes of space groups that training does not have is told, and nothing of theirs is learnt from."""
    audit = json.loads((fresh.folder / WITHHELD / "seed0/audit.json").read_text())
    assert audit["test"]["space_groups"] - audit["test"]["space_groups_in_train"] == 3
    assert audit["dev"]["share_in_train"] == audit["test"]["share_in_train"] == 0
    split = pd.read_parquet(fresh.folder / WITHHELD / "seed0/split.parquet")
    samples = pd.read_parquet(fresh.folder / "results/steps/fewer/samples.parquet")
    groups = split.merge(samples, on="id").groupby("space_group")["part"].agg(set)
    away = groups.index[groups.map(lambda parts: parts == {"test"})]
    plan, classes = tables(fresh, f"{WITHHELD}/every/synthetic")
    assert (classes.loc[away - 1, "samples"] == 0).all() and (classes.loc[away - 1, "items"] == 2).all()
    real = samples.loc[samples["id"].isin(plan["id"]), "space_group"]
    assert not set(real) & set(away)
    metrics = json.loads((fresh.folder / f"{WITHHELD}/every/synthetic/extratrees/seed0/metrics.json").read_text())
    assert metrics["test"]["recall_none"] is not None
    drawn = pd.read_csv(fresh.folder / "results/steps/figures/rarity.fewer.every.csv")
    drawn = drawn.set_index(["from_materials", "model"]).loc[(0, "extratrees")]
    assert drawn[["mean", "classes"]].tolist() == [metrics["test"]["recall_none"], len(away)]


def test_a_network_learns_from_a_stream_and_goes_on_with_real_crystals(fresh):
    """The training that it starts from is no part of the matrix."""
    endless, real = (f"{CELL}/crystal_system/{name}" for name in ("endless", "none"))
    metrics, start = f"{real}/tuned/seed0/metrics.json", f"{endless}/cnn1d/seed0/model.pt"
    planned = fresh.snakemake("--dry-run", metrics, study=STUDY)
    assert "Train cnn1d" in planned
    assert "Generate items" not in planned
    planned = fresh.snakemake("--dry-run", "results/steps/figures/cost.powder.crystal_system.csv", study=STUDY)
    # The figure waits for both trainings; in which order it names them is not said.
    both = [f"crystal_system.{name}.0.jsonl" for name in ("endless.cnn1d", "none.tuned")]
    assert any(all(name in line for name in both) for line in planned.splitlines())
    file, trees = start.replace("model.pt", "model.sgbench"), f"{endless}/extratrees/seed0/metrics.json"
    fresh.snakemake(metrics, file, trees, study=STUDY)

    plan, classes = tables(fresh, endless)
    made = plan[plan["draw"] >= 0]
    assert set(made["id"].str.partition("/")[0]) == {"synthetic"}
    assert (plan["augment"] >= 0).all()
    assert (classes["items"] >= 20).all()
    assert classes["made"].sum() == len(plan)
    # To the loss all classes were alike.
    assert np.ptp(modelfile.read(fresh.folder / file).about["frequencies"]) < 1e-6
    assert not list((fresh.folder / endless).glob("seed0/generated*"))
    first, second = (
        torch.load(fresh.folder / path, weights_only=True)["weights"]
        for path in (start, metrics.replace("metrics.json", "model.pt"))
    )
    # Its learning rate changes next to nothing; the averages of batch norm do change.
    learnt = [name for name in first if name.endswith(("weight", "bias"))]
    assert len(learnt) > 10
    assert all(torch.allclose(first[name], second[name], atol=1e-6) for name in learnt)
    assert torch.equal(first["scaling.mean"], second["scaling.mean"])


def test_crystals_of_one_cell_shape_are_not_one_crystal(fresh):
    audit = CELL.replace("powder", "cell") + "/seed0/audit.json"
    fresh.snakemake(audit, study=STUDY)
    test = json.loads((fresh.folder / audit).read_text())["test"]
    assert test["samples"] > 10
    assert test["images_in_train"] == test["share_in_train"] == 0


def tables(clone, variant):
    folder = clone.folder / variant / "seed0"
    return pd.read_parquet(folder / "plan.parquet"), pd.read_csv(folder / "classes.csv")
