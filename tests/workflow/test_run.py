import hashlib
import os
import signal
import time

import pandas as pd
import pytest

from tests.workflow.conftest import ROOT, TINY

# What every machine agrees on: no rounded numbers. Patterns, and what follows from them (SMOTE's neighbours, trained
# networks), are the same on one machine alone.
EXACT = {
    "crystals": ["id", "material", "formula", "space_group", "crystal_system", "bravais_lattice", "space_group_rank"],
    "kept": ["id", "kept", "duplicate_of"],
    "split": ["id", "part"],
    "plan": ["id", "label", "neighbour", "weight", "augment"],
}


def rules_of(printed):
    """Return the rules in the job table of a dry run."""
    lines = printed.split("Job stats:")[1].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("---"))
    counts = {}
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        rule, count = line.split()
        counts[rule] = int(count)
    return counts


def test_the_study_ends_with_its_report(finished):
    results = finished.folder / "results" / "tiny"
    report = (results / "report.html").read_text()
    figures = sorted(path.name for path in (results / "figures").glob("*.svg"))
    planned = rules_of(finished.snakemake("figures", "--dry-run", "--forceall"))
    assert len(figures) == sum(count for rule, count in planned.items() if rule.startswith("figure_"))
    for name in [*figures, "scores.csv"]:
        assert name in report, name


def test_crystals_duplicates_splits_and_plans_are_those_of_every_machine(finished):
    """A change of the checksums says that the samples of every study are drawn anew."""
    results = finished.folder / "results" / "tiny"
    expected = pd.read_csv(ROOT / "tests" / "data" / "checksums.csv", index_col="table")["sha256"].to_dict()
    tables = [path for path in results.rglob("*.parquet") if path.stem in EXACT]
    exact = [path for path in tables if path.stem != "plan" or path.parents[1].name == "none"]
    found = {}
    for path in exact:
        text = pd.read_parquet(path, columns=EXACT[path.stem]).to_csv(index=False, lineterminator="\n")
        found[str(path.relative_to(results))] = hashlib.sha256(text.encode()).hexdigest()
    assert found == expected


def test_nothing_is_done_twice(finished):
    assert "Nothing to be done" in finished.snakemake()


@pytest.mark.parametrize("profile", ["local", "slurm", "frontier", "summit"])
def test_every_profile_finds_everything_done(finished, profile):
    assert "Nothing to be done" in finished.snakemake("--dry-run", profile=profile)


def test_one_figure_is_made_again_by_its_name(finished):
    path = "results/tiny/figures/census.svg"
    before = (finished.folder / path).read_bytes()
    (finished.folder / path).unlink()
    printed = finished.snakemake(path)
    assert rules_of(printed) == {"figure_census": 1, "total": 1}
    assert (finished.folder / path).read_bytes() == before


def test_editing_smote_reruns_smote_and_what_follows(finished):
    module = finished.folder / "src" / "sgbench" / "balance" / "smote.py"
    text = module.read_text()
    try:
        module.write_text(text + "# edited\n")
        printed = finished.snakemake("--dry-run")
    finally:
        module.write_text(text)
    jobs = rules_of(printed)
    # The medium raises small classes by SMOTE.
    assert jobs["make_plan"] == 2
    assert (jobs["fit_model"], jobs["fit_network"], jobs["judge_model"]) == (3, 1, 4)
    assert not {"read_crystals", "simulate", "mark_duplicates", "draw_split", "figure_census"} & set(jobs)
    trained = [line for line in printed.splitlines() if "Train " in line]
    assert len(trained) == 4
    assert all("smote" in line or "medium" in line for line in trained)


def test_another_label_redraws_figures_and_reruns_nothing_else(finished):
    study = finished.folder / TINY
    text = study.read_text()
    try:
        study.write_text(text.replace("smote: {method: smote}", "smote: {method: smote, label: mixed}"))
        jobs = rules_of(finished.snakemake("--dry-run"))
    finally:
        study.write_text(text)
    assert jobs["figure_heatmap"] == jobs["figure_scores"] == 1
    others = {"write_opening", "write_provenance", "write_report", "all", "total"}
    assert {rule for rule in jobs if not rule.startswith("figure_")} == others


def test_a_killed_run_goes_on_and_ends_with_the_same_tables(finished, fresh):
    cell = "results/tiny/fingerprint/all_records/by_material/largest5/smote/ziletti/seed0"
    driver = [
        "python",
        "-m",
        "sgbench.study.driver",
        f"{cell}/metrics.json",
        "--profile",
        "local",
        "--configfile",
        TINY,
    ]
    first = fresh.start(*driver)
    ziletti = fresh.folder / cell
    while not (ziletti / "checkpoint.pt").exists():
        assert first.poll() is None, first.end()
        assert not (ziletti / "model.pt").exists(), "it ended before it could be killed"
        time.sleep(0.01)
    # The whole run at once, as when a machine loses power.
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert not (ziletti / "model.pt").exists()
    status, printed = fresh.run(*driver)
    assert status == 0, printed
    log = (
        fresh.folder
        / "results/tiny/logs/fit_network"
        / "fingerprint.all_records.by_material.largest5.smote.ziletti.0.log"
    )
    assert "resumed from" in log.read_text()
    assert not (ziletti / "checkpoint.pt").exists()
    ours, theirs = fresh.tables(), finished.tables()
    assert f"{cell.removeprefix('results/tiny/')}/predictions.parquet" in ours
    assert ours.keys() <= theirs.keys()
    assert [path for path in ours if ours[path] != theirs[path]] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("trees: 10", "tree: 10"), "config/test/tiny.yaml: models.extratrees.tree: unknown key (did you mean trees?)"),
        (("balance: [smote]", "balance: [smot]"), ".balance: 'smot' is not defined (did you mean smote?)"),
    ],
)
def test_a_wrong_study_gives_one_clear_line(fresh, change, message):
    file = fresh.folder / TINY
    file.write_text(file.read_text().replace(*change))
    status, printed = fresh.run("snakemake", "--profile", "local", "--configfile", TINY)
    assert status != 0
    assert message in printed
    assert "Traceback" not in printed


def test_a_missing_source_is_named(fresh):
    file = fresh.folder / TINY
    file.write_text(file.read_text().replace("tests/data/crystals.parquet", "absent.parquet"))
    status, printed = fresh.run("snakemake", "--profile", "local", "--configfile", TINY)
    assert status != 0
    assert "absent.parquet" in printed
    assert "Traceback" not in printed
