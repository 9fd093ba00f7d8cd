"""Start a training: alone, on several GPUs of a node, or on several nodes, through PyTorch's ``torchrun``.

``python -m sgbench.training.launch --gpus 8 --nodes 2 -- program arguments`` becomes, inside a job of a scheduler that
has two nodes, one ``torchrun`` on each with four processes.
"""

import argparse
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from sgbench.errors import SgbenchError

#: Runs a program once on each node of a Slurm job.
_SRUN = "srun --nodes={nodes} --ntasks={nodes} --ntasks-per-node=1"


def command(
    program: list[str], gpus: int, nodes: int, launcher: str, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """Return the command that starts a Python program.

    Args:
        program: a Python script and its arguments.
        gpus: GPUs of all nodes together; each gets a process. 0 is one process a node.
        nodes: nodes of the job, 1 or more.
        launcher: command to put in front, which brings what follows to the nodes; may be empty.
        environment: where the scheduler says which job and nodes these are.

    Raises:
        SgbenchError: the GPUs cannot be shared equally among the nodes, or nothing says how to reach several nodes.
    """
    if nodes < 1 or gpus % nodes:
        raise SgbenchError(f"{gpus} GPUs cannot be shared equally among {nodes} nodes: check gpu and nodes of the rule")
    processes = max(1, gpus // nodes)
    front = shlex.split(launcher)
    torchrun = [sys.executable, "-m", "torch.distributed.run"]
    if nodes == 1:
        alone = (
            [sys.executable] if processes == 1 else [*torchrun, "--standalone", f"--nproc-per-node={processes}", "--"]
        )
        return [*front, *alone, *program]
    job = environment.get("SLURM_JOB_ID") or environment.get("LSB_JOBID")
    if job is None:
        raise SgbenchError(f"{nodes} nodes asked for, but this is no job of Slurm or LSF")
    if not front and "SLURM_JOB_ID" in environment:
        front = shlex.split(_SRUN.format(nodes=nodes))
    # Two jobs may share a node: each meets at a port of its own.
    meeting = f"{_first_node(environment)}:{20000 + int(job) % 20000}"
    return [
        *front,
        *torchrun,
        f"--nnodes={nodes}",
        f"--nproc-per-node={processes}",
        "--rdzv-backend=c10d",
        f"--rdzv-endpoint={meeting}",
        f"--rdzv-id={job}",
        "--",
        *program,
    ]


def _first_node(environment: Mapping[str, str]) -> str:
    """Return the job's first compute node: where a Slurm job starts, or the first in LSF's list but the launch node."""
    listed = environment.get("LSB_DJOB_HOSTFILE")
    hosts = list(dict.fromkeys(Path(listed).read_text(encoding="utf-8").split())) if listed else []
    return hosts[1] if len(hosts) > 1 else (hosts or [socket.gethostname()])[0]


def main() -> None:
    """Replace this process by the training."""
    parser = argparse.ArgumentParser(description="Start a training on one or several GPUs and nodes.")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs of all nodes together")
    parser.add_argument("--nodes", type=int, default=1, help="nodes of the job")
    parser.add_argument("--launcher", default="", help="command that brings a program to the nodes")
    parser.add_argument("program", nargs=argparse.REMAINDER, help="-- script.py arguments")
    asked = parser.parse_args()
    try:
        words = command(asked.program[1:], asked.gpus, asked.nodes, asked.launcher)
    except SgbenchError as error:
        sys.exit(f"sgbench: error: {error}")
    os.environ.update(SGBENCH_GPUS=str(asked.gpus), SGBENCH_NODES=str(asked.nodes))
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
