import json

import pytest

from sgbench.errors import SgbenchError
from sgbench.study.node_hours import hours, jobs, measured_minutes

DRY_RUN = """\
Building DAG of jobs...
Job 3: Train resnet50 on powder, seed 0 (fit_network: 1 CPU, 1 GPU, 6000 MB, 120 min)
Job 4: Train resnet50 on powder, seed 1 (fit_network: 1 CPU, 1 GPU, 6000 MB, 120 min)
Job 5: Read crystals (read_crystals: 2 CPU, 4000 MB, 30 min)
"""


def test_hours_are_those_asked_for():
    table = hours(jobs(DRY_RUN.splitlines()), cores=4, gpus=2).set_index("rule")
    assert table.loc["fit_network"].tolist() == [2, 4, 4, 2]
    assert table.loc["read_crystals"].tolist() == [1, 1, 0, 0.25]
    assert table.loc["total"].tolist() == [3, 5, 4, 2.25]


def test_measured_times_count_instead(tmp_path):
    folder = tmp_path / "fit_network"
    folder.mkdir()
    for name, seconds in (("a", 60), ("b", 180)):
        (folder / f"{name}.jsonl").write_text(json.dumps({"s": seconds}) + "\n")
    minutes = measured_minutes(tmp_path)
    assert minutes == {"fit_network": 2}
    table = hours(jobs(DRY_RUN.splitlines()), 4, 2, minutes).set_index("rule")
    assert table.loc["fit_network", "gpu_hours"] == pytest.approx(4 / 60)
    assert table.loc["read_crystals", "cpu_hours"] == 1


def test_an_empty_dry_run_is_said_plainly():
    with pytest.raises(SgbenchError, match="no job in the dry run"):
        jobs(["Nothing to be done."])
