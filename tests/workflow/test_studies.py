"""The studies of the literature: what they plan, and what is peculiar to them end to end."""

import numpy as np
import pandas as pd
import pytest
import yaml

from sgbench.models import base
from tests.kinds import STUDIES
from tests.workflow.conftest import ROOT
from tests.workflow.test_run import rules_of
from tests.workflow.test_style import run

FOLDER = ROOT / "config" / "studies"
#: What a larger machine changes: sizes, and on so many items networks train as published.
SIZES = {"records", "pixels", "batches", "preset", "target", "total", "epochs", "batch_size", "decay", "stem", "trees"}
SIZES |= {"seed", "differs", "optimizer", "learning_rate", "pairs"}
FIGURES = {
    "karan2022": {
        "figure_classes": 1,
        "figure_transfer": 1,
        "figure_confusion_exam": 1,
        "figure_confusion_beside": 1,
        "figure_confusion_beside_on": 1,
        "judge_exam": 24,
        "figure_scree": 1,
        "figure_embedding": 1,
        "figure_responses": 1,
        "figure_published": 1,
    },
    "dash2020": {"figure_levels": 1, "figure_trickle": 1, "figure_published": 1, "fit_network": 36, "judge_model": 52},
    "costa2019": {"figure_leak": 1, "figure_published": 1, "figure_gallery": 1, "fit_network": 13},
    "friedman2022": {"figure_resolution": 1, "figure_augmentation": 1, "figure_leak": 2},
}


@pytest.mark.parametrize("files", STUDIES, ids=lambda files: files[-1].stem)
def test_a_study_plans_what_it_is_about(files):
    study = files[-1].stem
    # The whole of the full matrix takes minutes to plan.
    target = "balance" if study == "full_matrix" else "all"
    status, printed = run(
        "snakemake", "--dry-run", "--quiet", "rules", "--cores", "2", "--nolock", "--forceall", target,
        "--configfile", *map(str, files),
    )  # fmt: skip
    assert status == 0, printed
    jobs = rules_of(printed)
    assert jobs["write_report" if target == "all" else "make_plan"]
    expected = FIGURES.get(study, {})
    assert {name: jobs.get(name) for name in expected} == expected


def test_each_stage_has_a_target():
    stages = ["ingest", "dedup", "redistribute", "balance", "train", "evaluate", "figures", "report"]
    status, printed = run("snakemake", "--dry-run", "--quiet", "rules", "--cores", "2", "--nolock", *stages)
    assert status == 0, printed


def innermost(entry):
    """Yield the settings of an entry and of the models in it."""
    for key, value in entry.items():
        yield from innermost(value) if key == "model" else [key]


@pytest.mark.parametrize("study", ["costa2019", "dash2020"])
def test_a_full_size_changes_sizes_alone(study):
    small, full = (yaml.safe_load((FOLDER / f"{name}.yaml").read_text()) for name in (study, f"{study}_full"))
    assert full.pop("study") == f"{study}_full"
    assert all(full[section].keys() <= small[section].keys() for section in full)
    assert {key for section in full.values() for entry in section.values() for key in innermost(entry)} <= SIZES


@pytest.mark.parametrize("study", ["costa2019", "dash2020"])
def test_resnet50_trains_by_adamw_in_a_small_study_and_as_published_in_the_full_one(study):
    small, full = (yaml.safe_load((FOLDER / f"{name}.yaml").read_text())["models"] for name in (study, f"{study}_full"))
    for name, entry in small.items():
        network, changed = (found.get("model", found) for found in (entry, full.get(name, {})))
        if network.pop("kind") == "resnet50":
            assert network["optimizer"] == "adamw"
            assert base.settings("resnet50", network | changed) == base.settings("resnet50", {})


def test_models_sit_exams(fresh):
    results = fresh.folder / "results" / "prototypes"
    figures = [
        "transfer.structure_class",
        "coverage.pristine.structure_class",
        "confusion_on.pristine.others.structure_class",
    ]
    figures += ["classes.pristine", "augmentation.pristine.augmented", "published"]
    targets = [f"results/prototypes/figures/{name}.svg" for name in figures]
    opening = "results/prototypes/opening.rst"
    fresh.snakemake("--cores", "2", *targets, opening, study="config/test/prototypes.yaml")
    scores = pd.read_csv(results / "transfers.csv").set_index("judged")
    # Every crystal is in all parts, as published: on its own modality a model remembers.
    assert (scores.loc[["pristine", "defective"], "share_in_train"] == 1).all()
    assert (scores["train_items"] == 280).all()
    assert scores.loc["pristine", "test_accuracy"] == 1
    assert 0.5 < scores.loc["defective", "test_accuracy"] < 1
    # Other crystals are all test; training knows some of them.
    others = scores.loc["others"]
    assert others["test_samples"] == len(pd.read_parquet(results / "others" / "crystals.parquet")) > 200
    assert 0 < others["materials_in_train"] < others["materials"]
    assert others["known_samples"] == round(others["share_in_train"] * others["test_samples"])
    assert others["known_samples"] + others["unknown_samples"] == others["test_samples"]
    assert others["known_accuracy"] > 0.9 and others["unknown_accuracy"] > 0.9
    assert np.isnan(others["dev_accuracy"])
    # One training, though it is judged three times.
    assert pd.read_csv(results / "published.csv")["seeds"].tolist() == [1]
    assert all((fresh.folder / target).stat().st_size > 5000 for target in targets)
    # Captions say what is shown, from what each figure is given.
    fresh.snakemake("--cores", "2", *targets, "--report", "report.html", study="config/test/prototypes.yaml")
    assert (fresh.folder / "report.html").stat().st_size > 100_000
