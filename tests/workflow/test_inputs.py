"""Studies as people save and start them, through Snakemake: they run, or one line says what is wrong."""

import shutil

import pytest

STUDY = """\
# Größe: klein
study: mine
crystals: ["meine Kristalle/alle.parquet"]
modalities: {powder: {simulate: powder, bins: 64}}
balances: {plain: {method: none}}
models: {et: {kind: extratrees, trees: 5}}
matrix:
  - {modality: [powder], dedup: [deduplicated], split: [by_material], task: [crystal_system],
     balance: [plain], model: [et]}
"""


@pytest.fixture
def project(fresh):
    """A clone with crystals in a folder whose name has a blank, and how to run a study of them."""
    crystals = fresh.folder / "meine Kristalle" / "alle.parquet"
    crystals.parent.mkdir()
    shutil.copy(fresh.folder / "tests" / "data" / "crystals.parquet", crystals)
    shutil.copy(crystals, crystals.with_name("Na{Cl}.parquet"))
    return fresh


def save(project, study=STUDY, encoding="utf-8"):
    (project.folder / "mein Plan.yaml").write_text(study, encoding=encoding)
    return "--configfile", "mein Plan.yaml"


def test_a_study_from_windows_on_a_machine_without_utf8(project):
    project.environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "LOGNAME": "Zoë", "USER": "Zoë", "TMPDIR": "/absent"}
    study = save(project, STUDY.replace("\n", "\r\n"), "utf-8-sig")
    status, printed = project.run("snakemake", "results/mine/crystals.parquet", "--profile", "local", *study)
    assert status == 0, printed
    assert (project.folder / "results" / "mine" / "crystals.parquet").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("{plain:", "{off:"), "mein Plan.yaml: line 5: off is a truth value to YAML, and no name; put it in quotes"),
        (("[plain]", "[1.5]"), "mein Plan.yaml: matrix.0.balance.0: 1.5 is not of type string; put it in quotes"),
        (("alle.", "Na{Cl}."), "crystals: meine Kristalle/Na{Cl}.parquet: braces in a path are wildcards to Snakemake"),
        (("alle.", "kleinste."), "crystals: meine Kristalle/kleinste.parquet: no such file or folder"),
    ],
)
def test_what_cannot_be_is_one_line(project, change, message):
    status, printed = project.run("snakemake", "-n", "--profile", "local", *save(project, STUDY.replace(*change)))
    assert status != 0
    assert [line for line in printed.splitlines() if message in line], printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("encoding", ["utf-16", "latin1"])
def test_make_run_says_what_encoding_a_study_needs(project, encoding):
    status, printed = project.run("python", "-m", "sgbench.study.driver", *save(project, encoding=encoding))
    assert status == 1
    assert printed.startswith("sgbench: error: mein Plan.yaml: ")
    assert printed.endswith("save it as UTF-8\n")


def test_another_folder_is_one_line(project):
    snakefile = project.folder / "Snakefile"
    status, printed = project.run("env", "-C", "/", "snakemake", "-n", "--cores", "1", "-s", str(snakefile))
    assert status != 0
    assert f"run it there (cd '{project.folder}', or --directory)" in printed
    assert "Traceback" not in printed
