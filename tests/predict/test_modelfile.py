"""Files that are no models, or pretend to be: nothing in them is run."""

import io
import json
import pickle
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import skops.io
import torch

from sgbench.errors import SgbenchError
from sgbench.models.extratrees import Classifier, Settings
from sgbench.models.forest import Forest
from sgbench.predict import modelfile
from sgbench.predict.novelty import Novelty


class Stranger:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def trees():
    """Return a forest of one leaf, which is sure of the second of three classes."""
    model = Classifier(Settings(trees=1), 3)
    model._forest = _leaf()
    return model


def _leaf():
    from sklearn.ensemble import ExtraTreesClassifier

    grown = ExtraTreesClassifier(1).fit(np.zeros((2, 4)), [1, 1])
    return Forest([tree.tree_ for tree in grown.estimators_], grown.classes_)


@pytest.fixture
def written(tmp_path):
    novelty = Novelty.fit(np.random.default_rng(0).random((40, 1, 1, 4), np.float32))
    modelfile.write(tmp_path / "model.sgbench", trees(), tmp_path / "model.pt", novelty, {"kind": "extratrees"})
    return tmp_path / "model.sgbench"


def forged(path, about, **members):
    """Write an archive with the right checksums."""
    sums = {name: sha256(content).hexdigest() for name, content in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"about.json": json.dumps({**about, "sha256": sums}).encode(), **members}.items():
            archive.writestr(name, content)


def members(path):
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(found.pop("about.json")), found


def test_a_model_says_what_it_is_and_answers_as_before(written):
    read = modelfile.read(written)
    np.testing.assert_array_equal(read.model.predict(np.ones((2, 1, 1, 4), np.float32)), [[0, 1, 0]] * 2)
    assert read.about["format"] == modelfile.FORMAT
    assert read.is_of_this_code


def test_other_code_is_told(written):
    about, found = members(written)
    forged(written, about | {"code": "0" * 16}, **found)
    assert not modelfile.read(written).is_of_this_code


def test_a_pickle_of_a_stranger_is_not_run(written, tmp_path):
    about, found = members(written)
    made = tmp_path / "made"
    weights = io.BytesIO()
    torch.save({"settings": Stranger(made)}, weights)
    for payload in (weights.getvalue(), pickle.dumps(Stranger(made))):
        forged(written, about | {"kind": "ziletti"}, **{"novelty.npz": found["novelty.npz"], "weights.pt": payload})
        with pytest.raises(SgbenchError, match=r"model\.sgbench: cannot be read as a model"):
            modelfile.read(written)
    arrays = io.BytesIO()
    np.savez(arrays, mean=np.array([Stranger(made)]), whitening=np.eye(2), limit=0)
    forged(written, about, **found | {"novelty.npz": arrays.getvalue()})
    with pytest.raises(SgbenchError, match="cannot be read as a model"):
        modelfile.read(written)
    assert not made.exists()


def test_skops_reads_only_what_a_model_has(written, tmp_path):
    about, found = members(written)
    model = trees()
    model.more = Path.touch
    for strange in (skops.io.dumps(Stranger("x")), skops.io.dumps(model)):
        forged(written, about, **found | {"model.skops": strange})
        with pytest.raises(SgbenchError, match="which no model has; it may be meant to run a program"):
            modelfile.read(written)
    forged(written, about, **found | {"model.skops": skops.io.dumps(Settings())})
    with pytest.raises(SgbenchError, match="holds no extratrees"):
        modelfile.read(written)


@pytest.mark.parametrize("kind", ["os", "..crystals", "fitted", ""])
def test_a_kind_is_the_name_of_a_model(written, kind):
    about, found = members(written)
    forged(written, about | {"kind": kind}, **found)
    with pytest.raises(SgbenchError, match=r"model\.sgbench: "):
        modelfile.read(written)


def test_damage_is_one_line(written, tmp_path):
    about, found = members(written)
    with pytest.raises(SgbenchError, match="no such file"):
        modelfile.read(tmp_path / "none")
    forged(tmp_path / "later", about | {"format": 99}, **found)
    with pytest.raises(SgbenchError, match="is of format 99, this sgbench reads"):
        modelfile.read(tmp_path / "later")
    forged(tmp_path / "empty", about)
    with pytest.raises(SgbenchError, match="holds no model"):
        modelfile.read(tmp_path / "empty")
    content = written.read_bytes()
    for length in (0, 100, len(content) // 2, len(content) - 1):
        written.write_bytes(content[:length])
        with pytest.raises(SgbenchError, match="is no model file; that of a training is called"):
            modelfile.read(written)
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("about.json", json.dumps(about))
        for name, bytes_ in found.items():
            archive.writestr(name, bytes_[:-1] + b"x")
    with pytest.raises(SgbenchError, match="its contents do not have their checksums"):
        modelfile.read(written)
