import shutil
from pathlib import Path

import pytest

from sgbench.study import provenance

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"


def closure(script, *modules):
    return set(provenance.import_closure(str(SCRIPTS / f"{script}.py"), *modules))


def test_the_closure_follows_imports_and_packages():
    found = closure("make_plan", "sgbench.balance.smote")
    assert {
        "sgbench",
        "sgbench.balance",
        "sgbench.balance.plan",
        "sgbench.balance.smote",
        "sgbench.samples.store",
    } <= found
    assert "sgbench.balance.under" not in found
    assert "sgbench.training.loop" not in found


def test_only_the_chosen_model_counts():
    assert "sgbench.training.loop" in closure("fit_model", "sgbench.models.resnet50")
    assert "sgbench.training.loop" not in closure("fit_model", "sgbench.models.extratrees")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package to edit, seen with fresh eyes at each call."""
    shutil.copytree(ROOT / "src" / "sgbench", tmp_path / "sgbench")
    monkeypatch.setattr(provenance, "_SOURCE", tmp_path / "sgbench")

    def hash_of(script, *modules):
        for function in (provenance.code_hash, provenance.import_closure, provenance._imports):
            function.cache_clear()
        return provenance.code_hash(str(SCRIPTS / f"{script}.py"), *modules)

    yield tmp_path / "sgbench", hash_of
    for function in (provenance.code_hash, provenance.import_closure, provenance._imports):
        function.cache_clear()


def test_editing_smote_changes_smote_only(package):
    folder, hash_of = package
    before = {name: hash_of("make_plan", f"sgbench.balance.{name}") for name in ("smote", "under")}
    with (folder / "balance" / "smote.py").open("a") as file:
        file.write("# edited\n")
    assert hash_of("make_plan", "sgbench.balance.under") == before["under"]
    assert hash_of("make_plan", "sgbench.balance.smote") != before["smote"]


def test_editing_a_shared_module_changes_all_that_reach_it(package):
    folder, hash_of = package
    before = hash_of("draw_split")
    with (folder / "files.py").open("a") as file:
        file.write("# edited\n")
    assert hash_of("draw_split") != before
