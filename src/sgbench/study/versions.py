"""What a study was made with: versions, commit, configuration, seeds and the checksums of its inputs."""

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import psutil
from packaging.requirements import Requirement

from sgbench.files import checksum


def provenance(
    config: dict[str, Any], files: Sequence[str], seeds: Sequence[int], sources: Sequence[str]
) -> dict[str, Any]:
    """Return the record that stands beside a study's results.

    Args:
        config: the study, defaults filled in.
        files: the files that it was read from, each laid over the one before.
        seeds: every seed of its matrix.
        sources: the files that its crystals came from.
    """
    return {
        "python": platform.python_version(),
        "machine": machine(),
        "packages": packages(),
        "commit": commit(),
        "study_files": list(files),
        "seeds": list(seeds),
        "inputs": {str(source): checksum(source) for source in sources},
        "config": config,
    }


def machine() -> str:
    """Return system, processor, cores and memory of this machine."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    parts = [
        f"{platform.system()} {platform.machine()}",
        *named[:1],
        f"{os.cpu_count()} CPU cores",
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB of memory",
    ]
    return ", ".join(parts)


def packages() -> dict[str, str]:
    """Return the installed version of each package that the project needs."""
    names = ["sgbench", *sorted(Requirement(line).name for line in requires("sgbench") or [])]
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit() -> str:
    """Return the commit of the checkout, with ``-dirty`` where files differ from it, or why there is none."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"
