"""``make run``: one Snakemake in this folder, whatever an earlier one that was killed has left behind.

A killed Snakemake leaves its lock, and may leave jobs that go on without it. Where none is alive any more, both are
cleared away, and the study goes on from what is finished and from the checkpoints of what is not.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from sgbench.errors import SgbenchError
from sgbench.study.reading import read_study

#: The variable that the Snakefile hands to all that Snakemake starts; its value is the folder.
MARK = "SGBENCH_FOLDER"


def main(arguments: list[str]) -> int:
    """Run ``snakemake`` with ``arguments`` in the current folder.

    Returns:
        Its exit status; 1 if one runs already, or a study file of ``arguments`` cannot be read.
    """
    folder = Path.cwd()
    try:
        study = _study(arguments)
        for running in _processes(folder, _is_driver):
            raise SgbenchError(f"Snakemake is at work in this folder (process {running.pid})")
    except SgbenchError as error:
        print(f"sgbench: error: {error}", file=sys.stderr)
        return 1
    for orphan in _processes(folder, _is_job):
        print(f"sgbench: ending job {orphan.pid}, which a killed run left behind", file=sys.stderr)
        orphan.kill()
        orphan.wait()
    if any((folder / ".snakemake" / "locks").glob("*")):
        subprocess.run(["snakemake", *arguments, "--unlock"], check=True)
    status = subprocess.run(["snakemake", *arguments]).returncode
    report = folder / "results" / study / "report.html"
    if status == 0 and report.is_file():
        print(f"Report: {report}")
    return status


def _study(arguments: list[str]) -> str:
    """Return the study's name. Snakemake reads the files before any rule is, and has no plain line for a bad one."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=["config/config.yaml"])
    studies = [read_study(file) for file in parser.parse_known_args(arguments)[0].configfile]
    return next((str(study["study"]) for study in reversed(studies) if "study" in study), "")


def _is_driver(process: psutil.Process) -> bool:
    """Say whether this is a Snakemake that somebody started; one that a job started ends with the job."""
    program, *arguments = process.cmdline() or [""]
    if Path(program).name.startswith("python"):
        # The script, or what follows -m.
        program = next((argument for argument in arguments if not argument.startswith("-")), program)
    return Path(program).name == "snakemake" and not _is_job(process)


def _is_job(process: psutil.Process) -> bool:
    """Say whether a Snakemake at work in the process's folder has started this, itself or through others.

    Its command proves nothing: a user may run a script by hand, or have it in an editor.
    """
    return process.uids().real == os.getuid() and process.environ().get(MARK) == process.cwd()


def _processes(folder: Path, is_one: Callable[[psutil.Process], bool]) -> Iterator[psutil.Process]:
    """Yield the processes at work in ``folder`` that ``is_one`` tells, but neither this one nor its ancestors."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        try:
            if process.pid not in own and process.cwd() == str(folder) and is_one(process):
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
