import numpy as np
import pandas as pd
import pytest

from sgbench.errors import SgbenchError
from sgbench.files import atomic, checksum, read_json, read_table, write_json, write_table

TABLE = pd.DataFrame({"id": ["a", "b"], "balance": ["none", "null"], "x": [1.5, np.nan]})


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_table_survives_and_gives_the_same_bytes(tmp_path, suffix):
    for name in ("one", "two"):
        write_table(TABLE, tmp_path / f"{name}.{suffix}")
    pd.testing.assert_frame_equal(read_table(tmp_path / f"one.{suffix}"), TABLE)
    assert checksum(tmp_path / f"one.{suffix}") == checksum(tmp_path / f"two.{suffix}")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_refuses_what_is_no_number(tmp_path):
    write_json({"a": [1, None]}, tmp_path / "good.json")
    assert read_json(tmp_path / "good.json") == {"a": [1, None]}
    with pytest.raises(ValueError, match="JSON"):
        write_json({"a": float("nan")}, tmp_path / "bad.json")
    assert not (tmp_path / "bad.json").exists()


def test_an_unreadable_table_is_named(tmp_path):
    with pytest.raises(SgbenchError, match=r"absent\.parquet: no such file"):
        read_table(tmp_path / "absent.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(SgbenchError, match=r"broken\.parquet: not a readable table"):
        read_table(tmp_path / "broken.parquet")


def test_a_checksum_sees_content_and_order(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    assert checksum(tmp_path / "a", tmp_path / "b") != checksum(tmp_path / "b", tmp_path / "a")
