import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sgbench.errors import SgbenchError
from sgbench.training.staging import stage


def test_a_store_is_copied_once_and_again_when_it_has_changed(tmp_path):
    store, node = tmp_path / "store.h5", tmp_path / "node"
    store.write_bytes(b"first")
    with ThreadPoolExecutor(4) as pool:
        copies = set(pool.map(lambda _: stage(store, node), range(8)))
    assert len(copies) == 1
    assert copies.pop().read_bytes() == b"first"
    store.write_bytes(b"other")
    os.utime(store, ns=(1, 1))
    assert stage(store, node).read_bytes() == b"other"
    assert not list(node.glob("*.partial"))


def test_a_folder_that_cannot_be_is_said_plainly(tmp_path):
    (tmp_path / "store.h5").write_bytes(b"x")
    (tmp_path / "file").write_text("")
    with pytest.raises(SgbenchError, match="cannot be copied there"):
        stage(tmp_path / "store.h5", tmp_path / "file")


def test_a_variable_that_is_not_set_is_said_plainly(tmp_path):
    (tmp_path / "store.h5").write_bytes(b"x")
    with pytest.raises(SgbenchError, match=r"^stage: \$TMPDIR/stores is not set on this node$"):
        stage(tmp_path / "store.h5", Path("$TMPDIR/stores"))
