import copy

import pytest

from sgbench.errors import SgbenchError
from sgbench.study.config import check
from tests.kinds import BLOCK, SCHEMA

MEASURED = {"ingest": "arrays", "files": [{"images": "a.npy", "labels": "b.npy"}]}
EXAMS = {
    "unknown": ({"othr": ["powder"]}, r"exams\.othr: 'othr' is not defined .did you mean other"),
    "of unknown models": ({"other": ["powdr"]}, "'powdr' is not defined .did you mean powder"),
    "another shape": ({"fingerprint": ["powder"]}, "powder gives one-dimensional patterns, fingerprint images"),
    "another size": ({"short": ["powder"]}, "patterns of powder and short differ in shape"),
    "files of another shape": ({"measured": ["powder"]}, "powder gives one-dimensional patterns, measured images"),
    "another axis": ({"log": ["powder"]}, "log has axis log_q, and the models of powder know axis two_theta"),
    "another preparation": ({"bare": ["powder"]}, "bare has background snip, and the models of powder know"),
    "another wavelength": ({"theirs": ["powder"]}, "theirs has wavelength_A 1.5406, and the models of powder know"),
    "itself": ({"powder": ["powder"]}, "models of powder learn from it"),
}


def study_of(exams):
    modalities = {
        "powder": {"simulate": "powder"},
        "fingerprint": {"simulate": "fingerprint"},
        "other": {"simulate": "powder", "deuterium": True},
        "short": {"simulate": "powder", "bins": 64},
        "log": {"simulate": "powder", "axis": "log_q"},
        "bare": {"simulate": "powder", "background": "snip"},
        "theirs": {"ingest": "patterns", "files": ["*.xy"], "labels": "a.csv", "wavelength_A": 1.5406},
        "elsewhere": {"simulate": "powder", "crystals": ["theirs.parquet"]},
        "measured": MEASURED,
    }
    matrix = [BLOCK | {"model": ["extratrees"]}]
    study = {"study": "mine", "crystals": ["some.parquet"], "modalities": modalities, "matrix": matrix, "exams": exams}
    return copy.deepcopy(study)


@pytest.mark.parametrize("exams", [{"other": ["powder"]}, {"elsewhere": ["powder"]}, {"measured": ["fingerprint"]}])
def test_exams_are_taken(exams):
    assert check(study_of(exams), SCHEMA)


@pytest.mark.parametrize("fault", EXAMS)
def test_exams_that_cannot_be_sat_are_refused(fault):
    exams, message = EXAMS[fault]
    with pytest.raises(SgbenchError, match=message):
        check(study_of(exams), SCHEMA)


def test_what_is_trained_on_has_the_crystals_of_the_study():
    study = study_of({})
    study["matrix"][0]["modality"] = ["elsewhere"]
    with pytest.raises(
        SgbenchError, match=r"matrix\.0\.modality: elsewhere has crystals of its own; it can be an exam"
    ):
        check(study, SCHEMA)


def test_an_exam_for_models_of_files_may_be_simulated():
    study = study_of({"elsewhere": ["powder"]})
    del study["crystals"]
    elsewhere = {"simulate": "fingerprint", "crystals": ["theirs.parquet"]}
    study["modalities"] = {"powder": MEASURED, "elsewhere": elsewhere}
    assert check(copy.deepcopy(study), SCHEMA)
    del elsewhere["crystals"]
    with pytest.raises(SgbenchError, match=r"modalities\.elsewhere: nothing to simulate"):
        check(study, SCHEMA)


def test_a_published_number_stands_beside_an_exam():
    row = {"row": "X", "what": "x", "source": "x", "metric": "accuracy", "published": 0.5, "differs": "x"}
    study = study_of({"other": ["powder"]})
    check(study | {"published": [row | {"cell": {"modality": "powder", "judged": "other"}}]}, SCHEMA)
    with pytest.raises(SgbenchError, match="'fingerprint' is not defined; under exams: other"):
        check(study | {"published": [row | {"cell": {"modality": "powder", "judged": "fingerprint"}}]}, SCHEMA)
