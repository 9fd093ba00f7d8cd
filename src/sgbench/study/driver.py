"""``make run``: one Snakemake in this folder, whatever an earlier one that was killed has left behind.

A killed Snakemake leaves its lock, and may leave jobs that go on without it. Where none is alive any more, both are
cleared away, and the study goes on from what is finished and from the checkpoints of what is not.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil


def main(arguments: list[str]) -> int:
    """Run ``snakemake`` with ``arguments`` in the current folder; return its exit status, or 1 if one runs already."""
    folder = Path.cwd()
    running = list(_processes(folder, _is_driver))
    if running:
        print(f"sgbench: error: Snakemake is at work in this folder (process {running[0].pid})", file=sys.stderr)
        return 1
    for orphan in _processes(folder, _is_job):
        print(f"sgbench: ending job {orphan.pid}, which a killed run left behind", file=sys.stderr)
        orphan.kill()
        orphan.wait()
    if any((folder / ".snakemake" / "locks").glob("*")):
        subprocess.run(["snakemake", *arguments, "--unlock"], check=True)
    return subprocess.run(["snakemake", *arguments]).returncode


def _is_driver(argument: str) -> bool:
    return Path(argument).name == "snakemake"


def _is_job(argument: str) -> bool:
    # The last are the worker processes of a job.
    return any(mark in argument for mark in ("workflow/scripts/", ".snakemake/scripts/", "joblib.externals.loky"))


def _processes(folder: Path, is_one: Callable[[str], bool]) -> Iterator[psutil.Process]:
    """Yield the processes at work in ``folder`` whose program or script ``is_one`` tells; not this one's ancestors."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        try:
            inside = process.pid not in own and process.cwd() == str(folder)
            # The program, the interpreter's script, or what follows -m.
            if inside and any(map(is_one, process.cmdline()[:3])):
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
