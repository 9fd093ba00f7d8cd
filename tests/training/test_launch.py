import sys

import pytest

from sgbench.errors import SgbenchError
from sgbench.training.launch import command

PROGRAM = ["fit.py", "--seed", "1"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]


def test_one_process_needs_no_torchrun():
    assert command(PROGRAM, 0, 1, "", {}) == [sys.executable, *PROGRAM]
    assert command(PROGRAM, 1, 1, "jsrun -n 1", {}) == ["jsrun", "-n", "1", sys.executable, *PROGRAM]


def test_the_gpus_of_a_node_get_a_process_each():
    assert command(PROGRAM, 4, 1, "", {}) == [*TORCHRUN, "--standalone", "--nproc-per-node=4", "--", *PROGRAM]


def test_several_nodes_of_slurm_meet_on_the_first():
    words = command(PROGRAM, 16, 2, "", {"SLURM_JOB_ID": "123456"})
    assert words[:4] == ["srun", "--nodes=2", "--ntasks=2", "--ntasks-per-node=1"]
    assert {"--nnodes=2", "--nproc-per-node=8", "--rdzv-id=123456"} < set(words)
    assert next(word for word in words if word.startswith("--rdzv-endpoint")).endswith(":23456")


def test_several_nodes_of_lsf_meet_on_the_first_compute_node(tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("batch1\n" + "h05n01\n" * 3 + "h05n02\n" * 3)
    words = command(PROGRAM, 12, 2, "profiles/summit/launch.sh", {"LSB_JOBID": "7", "LSB_DJOB_HOSTFILE": str(hosts)})
    assert words[0] == "profiles/summit/launch.sh"
    assert "--rdzv-endpoint=h05n01:20007" in words


def test_what_cannot_be_launched_is_said_plainly():
    with pytest.raises(SgbenchError, match="7 GPUs cannot be shared equally among 2 nodes"):
        command(PROGRAM, 7, 2, "", {"SLURM_JOB_ID": "1"})
    with pytest.raises(SgbenchError, match="no job of Slurm or LSF"):
        command(PROGRAM, 0, 2, "", {})
