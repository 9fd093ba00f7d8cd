import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKS = {
    "ruff check": ["ruff", "check"],
    "ruff format": ["ruff", "format", "--check"],
    "snakefmt": ["snakefmt", "--check", "Snakefile", "workflow"],
    "lint": ["snakemake", "--lint"],
    "lint-imports": ["lint-imports"],
}


def run(*command):
    done = subprocess.run(
        [Path(sys.executable).parent / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("check", CHECKS)
def test_the_code_is_clean(check):
    status, printed = run(*CHECKS[check])
    assert status == 0, printed
