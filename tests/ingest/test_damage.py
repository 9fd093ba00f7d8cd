"""Every kind of damage, on real HDF5 files: it is set aside and named, and everything else is kept."""

import h5py
import numpy as np
import pytest

from sgbench.errors import SgbenchError
from sgbench.ingest import batchfile
from sgbench.samples.store import Store
from tests.ingest.conftest import SIZE, about, some_samples, stack

GOOD = 30


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def make_folder(path):
    path.unlink()
    path.mkdir()


def leave_open(path):
    """The file of a program that was killed while it wrote."""
    content = bytearray(path.read_bytes())
    content[8] = 3  # the version of the superblock from which on it says so
    path.write_bytes(content)


FILES = {
    "truncated": (truncate, "is not readable as HDF5: .*truncated"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "not HDF5": (lambda path: path.write_text("a page that says 404"), "is not readable as HDF5"),
    "a folder": (make_folder, "is not readable as HDF5"),
    "missing": (lambda path: path.unlink(), "is not readable as HDF5"),
    "a broken superblock": (leave_open, "is not readable as HDF5"),
    "without samples": (lambda path: batchfile.write(path, []), "holds no sample"),
}


@pytest.mark.parametrize("damage", FILES)
def test_a_damaged_file_is_set_aside(reader, tmp_path, damage):
    break_it, reason = FILES[damage]
    good, bad = tmp_path / "batch_train_0.h5", tmp_path / "batch_train_1.h5"
    batchfile.write(good, some_samples())
    batchfile.write(bad, some_samples(seed=1))
    break_it(bad)
    table, quarantine = reader.merge([reader.part(good), reader.part(bad)])
    assert len(table) == len(Store(tmp_path / "store.h5")) == GOOD
    assert quarantine[["file", "group"]].to_numpy().tolist() == [[str(bad), ""]]
    assert quarantine["reason"].str.fullmatch(f"{reason}.*").all(), quarantine["reason"][0]


def spoil(value):
    """Put one value into the middle of a stack."""

    def change(file):
        file["sample_1_4/cbed_stack"][1, 5, 5] = value

    return change


def relabel(value):
    def change(file):
        file["sample_1_4"].attrs["space_group"] = value

    return change


def rename(value):
    def change(file):
        file["sample_1_4"].attrs["material"] = value

    return change


def replace_stack(**new):
    def change(file):
        del file["sample_1_4/cbed_stack"]
        file["sample_1_4"].create_dataset("cbed_stack", **new)

    return change


def delete(name):
    def change(file):
        del file[f"sample_1_4/{name}"]

    return change


def replace_group(file):
    del file["sample_1_4"]
    file["sample_1_4"] = np.arange(3)


def dangle(file):
    del file["sample_1_4"]
    file["sample_1_4"] = h5py.ExternalLink("absent.h5", "/sample")


def break_chunk(file):
    """Compress a stack, then write over its bytes."""
    replace_stack(data=stack(0), chunks=(3, SIZE, SIZE), compression="gzip", fletcher32=True)(file)
    file["sample_1_4/cbed_stack"].id.write_direct_chunk((0, 0, 0), b"nothing that a decoder knows")


SAMPLES = {
    "without cbed_stack": (delete("cbed_stack"), "has no cbed_stack"),
    "a dataset in place of a group": (replace_group, "has no cbed_stack"),
    "a link to nowhere": (dangle, "is not readable: .*"),
    "without a label": (lambda file: file["sample_1_4"].attrs.pop("space_group"), "has no space_group"),
    "label 0": (relabel(b"0"), r"has the space_group 0, which is no number from 1 to 230"),
    "label 231": (relabel(231), r"has the space_group 231, which is no number from 1 to 230"),
    "label 2.5": (relabel(2.5), r"has the space_group 2\.5, which is no number from 1 to 230"),
    "label P-1": (relabel("P-1"), r"has the space_group P-1, which is no number from 1 to 230"),
    "label 2_2": (relabel("2_2"), "has the space_group 2_2, which is no number from 1 to 230"),
    "an empty label": (relabel(h5py.Empty("f4")), "has no space_group"),
    "no id": (rename("None"), "has an empty material: it needs an id, or no such attribute"),
    "a blank id": (rename(b" "), "has an empty material: it needs an id, or no such attribute"),
    "an id that is no number": (rename(np.nan), "has an empty material: it needs an id, or no such attribute"),
    "several labels": (relabel([1, 2]), r"has the space_group \[1 2\], which is no number from 1 to 230"),
    "another size": (replace_stack(data=np.ones((3, 8, 8))), r"cbed_stack is float64 \(3, 8, 8\), not .*"),
    "two patterns": (replace_stack(data=np.ones((2, SIZE, SIZE))), r"cbed_stack is float64 \(2, 16, 16\), not .*"),
    "no pattern": (replace_stack(shape=None, dtype="f4"), r"cbed_stack is float32 None, not .*"),
    "text": (replace_stack(data=np.full((3, SIZE, SIZE), b"a")), r"cbed_stack is \|S1 .*"),
    "NaN": (spoil(np.nan), "cbed_stack holds NaN"),
    "infinite": (spoil(np.inf), "cbed_stack holds an infinite value"),
    "minus infinite": (spoil(-np.inf), "cbed_stack holds an infinite value"),
    "negative": (spoil(-1e-9), "cbed_stack holds a negative value"),
    "zero": (replace_stack(data=np.zeros((3, SIZE, SIZE), "f4")), "cbed_stack is zero everywhere"),
    "too large": (replace_stack(data=np.full((3, SIZE, SIZE), 1e300)), "cbed_stack holds an infinite value"),
    "an unreadable chunk": (break_chunk, "is not readable: .*"),
    "an attribute of another kind": (
        lambda file: file["sample_1_4"].attrs.__setitem__("abc_angstrom", "long"),
        "is not readable: abc_angstrom is long, not numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", SAMPLES)
def test_a_damaged_sample_is_set_aside(reader, tmp_path, damage):
    break_it, reason = SAMPLES[damage]
    path = tmp_path / "batch_test_7.h5"
    batchfile.write(path, some_samples())
    with h5py.File(path, "r+") as file:
        break_it(file)
    table, quarantine = reader.merge([reader.part(path)])
    assert quarantine[["file", "group"]].to_numpy().tolist() == [[str(path), "sample_1_4"]]
    assert quarantine["reason"].str.fullmatch(reason).all(), quarantine["reason"][0]
    assert len(table) == len(Store(tmp_path / "store.h5")) == GOOD - 1
    assert "batch_test_7/sample_1_4" not in set(table["id"])


def damaged_tree(reader, tmp_path, bad, files=4):
    """Write files of 30 samples each, with ``bad`` samples without a pattern in the first."""
    parts = []
    for number in range(files):
        path = tmp_path / f"batch_train_{number}.h5"
        batchfile.write(path, some_samples(seed=number))
        with h5py.File(path, "r+") as file:
            for name in list(file)[: bad if number == 0 else 0]:
                del file[name]["cbed_stack"]
        parts.append(path)
    return parts


def test_strict_stops_with_the_list(reader, tmp_path):
    paths = damaged_tree(reader, tmp_path, bad=2)
    with pytest.raises(SgbenchError) as error:
        reader.merge([reader.part(path) for path in paths], strict=True)
    assert str(error.value).splitlines() == [
        "2 of 120 samples are damaged, about 1.7 %; strict allows none:",
        f"{paths[0]}: sample_0_0: has no cbed_stack",
        f"{paths[0]}: sample_0_1: has no cbed_stack",
    ]
    assert not (tmp_path / "store.h5").exists()


def test_strict_has_nothing_against_good_files(reader, tmp_path):
    paths = damaged_tree(reader, tmp_path, bad=0)
    assert len(reader.merge([reader.part(path) for path in paths], strict=True)[0]) == 120


def test_the_tolerance_stops_what_is_mostly_broken(reader, tmp_path):
    parts = [reader.part(path) for path in damaged_tree(reader, tmp_path, bad=2)]
    assert len(reader.merge(parts, tolerance=0.02)[0]) == 118
    with pytest.raises(SgbenchError, match=r"2 of 120 samples are damaged, about 1\.7 %; tolerance allows 1 %"):
        reader.merge(parts, tolerance=0.01)


def test_an_unreadable_file_counts_as_many_samples_as_others(reader, tmp_path):
    paths = damaged_tree(reader, tmp_path, bad=0)
    truncate(paths[3])
    parts = [reader.part(path) for path in paths]
    with pytest.raises(SgbenchError, match=r"1 of 91 samples are damaged, about 25\.0 %; tolerance allows 20 %"):
        reader.merge(parts, tolerance=0.2)
    assert len(reader.merge(parts, tolerance=0.3)[0]) == 90


def test_nothing_readable_is_no_study(reader, tmp_path):
    (tmp_path / "batch_train_0.h5").write_bytes(b"")
    with pytest.raises(SgbenchError, match="1 of 1 samples are damaged, about 100\\.0 %"):
        reader.merge([reader.part(tmp_path / "batch_train_0.h5")], tolerance=1)


def test_all_samples_damaged_is_no_study(reader, tmp_path):
    batchfile.write(tmp_path / "batch_train_0.h5", [("sample_0_0", np.zeros((3, SIZE, SIZE)), about())])
    with pytest.raises(SgbenchError, match="1 of 1 samples are damaged"):
        reader.merge([reader.part(tmp_path / "batch_train_0.h5")], tolerance=1)
