"""A trained model as one file that knows what it is, and that runs nothing but this library when it is read.

It is a zip archive: ``about.json``, the weights of a network as ``weights.pt`` or another model as ``model.skops``, and
``novelty.npz``. PyTorch reads weights alone, skops only the types that a model of this library has, NumPy no objects.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sgbench.errors import SgbenchError
from sgbench.files import atomic
from sgbench.models import base
from sgbench.models.fitted import FittedClassifier
from sgbench.predict.novelty import Novelty
from sgbench.study.provenance import modules_hash

FORMAT = 1
_ABOUT, _WEIGHTS, _FITTED, _NOVELTY = "about.json", "weights.pt", "model.skops", "novelty.npz"
_PAYLOADS = (_WEIGHTS, _FITTED)
# The same model gives the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
# What a model of this library may be made of, beside what scikit-learn and NumPy have.
_OWN, _TRUSTED = "sgbench.models.", {"sgbench.training.calibration.Calibration", "xgboost.core.Booster"}


@dataclass(frozen=True)
class ModelFile:
    """A model that was read from its file.

    Attributes:
        about: format, kind, task, classes (as the task has them), shape (C, H, W), modality (its settings), made_by
            (what the store of its patterns says), study, cell, commit, packages, code (hash of the modules that it
            runs), scores and frequencies (how frequent each class is where its answers hold).
        model: the trained classifier.
        novelty: how far a pattern is from those that it learnt from.
    """

    about: dict[str, Any]
    model: base.Classifier
    novelty: Novelty

    @property
    def is_of_this_code(self) -> bool:
        """Whether the modules that it runs are those that it was written by."""
        return self.about["code"] == code_of(self.about["kind"])


def code_of(kind: str) -> str:
    """Return a hash of the modules that a model of a kind runs, and of those that prepare patterns for it."""
    return modules_hash(f"sgbench.models.{kind}", "sgbench.samples.preparation")


def write(path: str | Path, model: base.Classifier, weights: Path, novelty: Novelty, about: dict[str, Any]) -> None:
    """Write a trained model with all that is needed to use it elsewhere.

    Args:
        path: the file to write.
        model: the trained model.
        weights: what its ``save`` wrote; used as it is where it holds no objects.
        novelty: see :class:`ModelFile`, as for ``about``.
        about: what is known of it, but for format and code.
    """
    members = {_NOVELTY: novelty.dump()}
    if isinstance(model, FittedClassifier):
        # Slow to import.
        import skops.io

        members[_FITTED] = skops.io.dumps(model)
    else:
        members[_WEIGHTS] = weights.read_bytes()
    sums = {name: sha256(content).hexdigest() for name, content in members.items()}
    known = {"format": FORMAT, "code": code_of(about["kind"]), **about, "sha256": sums}
    with atomic(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in {_ABOUT: json.dumps(known, indent=1).encode(), **members}.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)


def read(path: str | Path) -> ModelFile:
    """Read a model file; nothing in it is run, whoever wrote it.

    Raises:
        SgbenchError: it is no such file, of another version, damaged, or holds what no model of this library has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        about = json.loads(members.pop(_ABOUT))
        version, sums = about["format"], about["sha256"]
    except FileNotFoundError:
        raise SgbenchError(f"{path}: no such file") from None
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError):
        raise SgbenchError(f"{path}: is no model file; that of a training is called model.sgbench") from None
    if version != FORMAT:
        raise SgbenchError(f"{path}: is of format {version}, this sgbench reads {FORMAT}; use the sgbench of its study")
    if sums != {name: sha256(content).hexdigest() for name, content in members.items()}:
        raise SgbenchError(f"{path}: is damaged, its contents do not have their checksums")
    payload = next((name for name in _PAYLOADS if name in members), None)
    if payload is None or _NOVELTY not in members:
        raise SgbenchError(f"{path}: holds no model")
    try:
        load = _fitted if payload == _FITTED else _network
        return ModelFile(about, load(about["kind"], members[payload]), Novelty.load(members[_NOVELTY]))
    except SgbenchError as error:
        raise SgbenchError(f"{path}: {error}") from None
    except Exception as error:
        # Whatever a library says of a file that is none of ours.
        raise SgbenchError(
            f"{path}: cannot be read as a model ({type(error).__name__}: {_first_line(error)})"
        ) from error


def _fitted(kind: str, content: bytes) -> base.Classifier:
    import skops.io

    found = set(skops.io.get_untrusted_types(data=content))
    strange = sorted(name for name in found if not name.startswith(_OWN) and name not in _TRUSTED)
    if strange:
        raise SgbenchError(
            f"holds {strange[0]}, which no model has; it may be meant to run a program, and was not read"
        )
    model = skops.io.loads(content, trusted=sorted(found))
    if not isinstance(model, base.classifier(kind)):
        raise SgbenchError(f"holds no {kind}")
    return model


def _network(kind: str, content: bytes) -> base.Classifier:
    return base.classifier(kind).load(io.BytesIO(content))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
