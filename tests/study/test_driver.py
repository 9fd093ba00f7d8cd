import os
import subprocess
import sys
import time

import psutil
import pytest

from sgbench.study import driver


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a study, in which Snakemake only notes how it is called."""
    monkeypatch.chdir(tmp_path)
    for name in ("config/config.yaml", "mine.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"study: {path.stem}")
    calls = []

    def run(command, **_):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(driver.subprocess, "run", run)
    return tmp_path, calls


@pytest.fixture
def start():
    """Start commands that take a minute; what is left of them ends with the test."""
    started = []

    def start(folder, *command, **environment):
        path = folder / command[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written once: an interpreter that starts while its script is written anew may find it empty, and ends.
            path.write_text("import time; time.sleep(60)")
        started.append(subprocess.Popen(command, cwd=folder, env=os.environ | environment))
        while psutil.Process(started[-1].pid).cmdline() != list(command):
            time.sleep(0.01)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_it_runs_snakemake_with_its_arguments(folder):
    assert driver.main(["--profile", "local"]) == 0
    assert folder[1] == [["snakemake", "--profile", "local"]]


def test_a_stale_lock_is_cleared(folder):
    locks = folder[0] / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").touch()
    driver.main(["--profile", "local"])
    assert folder[1] == [["snakemake", "--profile", "local", "--unlock"], ["snakemake", "--profile", "local"]]


@pytest.mark.parametrize("study", ["config", "mine"])
def test_it_says_where_the_report_is(folder, capsys, study):
    report = folder[0] / "results" / study / "report.html"
    report.parent.mkdir(parents=True)
    report.touch()
    assert driver.main([] if study == "config" else ["--configfile", "config/config.yaml", "mine.yaml"]) == 0
    assert capsys.readouterr().out == f"Report: {report}\n"


@pytest.mark.parametrize("arguments", [["--configfile", "mine.yaml"], ["--configfile=mine.yaml", "--profile", "local"]])
def test_a_study_that_cannot_be_read_is_one_line(folder, capsys, arguments):
    (folder[0] / "mine.yaml").write_text("study: größe", encoding="utf-16")
    assert driver.main(arguments) == 1
    assert capsys.readouterr().err.splitlines() == [
        "sgbench: error: mine.yaml: is no text in UTF-8, but perhaps UTF-16; save it as UTF-8"
    ]
    assert folder[1] == []


@pytest.mark.parametrize("command", [[], ["-u"]])
def test_a_live_snakemake_is_left_in_peace(folder, capsys, start, command):
    process = start(folder[0], sys.executable, *command, "bin/snakemake")
    assert driver.main([]) == 1
    assert f"process {process.pid}" in capsys.readouterr().err
    assert folder[1] == []
    assert process.poll() is None


def test_an_orphaned_job_is_ended_first(folder, start):
    mark = {driver.MARK: str(folder[0])}
    orphans = [
        start(folder[0], sys.executable, name, **mark) for name in ("workflow/scripts/fit_model.py", "snakemake")
    ]
    assert driver.main([]) == 0
    assert not any(psutil.pid_exists(process.pid) for process in orphans)


def test_what_is_no_job_is_left_in_peace(folder, start):
    inside, script = folder[0], "workflow/scripts/fit_model.py"
    others = [
        # By hand, in an editor, of another folder's run, and elsewhere.
        start(inside, sys.executable, script),
        start(inside, "tail", "-f", script),
        start(inside, sys.executable, script, **{driver.MARK: str(inside / "other")}),
        start(inside / "other", sys.executable, script, **{driver.MARK: str(inside)}),
        start(inside, "tail", "-f", "snakemake"),
    ]
    assert driver.main([]) == 0
    assert [process.poll() for process in others] == [None] * len(others)
