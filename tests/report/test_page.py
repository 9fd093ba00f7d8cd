import json
import os

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from sgbench.errors import SgbenchError
from sgbench.report import spent, style
from sgbench.report.page import write
from sgbench.study.config import check
from tests.kinds import SCHEMA

ROOT = SCHEMA.parents[1]
ROW = {"modality": "powder", "dedup": "deduplicated", "split": "by_material", "task": "largest20", "balance": "none"}
SCORES = {f"test_{name}": 0.40159 for name in ("accuracy", "balanced_accuracy", "macro_f1", "top3")}


def study():
    """Return the default study as a run writes it down."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    check(config, SCHEMA)
    return config


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Return the folder of a finished study, with as much in it as a page shows."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(style, "_looks", {})
    folder = tmp_path / "results" / "mine"
    (folder / "figures").mkdir(parents=True)
    (folder / "opening.rst").write_text("What came out: ``results/mine``.\n")
    (folder / "config.yaml").write_text(yaml.safe_dump(study()))
    provenance = {"commit": "c0ffee", "machine": "Linux, 2 CPU cores", "inputs": {"a/crystals.parquet": 64 * "ab"}}
    provenance |= {"study_files": ["config/a.yaml", "config/b.yaml"]}
    (folder / "provenance.json").write_text(json.dumps(provenance))
    colours = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    for name in ("scores.largest20", "census", "search.powder"):
        Image.fromarray(colours).save(folder / "figures" / f"{name}.png")
        (folder / "figures" / f"{name}.csv").write_text(
            "modality\nfingerprint\nrotated\n" if name == "scores.largest20" else "a\n1\n"
        )
    trainings = [ROW | {"model": "extratrees", "seed": seed} | SCORES for seed in (0, 1)]
    trainings[1]["test_accuracy"] += 0.01
    trainings.append(ROW | {"model": "cnn1d", "seed": 0, "converged": False} | SCORES)
    pd.DataFrame(trainings).to_csv(folder / "scores.csv", index=False)
    write_jobs(folder, {"fit_model/a": (0, 3600, 7200, 512)})
    return folder


def write_jobs(folder, jobs):
    """Write down, as Snakemake does, when jobs started and ended, their processor time (s) and peak memory (MB)."""
    for name, (start, end, cpu, memory) in jobs.items():
        file = folder / "benchmarks" / f"{name}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"s": end - start, "cpu_time": cpu, "max_rss": memory}) + "\n")
        os.utime(file, (end, end))


def test_a_page_says_where_its_numbers_come_from(results, tmp_path):
    text = write(results, tmp_path / "docs").read_text()
    assert "commit c0ffee, on Linux, 2 CPU cores: jobs ran for 1.0 hours and took 2.0 CPU hours, interrupted" in text
    assert "`crystals.parquet` (abababababab)" in text and "a/crystals" not in text
    assert "--configfile config/a.yaml config/b.yaml\npython -m sgbench.report.page results/mine docs\n" in text


def test_a_page_shows_the_figures_of_a_study_in_few_colours(results, tmp_path):
    page = write(results, tmp_path / "docs")
    text = page.read_text()
    census = text.index("## Records and distinct materials of each space group")
    assert census < text.index("census.png") < text.index("![20 largest space groups](mine/scores.largest20.png)")
    assert "search.powder" not in text
    assert text.count("the label is partly in the picture") == 1
    assert "*20 largest space groups*\n\nOf *fingerprint*: It is drawn along the axes" in text
    folder = tmp_path / "docs" / "results" / "mine"
    assert sorted(path.name for path in folder.iterdir()) == ["census.png", "scores.largest20.png"]
    with Image.open(folder / "census.png") as image:
        assert image.size == (60, 40) and len(image.convert("RGB").getcolors()) <= 64


def test_a_page_has_a_row_for_all_seeds_of_a_way(results, tmp_path):
    text = write(results, tmp_path / "docs").read_text()
    # Student's t of two seeds: 12.7 standard errors.
    expected = "| no balancing | ExtraTrees | 2 | 0.407 ± 0.064 | 0.402 ± 0.000 |"
    assert expected in text
    assert "| 1-D CNN (not converged) | 1 | 0.402 | 0.402 |" in text


def test_a_page_has_exams_and_published_numbers_where_the_study_has(results, tmp_path):
    assert "exams" not in write(results, tmp_path / "docs").read_text()
    ways = [ROW | {"model": "extratrees", "seed": 0, "judged": judged} | SCORES for judged in ("powder", "rotated")]
    pd.DataFrame(ways).to_csv(results / "transfers.csv", index=False)
    number = {"row": "B1", "what": "trees", "source": "X 2020", "differs": "the crystals", "seeds": 3}
    scores = [("accuracy", 0.14, 0.2, 0.01), ("mean_per_group", 814, 20.26, np.nan), ("macro_f1", 0.3, np.nan, np.nan)]
    rows = [number | dict(zip(("metric", "published", "measured", "half_width"), row, strict=True)) for row in scores]
    pd.DataFrame(rows).to_csv(results / "published.csv", index=False)
    text = write(results, tmp_path / "docs").read_text()
    assert "| fingerprint (rotated at random) | powder |" in text and "| powder | powder |" not in text
    assert "| B1 | trees | X 2020 | accuracy | 0.14 | 0.200 ± 0.010 | 3 | the crystals |" in text
    assert "| mean | 814 | 20.3 | 3 |" in text
    assert "| macro-F1 | 0.3 | not run |" in text


def test_an_unfinished_study_has_no_page(results, tmp_path):
    (results / "opening.rst").unlink()
    with pytest.raises(SgbenchError, match=r"opening\.rst is missing: run the study"):
        write(results, tmp_path / "docs")
    assert not (tmp_path / "docs").exists()


def test_time_of_jobs_side_by_side_counts_once(tmp_path):
    write_jobs(tmp_path, {"fit/a": (0, 60, 50, 7), "fit/b": (30, 90, 60, 9), "judge": (200, 210, 5, 3)})
    found = spent.jobs(tmp_path)
    assert spent.wall_s(found) == 100
    table = spent.by_rule(found).set_index("rule")
    assert table.loc["fit"].to_dict() == {"jobs": 2, "wall_s": 90, "cpu_s": 110, "memory_mb": 9}
    assert list(table.index) == ["fit", "judge"]
