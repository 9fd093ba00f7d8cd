from itertools import combinations

import pytest
from matplotlib.colors import to_rgb

from sgbench.study.config import check
from sgbench.study.looks import looks
from sgbench.study.schema import read
from tests.kinds import BLOCK, SCHEMA, STUDIES, laid

STUDY = {
    "study": "mine",
    "crystals": ["some.parquet"],
    "modalities": {"powder": {"simulate": "powder"}, "slow_neutrons": {"simulate": "powder", "label": "slow"}},
    "balances": {"none": {"method": "none"}, "smote": {"method": "smote", "label": "of its neighbours"}},
    "models": {
        "deep": {"kind": "tdc", "sizes": 1},
        "tdc": {"kind": "tdc"},
        "trees": {"kind": "extratrees"},
        "wide": {"kind": "tdc", "sizes": 9, "label": "wide levels"},
    },
    "matrix": [BLOCK | {"model": ["trees"]}],
}


def shown(study):
    check(study, SCHEMA)
    return looks(study, read(SCHEMA))


def test_a_label_comes_first_then_the_kind_then_the_name():
    found = shown(STUDY)
    texts = {axis: {name: look["label"] for name, look in of.items()} for axis, of in found.items()}
    assert texts["modality"] == {"powder": "powder", "slow_neutrons": "slow"}
    assert texts["balance"] == {"none": "no balancing", "smote": "of its neighbours"}
    assert texts["model"] == {"deep": "deep", "tdc": "TDC", "trees": "trees", "wide": "wide levels"}
    assert texts["task"] == {"crystal_system": "crystal system"}


def test_the_model_named_as_its_kind_has_its_colour():
    colours = {name: look["colour"] for name, look in shown(STUDY)["model"].items()}
    kinds = {kind.name: kind.colour for kind in read(SCHEMA).kinds["models"]}
    assert colours["tdc"] == kinds["tdc"]
    assert colours["trees"] == kinds["extratrees"]
    assert len(set(colours.values())) == 4


@pytest.mark.parametrize("files", STUDIES, ids=lambda files: files[-1].stem)
def test_the_models_of_a_study_can_be_told_apart(files):
    colours = [look["colour"] for look in shown(laid(files))["model"].values()]
    apart = [
        sum(abs(a - b) for a, b in zip(to_rgb(one), to_rgb(other), strict=True))
        for one, other in combinations(colours, 2)
    ]
    assert min(apart, default=1) > 0.2


def test_what_is_drawn_along_the_axes_of_the_cell_says_so():
    kinds = {
        "picture": {"simulate": "fingerprint"},
        "turned": {"simulate": "fingerprint", "rotate": True},
        "shape": {"simulate": "cell"},
    }
    study = STUDY | {"modalities": STUDY["modalities"] | kinds}
    found = {name: look["knows"] for name, look in shown(study)["modality"].items() if "knows" in look}
    assert set(found) == {"picture", "shape"}
    assert "the label is partly in the picture" in found["picture"]
