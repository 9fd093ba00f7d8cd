import errno
import logging

import h5py
import pytest

from sgbench.errors import SgbenchError
from sgbench.progress import job, logger, track
from sgbench.seeds import derive, generator


def test_bad_input_ends_a_job_with_one_line(tmp_path):
    with pytest.raises(SystemExit) as end, job(tmp_path / "log"):
        raise SgbenchError("crystals.parquet: columns missing")
    assert str(end.value) == "sgbench: error: crystals.parquet: columns missing"
    assert "ERROR crystals.parquet: columns missing" in (tmp_path / "log").read_text()


def test_a_fault_of_ours_leaves_its_traceback_in_the_log(tmp_path):
    with pytest.raises(ZeroDivisionError), job(tmp_path / "log"):
        _ = 1 / 0
    assert "ZeroDivisionError" in (tmp_path / "log").read_text()
    assert not logger.handlers


def test_a_disk_that_refuses_is_one_line(tmp_path, capfd):
    with pytest.raises(SystemExit) as end, job(tmp_path / "log"):
        raise PermissionError(errno.EACCES, "Permission denied", "results/store.h5")
    assert str(end.value) == "sgbench: error: results/store.h5: Permission denied"
    assert "ERROR results/store.h5: Permission denied" in (tmp_path / "log").read_text()
    # Every byte written there finds the disk full, those of the log as well.
    with pytest.raises(SystemExit) as end, job("/dev/full"), h5py.File("/dev/full", "w"):
        logger.info("on the way")
    assert str(end.value) == "sgbench: error: No space left on device, while a file was written"
    assert "Traceback" not in capfd.readouterr().err


def test_progress_says_rate_and_time_left(monkeypatch, caplog):
    caplog.set_level(logging.INFO, "sgbench")
    monkeypatch.setattr("sgbench.progress._LOG_EVERY_S", 0.0)
    assert list(track("abc", 3, "count letters", "letters")) == ["a", "b", "c"]
    assert "count letters: 1 of 3 letters" in caplog.text
    assert "s left" in caplog.text
    assert "count letters: 3 letters in" in caplog.text


def test_seeds_are_told_apart_by_name():
    assert derive(0, "split") == derive(0, "split")
    assert len({derive(0, "split"), derive(1, "split"), derive(0, "plan"), derive(0, "split", 1)}) == 4
    assert generator(3, "x").random() == generator(3, "x").random()
    assert 0 <= derive(7, "x") < 2**63
