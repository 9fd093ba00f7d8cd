import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, Clone

PROFILES = ("frontier", "local", "slurm", "summit")
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
LAUNCH = ROOT / "profiles" / "frontier" / "launch.sh"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_fresh_clone_lists_jobs_and_resources(tmp_path, profile):
    fresh = Clone(tmp_path)
    assert (fresh.folder / profile).readlink() == Path("profiles") / profile
    printed = fresh.snakemake("--dry-run", profile=profile)
    minutes = {"frontier": 120, "summit": 120}.get(profile, 240)
    training = next(line for line in printed.splitlines() if "Train ziletti" in line)
    assert training.endswith(f"(fit_network: 1 CPU, 1 GPU, 6000 MB, {minutes} min)")


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_says_what_to_edit(profile):
    assert f"--profile {profile}" in (ROOT / "profiles" / profile / "README.md").read_text()


@pytest.mark.parametrize("profile", ["frontier", "slurm", "summit"])
def test_a_profile_says_how_much_of_each_group_is_one_job(profile):
    in_rules = {
        group for file in RULES for group in re.findall(r'^    group:\n        "(\w+)"', file.read_text(), re.M)
    }
    settings = yaml.safe_load((ROOT / "profiles" / profile / "config.yaml").read_text())
    of_its_own = {group.split("=")[1] for group in settings.get("groups", [])}
    sized = {group.split("=")[0] for group in settings["group-components"]}
    assert sized == in_rules | of_its_own


def launched(folder: Path, gpus: int, program: str, **variables: str) -> subprocess.Popen:
    environment = (
        os.environ
        | {"SGBENCH_GPUS": str(gpus), "SGBENCH_NODES": "1", "SLURM_JOB_ID": "1", "TMPDIR": str(folder)}
        | variables
    )
    return subprocess.Popen(
        [LAUNCH, "bash", "-c", program],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("variable", ["ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"])
def test_trainings_of_one_job_take_different_gpus(tmp_path, variable):
    # Each waits until all have started, and so holds its GPU as long.
    program = f"echo ${variable}; touch $$.started; while [ $(ls *.started | wc -l) -lt 3 ]; do sleep 0.1; done"
    trainings = [launched(tmp_path, 1, program, **{variable: "4,5,6"}) for _ in range(3)]
    assert sorted(training.communicate(timeout=120)[0] for training in trainings) == ["4\n", "5\n", "6\n"]


def test_a_gpu_is_free_again_when_its_training_ends(tmp_path):
    for _ in range(2):
        assert (
            launched(tmp_path, 2, "echo $CUDA_VISIBLE_DEVICES", CUDA_VISIBLE_DEVICES="0,1").communicate()[0] == "0,1\n"
        )


def test_too_many_gpus_are_refused_in_one_line(tmp_path):
    training = launched(tmp_path, 3, "true", CUDA_VISIBLE_DEVICES="0,1")
    assert training.communicate()[1].splitlines() == [
        "profiles/frontier/launch.sh: error: 3 GPUs asked for; the job has 2"
    ]
    assert training.returncode
