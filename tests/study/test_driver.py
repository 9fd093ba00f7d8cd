import subprocess
import sys
import time

import psutil
import pytest

from sgbench.study import driver


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    calls = []

    def run(command, **_):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(driver.subprocess, "run", run)
    return tmp_path, calls


def start(folder, script):
    path = folder / script
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("import time; time.sleep(60)")
    process = subprocess.Popen([sys.executable, script], cwd=folder)
    while not psutil.Process(process.pid).cmdline():
        time.sleep(0.01)
    return process


def test_it_runs_snakemake_with_its_arguments(folder):
    assert driver.main(["--profile", "local"]) == 0
    assert folder[1] == [["snakemake", "--profile", "local"]]


def test_a_stale_lock_is_cleared(folder):
    locks = folder[0] / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").touch()
    driver.main(["--profile", "local"])
    assert folder[1] == [["snakemake", "--profile", "local", "--unlock"], ["snakemake", "--profile", "local"]]


def test_a_live_snakemake_is_left_in_peace(folder, capsys):
    process = start(folder[0], "bin/snakemake")
    try:
        assert driver.main([]) == 1
        assert f"process {process.pid}" in capsys.readouterr().err
        assert folder[1] == []
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_an_orphaned_job_is_ended_first(folder):
    process = start(folder[0], "workflow/scripts/fit_model.py")
    try:
        assert driver.main([]) == 0
        assert not psutil.pid_exists(process.pid)
    finally:
        process.kill()
        process.wait()
