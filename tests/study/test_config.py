import copy
import importlib
from dataclasses import MISSING, fields

import pytest
import yaml

from sgbench.errors import SgbenchError
from sgbench.ingest import cbed as ingested
from sgbench.simulate import cbed as simulated
from sgbench.simulate.augment import ImageAmplitudes, PowderAmplitudes
from sgbench.study.config import Cell, check
from sgbench.study.schema import read
from tests.kinds import BLOCK, SCHEMA, STUDIES, laid, names

JSON = read(SCHEMA).json
STUDY = {
    "study": "mine",
    "crystals": ["some.parquet"],
    "modalities": {"powder": {"simulate": "powder"}, "fingerprint": {"simulate": "fingerprint"}},
    "models": {"extratrees": {"kind": "extratrees"}, "resnet50": {"kind": "resnet50"}},
    "matrix": [BLOCK | {"model": ["extratrees"]}],
}


def changed(path, value):
    study = copy.deepcopy(STUDY)
    place = study
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return study


def test_defaults_are_filled_in():
    study = copy.deepcopy(STUDY)
    assert check(study, SCHEMA) == [
        Cell("powder", "deduplicated", "by_material", "crystal_system", "none", "extratrees", 0)
    ]
    assert study["modalities"]["powder"]["bins"] == 1024
    split = {"policy": "material", "ratio": [7, 1, 1], "train_below": 0, "withhold": 0, "label": "split by material"}
    assert study["splits"] == {"by_material": split}
    assert study["models"]["resnet50"]["epochs"] == 90
    assert study["models"]["resnet50"]["patience"] is None


def test_a_task_of_an_older_study_predicts_its_label():
    study = changed(["tasks"], {"crystal_system": {"label": "space_group", "largest": 5}})
    check(study, SCHEMA)
    assert study["tasks"]["crystal_system"]["predict"] == "space_group"
    both = changed(["tasks"], {"crystal_system": {"predict": "crystal_system", "label": "space_group"}})
    check(both, SCHEMA)
    assert both["tasks"]["crystal_system"] == {"predict": "crystal_system", "label": "space_group", "largest": None}


@pytest.mark.parametrize("target", [1, 500, 0.5, 1.0, "median", {225: 40}, {"cubic": 9}])
def test_targets_of_all_kinds_are_taken(target):
    check(changed(["balances"], {"none": {"method": "over", "target": target, "cap": 20}}), SCHEMA)


def test_clusters_take_no_class_weights():
    study = changed(["balances"], {"none": {"method": "class_balanced"}})
    check(study, SCHEMA)
    study["models"]["extratrees"] = {"kind": "pca_kmeans"}
    with pytest.raises(SgbenchError, match="takes sampling variants, not none"):
        check(study, SCHEMA)


def test_models_of_patterns_take_no_images():
    study = changed(["matrix", 0, "modality"], ["fingerprint"])
    study["models"]["extratrees"] = {"kind": "resnet1d"}
    with pytest.raises(SgbenchError, match=r"\(resnet1d\) needs one-dimensional patterns; fingerprint"):
        check(study, SCHEMA)


def test_models_inside_models_are_filled_in_and_checked():
    tdc = {"kind": "tdc", "model": {"kind": "cnn_xgboost", "model": {"kind": "ziletti"}}}
    study = changed(["models", "tdc"], tdc)
    check(study, SCHEMA)
    assert tdc["model"]["model"]["epochs"] == 5
    assert [kind.name for kind in read(SCHEMA).chain(tdc)] == ["tdc", "cnn_xgboost", "ziletti"]
    with pytest.raises(SgbenchError, match=r"models\.tdc\.model\.epoch: unknown key"):
        check(changed(["models", "tdc"], {"kind": "tdc", "model": {"kind": "ziletti", "epoch": 5}}), SCHEMA)
    with pytest.raises(SgbenchError, match="cnn_xgboost needs a network, not extratrees"):
        check(changed(["models", "x"], {"kind": "cnn_xgboost", "model": {"kind": "extratrees"}}), SCHEMA)


def test_a_level_takes_what_its_classifier_takes():
    study = changed(["balances"], {"none": {"method": "focal"}})
    study["matrix"][0]["modality"] = ["fingerprint"]
    study["models"]["extratrees"] = {"kind": "tdc", "model": {"kind": "ziletti"}}
    check(study, SCHEMA)
    study["models"]["extratrees"] = {"kind": "tdc", "model": {"kind": "extratrees"}}
    with pytest.raises(SgbenchError, match="takes sampling variants and class weights, not none"):
        check(study, SCHEMA)


@pytest.mark.parametrize("gather", [list, lambda blocks: dict(zip("ab", blocks, strict=True))])
def test_blocks_are_multiplied_out_without_repeats(gather):
    study = copy.deepcopy(STUDY)
    study["matrix"] = gather([study["matrix"][0] | {"seed": [0, 1]}, study["matrix"][0] | {"seed": [1, 2]}])
    assert [cell.seed for cell in check(study, SCHEMA)] == [0, 1, 2]


FAULTS = {
    "unknown key": (["modalities", "powder", "bin"], 5, "modalities.powder.bin: unknown key (did you mean bins?)"),
    "unknown section": (["modles"], {}, "modles: unknown key (did you mean models?)"),
    "wrong type": (["modalities", "powder", "bins"], "many", "modalities.powder.bins: 'many' is not of type integer"),
    "out of range": (["modalities", "powder", "bins"], 1, "modalities.powder.bins: 1 is less than the minimum of 2"),
    "unknown model": (["models", "extratrees", "kind"], "extratree", "did you mean extratrees?"),
    "undefined name": (["matrix", 0, "balance"], ["smot"], "matrix.0.balance: 'smot' is not defined"),
    "unsuited model": (["matrix", 0, "model"], ["resnet50"], "resnet50 (resnet50) needs images; powder"),
    "missing key": (["modalities", "powder"], {}, "modalities.powder: the key simulate is missing"),
    "unsuited loss": (
        ["balances"],
        {"none": {"method": "focal"}},
        "extratrees (extratrees) takes sampling variants",
    ),
    "a ratio above 1": (
        ["balances"],
        {"none": {"method": "over", "target": 1.5}},
        "target: 1.5 is not of type integer",
    ),
    "a class of none": (["balances"], {"none": {"method": "over", "target": {225: 0}}}, "target.225: 0 is less than"),
    "a file of no training": (
        ["model_files"],
        [{"modality": "powder", "model": "extratrees", "seed": 7}],
        "model_files.0: no training of the matrix is of {",
    ),
    "bad name": (["study"], "My Study", "study: 'My Study' does not match"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line_with_key_and_file(tmp_path, fault):
    path, value, message = FAULTS[fault]
    study = changed(path, value)
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(study))
    with pytest.raises(SgbenchError) as error:
        check(study, SCHEMA, [file])
    lines = str(error.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{file}: ")
    assert message in lines[0]


def test_the_file_at_fault_is_named(tmp_path):
    first, second = tmp_path / "study.yaml", tmp_path / "overlay.yaml"
    first.write_text(yaml.safe_dump(STUDY))
    second.write_text(yaml.safe_dump({"models": {"extratrees": {"trees": 0}}}))
    with pytest.raises(SgbenchError, match=r"overlay\.yaml: models\.extratrees\.trees: 0 is less than"):
        check(changed(["models", "extratrees", "trees"], 0), SCHEMA, [first, second])
    with pytest.raises(SgbenchError, match=r"study\.yaml: modalities\.powder\.bins"):
        check(changed(["modalities", "powder", "bins"], 0), SCHEMA, [first, second])


def properties(section, key, kind):
    """Return what the schema allows of an entry of a kind."""
    for branch in JSON["$defs"][section]["allOf"]:
        if branch["if"]["properties"] == {key: {"const": kind}}:
            return branch["then"]["properties"]


MODULES = [
    *(("sgbench.simulate", "modalities", "simulate", name) for name in ("cell", "fingerprint", "powder")),
    *(("sgbench.ingest", "modalities", "ingest", name) for name in ("arrays", "cbed", "patterns")),
    *(("sgbench.balance", "balances", "method", name) for name in sorted(names("balances"))),
    *(("sgbench.models", "models", "kind", name) for name in sorted(names("models"))),
]


@pytest.mark.parametrize(("package", "section", "key", "name"), MODULES, ids=[".".join(of[::3]) for of in MODULES])
def test_the_schema_and_the_settings_agree(package, section, key, name):
    settings = importlib.import_module(f"{package}.{name}").Settings
    others = {key, "label", "files", "labels", "strict", "tolerance", "records", "crystals", "start"}
    keys = {key: value for key, value in properties(section, key, name).items() if key not in others}
    assert_agreement(keys, settings)


def test_the_schema_and_the_cbed_settings_agree():
    allowed = properties("modalities", "simulate", "cbed")
    others = {"simulate", "label", "crystals", "records", "largest", "batches", "preset", "strict", "tolerance"}
    keys = set(allowed) - others
    microscope = {field.name for field in fields(simulated.Settings)}
    reader = {field.name for field in fields(ingested.Settings)}
    assert keys == microscope | reader
    # What is not given comes from the preset, but for the size of the stacks, which the reader has to know.
    assert {key for key in microscope - reader if "default" in allowed[key]} == set()
    for preset, values in simulated.PRESETS.items():
        study = changed(["modalities", "cbed"], {"simulate": "cbed", "preset": preset})
        check(study, SCHEMA)
        assert study["modalities"]["cbed"]["stack_pixels"] == values.pixels
        assert study["modalities"]["cbed"]["orientations"] == values.orientations


CBED = {"ingest": "cbed", "files": ["batch_*.h5"]}
ARRAYS = {"ingest": "arrays", "files": [{"images": "a.npy", "labels": "b.npy"}]}


PATTERNS = {"ingest": "patterns", "files": ["data/*.xy"], "labels": "data/labels.csv"}


def read_study(modality, **changes):
    study = {key: value for key, value in STUDY.items() if key != "crystals"}
    return copy.deepcopy(study | {"modalities": {"powder": modality}} | changes)


@pytest.mark.parametrize("modality", [CBED, ARRAYS, PATTERNS], ids=["cbed", "arrays", "patterns"])
def test_files_need_no_crystals(modality):
    study = read_study(modality)
    assert check(study, SCHEMA)
    assert study["modalities"]["powder"]["tolerance"] == 0.01


@pytest.mark.parametrize(
    ("study", "message"),
    [
        (read_study({"simulate": "powder"}), "modalities.powder: nothing to simulate: the key crystals is missing"),
        (read_study(ARRAYS, splits={"by_material": {"policy": "original"}}), "by_material needs the parts that batch"),
        (
            read_study(CBED, balances={"none": {"method": "physics"}}),
            "none .physics. simulates crystals anew; the files of powder hold none",
        ),
        (read_study(CBED | {"simulate": "cbed"}), "modalities.powder.simulate: unknown key"),
        (read_study({"ingest": "cbed"}), "modalities.powder: the key files is missing"),
        (
            read_study(PATTERNS | {"measured_at_A": "copper"}),
            "modalities.powder.measured_at_A: 'copper' does not match",
        ),
        (read_study(PATTERNS | {"measured_at_A": 0}), "modalities.powder.measured_at_A: 0 is less than or equal"),
        (
            read_study(CBED, crystals=["a.cif"])
            | {"exams": {"new": ["powder"]}}
            | {"modalities": {"powder": CBED, "new": {"simulate": "cbed"}}},
            "samples of powder and new are not of the same crystals, one for one",
        ),
    ],
)
def test_what_files_cannot_give_is_said(study, message):
    with pytest.raises(SgbenchError, match=message):
        check(study, SCHEMA)


@pytest.mark.parametrize(("name", "amplitudes"), [("powder", PowderAmplitudes), ("image", ImageAmplitudes)])
def test_the_schema_and_the_amplitudes_agree(name, amplitudes):
    assert_agreement(properties("balances", "method", "augment")[name]["properties"], amplitudes)


def assert_agreement(keys, settings):
    assert set(keys) == {field.name for field in fields(settings)}
    for field in fields(settings):
        subschema = keys[field.name]
        if "default" not in subschema:
            subschema = JSON["$defs"][subschema["$ref"].split("/")[-1]]
        default = tuple(value) if isinstance(value := subschema["default"], list) else value
        assert default == (field.default if field.default_factory is MISSING else field.default_factory()), field.name


def test_every_key_of_the_schema_is_explained():
    def walk(schema, path):
        for key, value in schema.get("properties", {}).items():
            if isinstance(value, dict):
                assert "description" in value or "$ref" in value, (*path, key)
                walk(value, (*path, key))

    walk(JSON, ())
    for name, definition in JSON["$defs"].items():
        walk(definition, (name,))
        for branch in definition.get("allOf", []):
            walk(branch["then"], (name, *branch["if"]["required"]))
        if "properties" not in definition:
            assert "description" in definition or name == "names", name


@pytest.mark.parametrize("files", STUDIES, ids=lambda files: files[-1].stem)
def test_shipped_studies_are_valid(files):
    assert check(laid(files), SCHEMA, files)


@pytest.mark.parametrize(
    ("axis", "name", "fault"),
    [
        ("model", "resnet50", "resnet50 .resnet50. needs images; shape .cell. gives numbers without an order"),
        ("model", "cnn1d", "cnn1d .cnn1d. needs one-dimensional patterns"),
        ("balance", "physics", "physics .physics. changes how a pattern is measured; shape is none"),
        ("balance", "augment", "augment .augment. changes how a pattern is measured; shape is none"),
        ("balance", "diffractometer", "diffractometer .diffractometer. measures powder patterns; shape has none"),
    ],
)
def test_numbers_are_for_models_that_take_anything(axis, name, fault):
    study = copy.deepcopy(STUDY) | {"modalities": {"shape": {"simulate": "cell"}}}
    study["models"] |= {"resnet50": {"kind": "resnet50"}, "cnn1d": {"kind": "cnn1d"}}
    methods = ["none", "physics", "augment", "diffractometer"]
    study["balances"] = {method: {"method": method} for method in methods}
    study["matrix"][0] |= {"modality": ["shape"], "model": ["extratrees"]}
    assert check(copy.deepcopy(study), SCHEMA)
    study["matrix"][0][axis] = [name]
    with pytest.raises(SgbenchError, match=fault):
        check(study, SCHEMA)
