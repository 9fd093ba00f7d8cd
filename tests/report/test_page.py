import json

import pandas as pd
import pytest
import yaml

from sgbench.errors import SgbenchError
from sgbench.report.page import write
from sgbench.study.config import check
from tests.kinds import SCHEMA

ROOT = SCHEMA.parents[1]


def study():
    """Return the default study as a run writes it down."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    check(config, SCHEMA)
    return config


def test_a_page_shows_the_figures_and_scores_of_a_finished_study(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    results, docs = tmp_path / "mine", tmp_path / "docs"
    (results / "figures").mkdir(parents=True)
    with pytest.raises(SgbenchError, match=r"opening\.rst is missing: run the study"):
        write(results, docs)
    (results / "opening.rst").write_text("What came out: ``results/mine``.\n")
    (results / "config.yaml").write_text(yaml.safe_dump(study()))
    (results / "provenance.json").write_text(json.dumps({"commit": "c0ffee", "machine": "Linux x86_64"}))
    for name in ("scores.largest20", "census", "search.powder"):
        (results / "figures" / f"{name}.png").write_bytes(b"png")
        (results / "figures" / f"{name}.csv").write_text(
            "modality\nfingerprint\nrotated\n" if name == "scores.largest20" else "a\n1\n"
        )
    row = {"modality": "powder", "split": "m", "task": "t", "balance": "none", "model": "extratrees", "seed": 0}
    scores = {"test_accuracy": 0.40159, "test_macro_f1": 0.3, "test_top3": 0.6}
    pd.DataFrame([row | scores]).to_csv(results / "scores.csv", index=False)
    (results / "benchmarks").mkdir()
    (results / "benchmarks" / "all.jsonl").write_text(json.dumps({"cpu_time": 7200}) + "\n")
    text = write(results, docs).read_text()
    assert "commit c0ffee" in text and "2.0 CPU hours" in text
    census = text.index("## Records and distinct materials of each space group")
    assert census < text.index("census.png") < text.index("![20 largest space groups](results/scores.largest20.png)")
    assert "search.powder" not in text
    assert text.count("the label is partly in the picture") == 1
    assert "*20 largest space groups*\n\nOf *fingerprint*: It is drawn along the axes" in text
    assert "| powder | m | t | none | extratrees | 0 | 0.402 | 0.300 | 0.600 |" in text
    assert sorted(path.name for path in (docs / "results").iterdir()) == ["census.png", "scores.largest20.png"]
