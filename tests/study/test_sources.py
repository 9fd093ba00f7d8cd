import os

import pytest

from sgbench.errors import SgbenchError
from sgbench.study.sources import checked, sample_files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a/batch_train_0.h5", "b/batch_train_0.h5", "b/my file [1] é.h5", "b/my_file__1__é.h5"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    "files",
    [["a/*", "b/batch*"], ["b/batch*", "a/*"], ["*/batch_train_?.h5", "./a/batch_train_0.h5", "b/../a/*"]],
    ids=["one way", "the other way", "some twice"],
)
def test_two_files_of_one_name_are_two_parts(folder, files):
    expected = {"batch_train_0": ["a/batch_train_0.h5"], "batch_train_0#2": ["b/batch_train_0.h5"]}
    assert sample_files({"files": files}) == expected


def test_a_part_has_a_name_that_can_be_a_folder(folder):
    parts = sample_files({"files": ["b/my*"]})
    assert parts == {"my_file__1__é": ["b/my file [1] é.h5"], "my_file__1__é#2": ["b/my_file__1__é.h5"]}
    assert sample_files({"files": ["b/my file [1] é.h5"]}) == {"my_file__1__é": ["b/my file [1] é.h5"]}


def test_what_is_not_there_is_named(folder):
    with pytest.raises(SgbenchError, match=r"^c/\*\.h5: no such file$"):
        sample_files({"files": ["a/*", "c/*.h5"]})
    with pytest.raises(SgbenchError, match=r"^labels\.npy: no such file or folder$"):
        sample_files({"files": [{"images": "a/batch_train_0.h5", "labels": "labels.npy"}]})


def test_a_name_that_is_no_text_is_refused(folder, tmp_path):
    (tmp_path / os.fsdecode("Sch\xfcssel.h5".encode("latin1"))).touch()
    with pytest.raises(SgbenchError, match=r"^'Sch\\udcfcssel\.h5': no name in utf-8; rename it, or set"):
        sample_files({"files": ["Sch*"]})


def test_braces_are_refused(folder, tmp_path):
    (tmp_path / "Na{Cl}.h5").touch()
    with pytest.raises(SgbenchError, match=r"^Na\{Cl\}\.h5: braces in a path are wildcards"):
        sample_files({"files": ["Na*"]})
    assert checked(["b/my file [1] é.h5", "a"]) == ["b/my file [1] é.h5", "a"]


def test_measured_patterns_are_one_part_and_their_labels_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a/b.xy", "a/a.CSV", "a/labels.csv", "a/notes.md", "a/.b.xy.partial", "c/1.raw"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    modality = {"labels": "./a/labels.csv"}
    expected = ["a/labels.csv", "a/a.CSV", "a/b.xy"]
    assert sample_files({"files": ["a"], **modality}) == {"measured": expected}
    assert sample_files({"files": ["c/*", "a/b.xy", "a/"], **modality}) == {"measured": [*expected, "c/1.raw"]}
    with pytest.raises(SgbenchError, match=r"^a/\*\.uxd: no such file$"):
        sample_files({"files": ["a/*.uxd"], **modality})
    with pytest.raises(SgbenchError, match=r"^d: holds no file of a pattern \(\.asc, "):
        (tmp_path / "d").mkdir()
        sample_files({"files": ["d"], **modality})
    with pytest.raises(SgbenchError, match=r"^labels\.csv: no such file or folder$"):
        sample_files({"files": ["a"], "labels": "labels.csv"})
