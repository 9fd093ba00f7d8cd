"""A study of other people's files, some of them damaged, without a crystal: to its report, and back into files."""

import pickle

import h5py
import numpy as np
import pandas as pd
import pytest

from sgbench.ingest import batchfile, cbed
from tests.ingest.conftest import about

STUDY = "tests/workflow/files.yaml"
GROUPS = (2, 14, 62)


def samples(file):
    """Yield six materials at two energies; the space group decides the pattern, and a little is random."""
    rng = np.random.default_rng(file)
    for number in range(6):
        group = GROUPS[number % 3]
        for step in range(2):
            stack = rng.random((3, 16, 16), np.float32)
            stack[:, 4 * GROUPS.index(group)] += 5
            described = about(f"m{file}-{number}", 100 + 10 * step, group, f"Fe{6 * file + number + 1} O1", 5 + number)
            yield f"sample_{number}_{step}", stack, described


def write_patterns(folder):
    """Write thirty measured patterns, of which the space group decides where the peak is, and a damaged one."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    x = np.arange(10, 90, 0.05)
    rows = []
    for number in range(30):
        group = GROUPS[number % 3]
        y = rng.poisson(100 + 1000 * np.exp(-((x - 30 - GROUPS.index(group) * 10) ** 2)))
        name = f"sample {number}.{'xy' if number % 2 else 'CSV'}"
        (folder / name).write_text(
            "\n".join(f"{a:.2f}{' ' if number % 2 else ','}{b}" for a, b in zip(x, y, strict=True))
        )
        rows.append((name, group, f"Fe{number + 1}O"))
    (folder / rows[5][0]).write_text("beam lost")
    pd.DataFrame(rows, columns=["file", "space_group", "formula"]).to_csv(folder / "labels.csv", index=False)


@pytest.fixture
def data(fresh):
    folder = fresh.folder / "data"
    folder.mkdir()
    for number, part in enumerate(("train", "train", "dev", "test")):
        batchfile.write(folder / f"batch_{part}_{number}.h5", samples(number))
    with h5py.File(folder / "batch_train_0.h5", "r+") as file:
        del file["sample_3_1/cbed_stack"]
    (folder / "batch_train_9.h5").write_bytes((folder / "batch_train_1.h5").read_bytes()[:999])
    labels = np.arange(42) % 7
    images = np.random.default_rng(0).random((42, 8, 8, 3)) + labels[:, None, None, None]
    np.save(folder / "their images.npy", images)
    (folder / "labels.pickle").write_bytes(pickle.dumps(labels))
    write_patterns(folder / "patterns")
    return folder


def test_a_study_of_files(fresh, data):
    results = fresh.folder / "results" / "files"
    plan = "dc2/deduplicated/original/crystal_system/smote/seed0/export"
    split = "dc2/deduplicated/original/seed0/export"
    exported = [f"results/files/{folder}/batch_train_0.h5" for folder in (plan, split)]
    fresh.snakemake("all", *exported, study=STUDY)

    quarantine = pd.read_parquet(results / "dc2" / "quarantine.parquet")
    assert quarantine["file"].tolist() == ["data/batch_train_0.h5", "data/batch_train_9.h5"]
    assert quarantine["group"].tolist() == ["sample_3_1", ""]
    table = pd.read_parquet(results / "dc2" / "samples.parquet")
    assert table["partition"].value_counts().to_dict() == {"train": 23, "dev": 12, "test": 12}
    scores = pd.read_csv(results / "scores.csv").set_index("modality")
    assert (scores["test_accuracy"] > 0.6).all()
    assert (scores["share_in_train"] == 0).all()
    # Arrays of others are an exam too; none of their crystal systems was learnt.
    exam = pd.read_csv(results / "transfers.csv").query("judged == 'theirs'")
    # A seventh has no single crystal system: its label names two space groups.
    assert (exam["test_samples"] == 36).all()
    assert (exam["materials_in_train"] == 0).all()
    assert (exam[["test_accuracy", "test_top5", "test_five_largest"]] == 0).all(axis=None)
    assert len(exam) == 3
    report = (results / "report.html").read_text()
    assert all(name in report for name in ("census.dc2.svg", "split.dc2.svg", "confusion.theirs.structure_class.svg"))
    assert not list(results.glob("*/parts/*/store.h5"))
    measured = pd.read_parquet(results / "measured" / "quarantine.parquet")
    assert measured.to_numpy().tolist() == [["data/patterns/sample 5.xy", "sample 5.xy", "holds no columns of numbers"]]
    assert len(pd.read_parquet(results / "measured" / "samples.parquet")) == 29

    # What was exported is read again: the same labels, and as many items as were planned.
    settings = cbed.Settings(stack_pixels=8, pixels=8)
    classes = pd.read_csv(results / plan.rpartition("/")[0] / "classes.csv")
    for path, count in zip(exported, (classes["items"].sum(), 23), strict=True):
        found, read = cbed.read([str(fresh.folder / path)], settings)
        read = list(read)
        assert found == len(read) == count
        assert {row.about["space_group"] for row in read} == set(GROUPS)
        assert all(isinstance(row, cbed.Sample) for row in read)


def test_damage_beyond_the_tolerance_stops_with_the_list(fresh, data):
    study = fresh.folder / STUDY
    study.write_text(study.read_text().replace("tolerance: 0.5", "strict: true"))
    status, printed = fresh.run("snakemake", "ingest", "--profile", "local", "--configfile", STUDY)
    assert status != 0
    assert "data/batch_train_0.h5: sample_3_1: has no cbed_stack" in printed
    assert "data/batch_train_9.h5: the file: is not readable as HDF5" in printed
    assert "Traceback" not in printed


def test_files_that_are_not_there_are_named(fresh):
    status, printed = fresh.run("snakemake", "--profile", "local", "--configfile", STUDY)
    assert status != 0
    assert "modalities.dc2.files: data/batch_*.h5: no such file" in printed
    assert "Traceback" not in printed
