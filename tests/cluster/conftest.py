"""What the tests of schedulers share: a clone of its own for each, and Snakemake run in it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.conftest import Clone, Process

HERE = Path(__file__).parent
STUDY = ["--configfile", str(HERE / "study.yaml")]
STUB = ["--snakefile", str(HERE / "stub.smk")]
# The profiles are gentle with a scheduler that others use as well.
PAUSES = ["--max-status-checks-per-second", "10", "--latency-wait", "5"]


def wait_for(what: str, holds: Callable[[], object], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.3)


class Checkout(Clone):
    """A clone with the tiny study's crystals, whose Snakemake submits to a scheduler."""

    profile: str

    def __init__(self, folder: Path):
        super().__init__(folder)
        crystals = pd.read_parquet(folder / "resources" / "materials_project.parquet")
        small = crystals[crystals["numbers"].map(len) <= 4].query("spacegroup in [139, 166, 194, 225]")
        small.groupby("spacegroup").head(8).to_parquet(folder / "crystals.parquet")
        self.tools = folder / "tools"
        self.tools.mkdir()
        self.environment["PATH"] = f"{self.tools}{os.pathsep}{self.environment['PATH']}"
        self.started: list[Process] = []

    def tool(self, name: str, script: str) -> None:
        """Put a program before those of the machine."""
        (self.tools / name).write_text(script)
        (self.tools / name).chmod(0o755)

    def begin(self, *arguments: str, check_every_s: int = 1) -> Process:
        """Start Snakemake."""
        pauses = ["--seconds-between-status-checks", str(check_every_s), *PAUSES]
        self.started.append(self.start("snakemake", "--profile", self.profile, *arguments, *pauses))
        return self.started[-1]

    def finish(self, process: Process) -> str:
        """Wait for Snakemake, for half an hour at most, and return what it says."""
        try:
            return process.end(timeout_s=1800)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail(f"Snakemake does not end:\n{process.end()}")

    def ends(self, *arguments: str, well: bool = True) -> str:
        """Run Snakemake to its end, good or bad, and return what it says."""
        process = self.begin(*arguments)
        output = self.finish(process)
        assert (process.returncode == 0) == well, output
        return output

    def clean(self) -> None:
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
