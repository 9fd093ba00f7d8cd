"""Balance variants of several steps in a study: the ways to write them, their order, and what they ask of a model."""

import copy

import pytest
import yaml

from sgbench.errors import SgbenchError
from sgbench.study.config import check
from tests.kinds import SCHEMA
from tests.study.test_config import STUDY


def with_variant(variant, **changes):
    return copy.deepcopy(STUDY | {"balances": {"none": variant}} | changes)


def steps_of(variant):
    study = with_variant(variant)
    check(study, SCHEMA)
    filled = study["balances"]["none"]
    # What is filled in is a study as well, and stays as it is.
    again = copy.deepcopy(study)
    check(again, SCHEMA)
    assert again == study
    return filled


def test_coarser_classes_are_learnt_of_space_groups_and_by_cross_entropy():
    def of(balance, predicted):
        models = {"extratrees": {"kind": "vote", "model": {"kind": "resnet", "coarser": True}}}
        tasks = {STUDY["matrix"][0]["task"][0]: {"predict": predicted}}
        study = with_variant({"method": balance}, models=models, tasks=tasks)
        study["matrix"][0]["modality"] = ["fingerprint"]
        return check(study, SCHEMA)

    for balance in ("class_weights", "prior_correction", "under"):
        assert of(balance, "space_group")
    with pytest.raises(SgbenchError, match="extratrees learns coarser classes by cross-entropy, not by focal"):
        of("focal", "space_group")
    with pytest.raises(SgbenchError, match=r"belong to \(coarser\); crystal_system predicts bravais"):
        of("none", "bravais_lattice")


def test_a_step_a_list_and_what_is_filled_in_are_one():
    step = {"method": "smote", "cap": 4}
    expected = steps_of(step)
    assert expected["steps"] == [
        {"method": "smote", "cap": 4, "target": "largest", "neighbours": 6, "components": None}
    ]
    assert steps_of([step]) == steps_of({"steps": [step]}) == expected
    assert steps_of(["over"]) == steps_of({"method": "over"}) == steps_of({"steps": ["over"]})
    assert steps_of({**step, "label": "some text"}) == {**expected, "label": "some text"}
    assert [step["method"] for step in steps_of(["under", "cluster", "smote", "augment"])["steps"]] == [
        "under",
        "cluster",
        "smote",
        "augment",
    ]
    # A step may have a setting of the same name.
    assert steps_of({"method": "gan", "steps": 5})["steps"][0]["steps"] == 5


ORDER = "order: sample, make, change, loss, one of each but sample"


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        (["smote", "under"], "step 2 (under) samples, and cannot follow step 1 (smote), which makes items; " + ORDER),
        (["over", "gan"], "step 2 (gan) makes items, and cannot follow step 1 (over), which makes items"),
        (["medium", "smote"], "step 2 (smote) makes items, and cannot follow step 1 (medium), which makes items"),
        (
            ["under", "augment", "physics"],
            "step 3 (physics) makes items, and cannot follow step 2 (augment), which changes items when they are read",
        ),
        (["augment", "augment"], "step 2 (augment) changes items when they are read, and cannot follow step 1"),
        (
            ["class_weights", "focal"],
            "step 2 (focal) changes what is minimised or answered, and cannot follow step 1 (class_weights), which "
            "changes what is minimised or answered",
        ),
        (["focal", "cluster"], "step 2 (cluster) samples, and cannot follow step 1 (focal)"),
        (["none", "smote"], "none does nothing, and is no step among others"),
        (["under", "none"], "none does nothing, and is no step among others"),
    ],
    ids="-".join,
)
def test_an_impossible_order_gives_one_line(tmp_path, steps, fault):
    study = with_variant(steps)
    # No model of this study stands in the way of a loss.
    study["matrix"][0] |= {"modality": ["fingerprint"], "model": ["resnet50"]}
    assert fault_of(study, tmp_path).startswith(f"balances.none: {fault}")


def fault_of(study, folder):
    """Return the one line that is said of a study, without its file."""
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump(study))
    with pytest.raises(SgbenchError) as error:
        check(study, SCHEMA, [file])
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{file}: ")
    return line.removeprefix(f"{file}: ")


@pytest.mark.parametrize(
    ("variant", "fault"),
    [
        ({"method": "smote", "caps": 2}, "balances.none.caps: unknown key (did you mean cap?)"),
        (["under", {"method": "smote", "cap": 0}], "balances.none.1.cap: 0 is less than the minimum of 1"),
        (["under", "smot"], "balances.none.1.method: 'smot' is not known (did you mean smote?)"),
        ({"steps": [{"method": "smote", "cap": 0}]}, "balances.none.steps.0.cap: 0 is less than the minimum of 1"),
        ({"target": 5}, "balances.none: the key method is missing"),
        ([{"method": "smote", "label": "SMOTE"}], "balances.none.0.label: unknown key"),
        ([], "balances.none: [] should be non-empty"),
        ("smote", "balances.none: 'smote' is not of type object"),
        ([7], "balances.none.0: 7 is not of type object"),
        ({"method": "augment", "target": 1.5}, "balances.none.target: 1.5 is not of type integer"),
    ],
    ids=str,
)
def test_a_fault_is_named_as_it_is_written(tmp_path, variant, fault):
    assert fault_of(with_variant(variant), tmp_path).startswith(fault)


def test_every_step_is_asked_whether_it_suits(tmp_path):
    takes = "matrix.0.balance: extratrees (extratrees) takes sampling variants and class weights, not none (focal)"
    assert fault_of(with_variant(["smote", "augment", "focal"]), tmp_path) == takes
    check(with_variant(["smote", "augment", "class_weights"]), SCHEMA)
    files = {"modalities": {"powder": {"ingest": "cbed", "files": ["batch_*.h5"]}}, "crystals": []}
    line = fault_of(with_variant(["under", "physics"], **files), tmp_path)
    assert line == "matrix.0.balance: none (physics) simulates crystals anew; the files of powder hold none"
