"""Models of CBED and of arrays are asked through the same command as those of powder patterns."""

import numpy as np
import pandas as pd
import pytest

from sgbench.ingest import batchfile
from sgbench.predict.command import main
from sgbench.predict.reading import read
from sgbench.samples.items import Items
from sgbench.samples.preparation import Preparation
from sgbench.samples.store import Store
from tests.ingest.conftest import Reader, some_samples
from tests.ingest.pattern_files import columns
from tests.predict.trees import trees

CLASSES = [1, 2, 3]


def asked(model, file, folder):
    """Return the status of the command and its table."""
    status = main(["predict", str(model), str(file), "--csv", str(folder / "answers.csv"), "--plot", str(folder)])
    return status, pd.read_csv(folder / "answers.csv", keep_default_na=False, dtype={"name": str})


def groups(table):
    """Return the number of the likeliest space group of each row."""
    return table["class_1"].str.extract(r"\((\d+)\)$")[0].astype(int)


@pytest.fixture
def cbed(tmp_path):
    """A batch file and a model of its stacks."""
    file = tmp_path / "batch_train_0.h5"
    batchfile.write(file, some_samples())
    reader = Reader(tmp_path)
    samples, _ = reader.merge([reader.part(file)])
    labels = samples["space_group"].to_numpy() - 1
    items = Items.plain(Store(tmp_path / "store.h5"), labels, np.arange(len(labels)))
    return file, trees(tmp_path / "model.sgbench", items, CLASSES), samples


def test_stacks_of_a_batch_file_are_named(cbed, tmp_path):
    file, model, samples = cbed
    status, table = asked(model, file, tmp_path)
    assert status == 0
    assert sorted(table["name"]) == sorted(samples["id"].str.rpartition("/")[2])
    known = samples.set_index(samples["id"].str.rpartition("/")[2])["space_group"]
    assert groups(table).tolist() == known[table["name"]].tolist()
    assert len(list(tmp_path.glob("*.png"))) == len(table)


def test_what_is_no_batch_file_is_a_line(cbed, tmp_path, capsys):
    _, model, _ = cbed
    (tmp_path / "other.h5").write_bytes(b"no HDF5")
    assert asked(model, tmp_path / "other.h5", tmp_path)[0] == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"sgbench: {tmp_path / 'other.h5'}")


def test_arrays_are_named(tmp_path):
    images, labels = np.random.default_rng(0).random((30, 8, 8, 3)), np.arange(30) % 3
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "labels.npy", labels)
    reader = Reader(tmp_path)
    part = reader.part(
        [tmp_path / "images.npy", tmp_path / "labels.npy"],
        "arrays",
        "part",
        {"pixels": 8, "classes": ["P1", "P-1", "P2"]},
    )
    reader.merge([part])
    items = Items.plain(Store(tmp_path / "store.h5"), labels, np.arange(30))
    status, table = asked(trees(tmp_path / "model.sgbench", items, CLASSES), tmp_path / "images.npy", tmp_path)
    assert status == 0
    assert table["name"].tolist() == list(map(str, range(30)))
    assert groups(table).tolist() == [CLASSES[label] for label in labels]
    np.save(tmp_path / "images.npy", images[:, :4])
    assert asked(tmp_path / "model.sgbench", tmp_path / "images.npy", tmp_path)[0] == 1


def test_a_pattern_is_prepared_as_those_of_training(tmp_path):
    x = np.arange(10, 80, 0.02)
    y = 500 + 1e4 * np.exp(-((x - 30) ** 2) / 0.02)
    (tmp_path / "a.xy").write_text(columns(x, y, header="# wavelength: 1.54184 Angstrom\n"))
    made_by = {"simulate": "powder", "bins": 512}
    kept, bare = (
        next(read(str(tmp_path / "a.xy"), made_by | {"background": background}, (1, 1, 512))).image[0, 0]
        for background in ("keep", "snip")
    )
    assert bare[200:300].max() < 0.05 < kept[200:300].min()
    np.testing.assert_allclose(bare, Preparation(background="snip")(kept**2, kept > 0)[0, 0], atol=1e-5)
