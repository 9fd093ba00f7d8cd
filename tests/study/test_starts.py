"""Models that start from other trainings: what a study may ask for."""

import copy

import pytest

from sgbench.errors import SgbenchError
from sgbench.study.config import check
from sgbench.study.starts import chain

SCHEMA = "config/schema"
STUDY = {
    "study": "s",
    "crystals": ["c"],
    "modalities": {"powder": {"simulate": "powder"}, "cell": {"simulate": "cell"}},
    "balances": {
        "none": {"method": "none"},
        "made": [{"method": "synthetic", "fresh": 0.5}],
        "more": ["diffractometer"],
    },
    "models": {
        "cnn": {"kind": "cnn1d"},
        "tuned": {"kind": "cnn1d", "epochs": 2, "learning_rate": 1e-4, "start": {"balance": "made", "model": "cnn"}},
        "again": {"kind": "cnn1d", "start": {"balance": "none", "model": "tuned"}},
    },
    "matrix": [
        {
            "modality": ["powder"],
            "dedup": ["deduplicated"],
            "split": ["by_material"],
            "task": ["crystal_system"],
            "balance": ["none"],
            "model": ["tuned", "again"],
        }
    ],
}


def study(**models):
    config = copy.deepcopy(STUDY)
    config["models"] |= models
    return config


def test_a_model_starts_from_another_and_that_from_a_third():
    config = study()
    cells = check(config, SCHEMA)
    assert [cell.model for cell in cells] == ["tuned", "again"]
    assert "start" not in config["models"]["cnn"]
    assert chain(config, "none", "cnn") == [("none", "cnn")]
    assert chain(config, "more", "again") == [("more", "again"), ("none", "tuned"), ("made", "cnn")]


def start(balance="made", model="cnn", **settings):
    return {"kind": "cnn1d", "start": {"balance": balance, "model": model}, **settings}


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ({"tuned": start("mad")}, r"models.tuned.start.balance: 'mad' is not defined \(did you mean made\?\)"),
        ({"tuned": start(model="cn")}, r"models.tuned.start.model: 'cn' is not defined \(did you mean cnn\?\)"),
        ({"tuned": start(width=8)}, "models.tuned.start.model: cnn is another network: it differs in width"),
        ({"tuned": {**start(), "kind": "resnet1d"}}, "cnn is another network: it differs in kind, width"),
        ({"tuned": start(model="tuned")}, "these start from each other: tuned from tuned"),
        ({"cnn": start(model="again")}, "these start from each other: cnn from again from tuned from cnn"),
        ({"tuned": {**start(), "start": {"balance": "made"}}}, "models.tuned.start: the key model is missing"),
        ({"trees": {"kind": "extratrees", "start": {}}}, "models.trees.start: unknown key"),
        (
            {"tdc": {"kind": "tdc", "model": start()}},
            "models.tdc.model: start is for a model of the matrix, not for one that another is built from",
        ),
    ],
)
def test_what_cannot_be_started_from_is_said_in_a_line(models, said):
    with pytest.raises(SgbenchError, match=said):
        check(study(**models), SCHEMA)


def test_what_is_started_from_must_suit_the_modality():
    config = study()
    config["balances"]["made"] = [{"method": "diffractometer"}]
    config["modalities"]["turned"] = {"simulate": "fingerprint"}
    config["models"] = {
        "net": {"kind": "resnet50"},
        "tuned": {"kind": "resnet50", "start": {"balance": "made", "model": "net"}},
    }
    config["matrix"][0] |= {"modality": ["turned"], "model": ["tuned"]}
    with pytest.raises(
        SgbenchError, match=r"matrix.0.model: tuned starts from another training: made \(diffractometer\)"
    ):
        check(config, SCHEMA)


def test_a_stream_of_slow_patterns_is_refused():
    config = study(net={"kind": "resnet50"})
    config["modalities"]["cbed"] = {"simulate": "cbed"}
    config["matrix"][0] |= {"modality": ["cbed"], "model": ["net"], "balance": ["made"]}
    with pytest.raises(SgbenchError, match=r"made is a stream \(fresh\); patterns of cbed take too long"):
        check(config, SCHEMA)
