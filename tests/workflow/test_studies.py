"""The studies of the literature: what they plan, and what is peculiar to them end to end."""

import pandas as pd
import pytest
import yaml

from tests.kinds import STUDIES
from tests.workflow.conftest import ROOT
from tests.workflow.test_run import rules_of
from tests.workflow.test_style import run

FOLDER = ROOT / "config" / "studies"
FIGURES = {
    "karan2022": {
        "figure_classes": 1,
        "figure_transfer": 1,
        "figure_confusion_elsewhere": 1,
        "judge_elsewhere": 20,
        "figure_scree": 1,
        "figure_embedding": 1,
        "figure_responses": 1,
        "figure_published": 1,
    },
    "dash2020": {"figure_levels": 1, "figure_published": 1, "fit_network": 7, "judge_model": 17},
    "costa2019": {"figure_leak": 1, "figure_published": 1, "figure_gallery": 1, "fit_network": 6},
    "friedman2022": {"figure_resolution": 1, "figure_augmentation": 1, "figure_leak": 2},
}


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.stem)
def test_a_study_plans_what_it_is_about(study):
    # The whole of the full matrix takes minutes to plan.
    target = "balance" if study.stem == "full_matrix" else "all"
    status, printed = run(
        "snakemake", "--dry-run", "--quiet", "rules", "--cores", "2", "--nolock", "--forceall", target,
        "--configfile", str(study),
    )  # fmt: skip
    assert status == 0, printed
    jobs = rules_of(printed)
    assert jobs["write_report" if target == "all" else "make_plan"]
    expected = FIGURES.get(study.stem, {})
    assert {name: jobs.get(name) for name in expected} == expected


def test_each_stage_has_a_target():
    stages = ["ingest", "dedup", "redistribute", "balance", "train", "evaluate", "figures", "report"]
    status, printed = run("snakemake", "--dry-run", "--quiet", "rules", "--cores", "2", "--nolock", *stages)
    assert status == 0, printed


def without_size(modalities):
    size = ("records", "pixels", "pixel_size_m", "batches", "preset")
    return {name: {key: of[key] for key in of.keys() - set(size)} for name, of in modalities.items()}


@pytest.mark.parametrize("study", FIGURES)
def test_a_study_and_its_full_size_differ_in_size_alone(study):
    small, full = (yaml.safe_load((FOLDER / f"{name}.yaml").read_text()) for name in (study, f"{study}_full"))
    assert full["study"] == f"{small['study']}_full"
    assert small.keys() == full.keys()
    assert all(small[key] == full[key] for key in ("dedup", "splits", "tasks"))
    assert without_size(small["modalities"]) == without_size(full["modalities"])
    for one, other in zip(small["matrix"], full["matrix"], strict=True):
        assert {**one, "seed": 0} == {**other, "seed": 0}


def test_models_are_judged_on_crystals_with_vacancies(fresh):
    results = fresh.folder / "results" / "prototypes"
    figures = ["transfer.structure_class", "classes.pristine", "augmentation.pristine.augmented", "published"]
    targets = [f"results/prototypes/figures/{name}.svg" for name in figures]
    fresh.snakemake("--cores", "2", *targets, study="config/test/prototypes.yaml")
    scores = pd.read_csv(results / "transfers.csv").set_index("judged")
    # Every crystal is in all parts, as published: on its own modality a model remembers.
    assert (scores["share_in_train"] == 1).all()
    assert (scores["train_items"] == 280).all()
    assert scores.loc["pristine", "test_accuracy"] == 1
    assert 0.5 < scores.loc["defective", "test_accuracy"] < 1
    # One training, though it is judged twice.
    assert pd.read_csv(results / "published.csv")["seeds"].tolist() == [1]
    assert all((fresh.folder / target).stat().st_size > 5000 for target in targets)
