"""The profile ``summit`` on a stand-in for its LSF, which refuses what Summit refuses (lsf.py)."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster.conftest import HERE, STUB, STUDY, Checkout, wait_for


class Lsf(Checkout):
    profile = "summit"

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.state = folder / "lsf"
        self.environment |= {"LSF_EMULATOR": str(self.state), "STATUS_AGE_S": "1"}
        for name in ("bsub", "bjobs", "bkill", "jsrun"):
            self.tool(name, f'#!/bin/sh\nexec {sys.executable} {HERE / "lsf.py"} {name} "$@"\n')

    def call(self, *command: str, **environment: str) -> subprocess.CompletedProcess:
        variables = self.environment | environment
        return subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120)

    def jobs(self) -> dict[str, dict]:
        return {file.parent.name: json.loads(file.read_text()) for file in self.state.glob("*/job.json")}

    def states(self) -> set[str]:
        return {file.read_text() for file in self.state.glob("*/state")}


@pytest.fixture
def lsf(tmp_path):
    machine = Lsf(tmp_path)
    yield machine
    machine.clean()


def test_the_stand_in_refuses_what_summit_refuses(lsf):
    fine = {"-P": "ABC123", "-q": "batch", "-W": "10", "-nnodes": "1"}
    for change, words in [
        ({"-P": None}, "project"),
        ({"-P": "other"}, "project other is not valid"),
        ({"-q": "other"}, "No such queue"),
        ({"-W": None}, "-W"),
        ({"-W": "240"}, "240"),
        ({"-nnodes": None}, "-nnodes is missing"),
        ({"-n": "4"}, "-n cannot stand beside -nnodes"),
        ({"-R": "span[hosts=1]"}, "-R cannot stand beside -nnodes"),
        ({"-gpu": "num=1"}, "-gpu cannot stand beside -nnodes"),
        ({"-nnodes": "5000"}, "5000"),
        ({"-x": "1"}, "-x"),
    ]:
        options = [word for option, value in (fine | change).items() if value for word in (option, value)]
        answer = lsf.call("bsub", *options, "true")
        assert answer.returncode and words in answer.stderr and "not submitted" in answer.stderr, change
    sets = ["--nrs", "1", "--tasks_per_rs", "1", "--cpu_per_rs", "1", "--gpu_per_rs", "0"]
    assert "not within an allocation" in lsf.call("jsrun", *sets, "true").stderr
    assert "not found" in lsf.call("bjobs", "-a", "-noheader", "-o", "jobid stat", "77").stderr


def test_the_tiny_study_runs_to_its_report(lsf):
    lsf.ends(*STUDY)
    assert (lsf.folder / "results/tiny/report.html").stat().st_size > 100_000
    assert lsf.states() == {"DONE"}
    starts = [json.loads(line) for line in (lsf.state / "jsrun.jsonl").read_text().splitlines()]
    trainings = [number for number, job in lsf.jobs().items() if "fit_network" in job["J"]]
    # Programs run on compute nodes alone: a job without GPUs as a whole, in one with GPUs each program.
    for number, job in lsf.jobs().items():
        mine = [start for start in starts if start["job"] == number]
        if number in trainings:
            assert [len(start["gpus"]) for start in mine] == [1]
            assert all("workflow/scripts/fit_model.py" in start["command"] for start in mine)
            assert job["command"][0] == "bash"
        else:
            assert [start["gpus"] for start in mine] == [[]]
            assert job["command"][0] == "jsrun"
    # Small jobs share a node.
    assert len(trainings) == 1
    assert len(lsf.jobs()) <= 12


def test_a_job_killed_at_its_wall_time_is_retried(lsf):
    # Half a minute for the job: time enough to start on a busy machine, too little for its first attempt.
    lsf.environment["LSF_MINUTE_S"] = "1"
    lsf.ends(*STUB, "slow_once")
    assert len(lsf.jobs()) == 2
    assert lsf.states() == {"EXIT", "DONE"}


def test_an_interrupted_snakemake_leaves_no_job_behind(lsf):
    driver = lsf.begin(*STUB, "slow_once", check_every_s=15)
    wait_for("the job", (lsf.folder / "slow_once.started").exists)
    # Snakemake does not end jobs that it asks about in that moment: wait for the long pause after the next question.
    asked = lsf.folder / ".snakemake/lsf/states"
    started = time.time()
    wait_for("a question about the job", lambda: asked.exists() and asked.stat().st_mtime > started)
    time.sleep(3)
    driver.send_signal(signal.SIGINT)
    output = lsf.finish(driver)
    assert driver.returncode, output
    wait_for("the job to end", lambda: lsf.states() == {"EXIT"})


@pytest.mark.parametrize(
    ("defaults", "words"),
    [
        (["lsf_project='other'", "lsf_queue='batch'"], "project other is not valid"),
        (["lsf_project='ABC123'", "lsf_queue='other'"], "other: No such queue"),
    ],
)
def test_what_lsf_refuses_is_said_in_one_line(lsf, defaults, words):
    defaults = ["runtime=10", "mem_mb=100", "gpu=0", *defaults]
    output = lsf.ends(*STUB, "--default-resources", *defaults, "--retries", "0", well=False)
    lines = [line for line in output.splitlines() if "submit.sh: error: " in line]
    assert len(lines) == 1 and words in lines[0], output


def test_a_missing_lsf_is_said_in_one_line(lsf):
    shutil.rmtree(lsf.tools)
    output = lsf.ends(*STUB, "--retries", "0", well=False)
    assert "submit.sh: error: bsub not found" in output


SETTINGS = {
    "FORM": "nodes", "ALLOC_FLAGS": "smt1", "GPUS_PER_NODE": "6", "CORES_PER_NODE": "42", "NAME": "fit", "THREADS": "1",
    "PROJECT": "ABC123", "QUEUE": "batch", "MINUTES": "10", "GPU": "0", "MEM_MB": "100",
}  # fmt: skip


@pytest.mark.parametrize(("gpus", "nodes"), [(0, 1), (1, 1), (6, 1), (7, 2), (12, 2), (13, 3)])
def test_nodes_follow_from_gpus(lsf, gpus, nodes):
    (lsf.folder / "job.sh").write_text("true")
    number = lsf.call("profiles/summit/submit.sh", "job.sh", **SETTINGS | {"GPU": str(gpus)}).stdout.strip()
    assert lsf.jobs()[number]["nnodes"] == nodes


def test_another_lsf_machine_gives_cores_and_memory(lsf):
    (lsf.folder / "job.sh").write_text("true")
    asked = SETTINGS | {"LSF_FORM": "slots", "FORM": "slots", "GPU": "2", "THREADS": "4"}
    number = lsf.call("profiles/summit/submit.sh", "job.sh", **asked).stdout.strip()
    job = lsf.jobs()[number]
    assert (job["n"], job["R"], job["gpu"]) == (4, "span[hosts=1] rusage[mem=100MB]", "num=2")
    answer = lsf.call("profiles/summit/submit.sh", "job.sh", **asked | {"GPU": "7"})
    assert "fit asks for 7 GPUs; a host has 6" in answer.stderr


def test_status_survives_a_silent_lsf_and_reports_a_forgotten_job(lsf):
    lsf.state.mkdir()
    assert lsf.call("profiles/summit/status.sh", "77").stdout == "failed\n"
    lsf.tool("bjobs", "#!/bin/sh\necho LSF is down. Please wait ... >&2\nexit 255\n")
    answer = lsf.call("profiles/summit/status.sh", "77")
    assert answer.stdout == "running\n" and "LSF is down" in answer.stderr
