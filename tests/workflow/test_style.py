import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted(path for path in (ROOT / "config").rglob("*.yaml") if path.name != "schema.yaml")
CHECKS = {
    "ruff check": ["ruff", "check"],
    "ruff format": ["ruff", "format", "--check"],
    "snakefmt": ["snakefmt", "--check", "Snakefile", "workflow"],
    "lint": ["snakemake", "--lint"],
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


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.stem)
def test_each_shipped_study_plans_its_jobs(study):
    name = yaml.safe_load(study.read_text())["study"]
    status, printed = run(
        "snakemake", "--dry-run", "--quiet", "rules", "--cores", "2", "--nolock", "--configfile", str(study),
        "--forceall", "all",
    )  # fmt: skip
    assert status == 0, printed
    assert name in printed or "write_report" in printed


@pytest.mark.parametrize(
    "target", ["ingest", "dedup", "redistribute", "balance", "train", "evaluate", "figures", "report"]
)
def test_each_stage_has_a_target(target):
    status, printed = run("snakemake", "--dry-run", "--cores", "2", "--nolock", target)
    assert status == 0, printed
