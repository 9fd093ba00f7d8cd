"""The environments hold the versions of requirements.txt, and all that their jobs import."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

from sgbench.study.provenance import import_closure
from tests.kinds import names

ROOT = Path(__file__).parents[1]
PINS = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
PACKAGE_OF = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn", "yaml": "pyyaml", "xgboost": "xgboost-cpu"}
JOBS = {
    "data": [
        "read_crystals",
        "simulate",
        "mark_duplicates",
        "draw_split",
        "search_balance",
        "generate_items",
        "make_plan",
        "export_samples",
    ],
    "train": ["fit_model", "judge_model", "write_model"],
    "report": [
        "collect_scores",
        "measure_synthetic",
        "write_provenance",
        *(p.stem for p in (ROOT / "workflow/scripts").glob("figure_*.py")),
    ],
}

MODELS, STEPS = "sgbench.models.*", "sgbench.balance.*"
CHANGES = [f"sgbench.balance.{name}" for name in names("balances", step="change")]
LOSSES = [f"sgbench.balance.{name}" for name in names("balances", step="loss")]
# Modules that a job chooses at run time.
CHOSEN = {
    "simulate": ["sgbench.simulate.*"],
    "search_balance": [STEPS],
    "generate_items": [STEPS, "sgbench.remeasure.*"],
    "make_plan": [STEPS],
    "export_samples": CHANGES,
    "fit_model": [MODELS, *CHANGES, *LOSSES],
    "judge_model": [MODELS],
    "write_model": [MODELS, *CHANGES],
    "measure_synthetic": CHANGES,
    "figure_gallery": CHANGES,
}


def environment(name: str) -> dict[str, str]:
    conda = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
    return dict(package.split("==") for package in conda["dependencies"][-1]["pip"])


def imported(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0}
    return {name.split(".")[0] for name in names}


def modules_like(pattern: str) -> list[str]:
    folder, _, name = pattern.rpartition(".")
    found = (ROOT / "src").joinpath(*folder.split(".")).glob(f"{name}.py")
    return [f"{folder}.{path.stem}" for path in found if path.stem != "__init__"]


def needed(job: str) -> set[str]:
    modules = [module for pattern in CHOSEN.get(job, []) for module in modules_like(pattern)]
    script = ROOT / "workflow" / "scripts" / f"{job}.py"
    bases = [ROOT.joinpath("src", *name.split(".")) for name in import_closure(str(script), *modules)]
    files = [base / "__init__.py" if base.is_dir() else base.with_suffix(".py") for base in bases]
    names = set().union(*map(imported, [script, *files])) - set(sys.stdlib_module_names) - {"sgbench"}
    return {PACKAGE_OF.get(name, name) for name in names}


@pytest.mark.parametrize("name", JOBS)
def test_versions_are_those_of_the_requirements(name):
    assert environment(name).items() <= PINS.items()


@pytest.mark.parametrize("name", JOBS)
def test_jobs_find_what_they_import(name):
    assert set().union(*map(needed, JOBS[name])) <= set(environment(name))


@pytest.mark.parametrize("name", ["modules.sh", "frontier.sh", "sgbench.def"])
def test_scripts_and_container_install_the_requirements(name):
    text = (ROOT / "envs" / name).read_text()
    assert "requirements.txt" in text
    assert set(re.findall(r"([\w-]+)==(\d\S*)", text)) <= set(PINS.items())
    assert "3.11" in text or name == "frontier.sh"
