"""Studies: the configuration checked against its schema, and the matrix of what is trained."""

import copy
import difflib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from sgbench.errors import SgbenchError

#: The axes of the matrix, in the order of the results' path, and where the configuration names their values.
AXES = {
    "modality": "modalities",
    "dedup": "dedup",
    "split": "splits",
    "task": "tasks",
    "balance": "balances",
    "model": "models",
}
#: Classifiers that train by gradient descent, on a GPU where there is one.
NETWORKS = {"cnn1d", "defectnet", "resnet1d", "resnet50", "ziletti"}
#: Models that look at an image in two dimensions, models of one-dimensional patterns, and modalities that give these.
IMAGE_MODELS = {"conv_autoencoder_kmeans", "defectnet", "resnet50", "ziletti"}
LINE_MODELS = {"cnn1d", "resnet1d"}
ONE_DIMENSIONAL = {"powder"}
#: The keys of a modality that its patterns' shape follows from.
SHAPE_KEYS = ("simulate", "pixels", "bins")
#: Modalities that are simulated into files, and read from them like those of others.
FILED = {"cbed"}

#: Balance variants that try on dev rows before they plan.
SEARCHING = {"medium"}
#: Balance variants that make images before they plan.
GENERATING = {"gan", "physics"}
#: Balance variants whose plans have items that are no plain samples.
MAKING = {"adasyn", "augment", "borderline", "medium", "smote"} | GENERATING
#: Balance variants that are class weights, and those that are another loss or training, which only networks have.
WEIGHTS = {"class_balanced", "class_weights"}
LOSSES = {"balanced_softmax", "crt", "focal", "ldam", "logit_adjustment"}
#: Models that learn without labels, for which no class can weigh more.
LABEL_FREE = {"autoencoder_kmeans", "conv_autoencoder_kmeans", "kernel_pca_kmeans", "pca_kmeans"}
#: Those of them that are networks, and those whose components have a share of the variance.
AUTOENCODERS = {"autoencoder_kmeans", "conv_autoencoder_kmeans"}
LINEAR_REDUCTIONS = {"kernel_pca_kmeans", "pca_kmeans"}
#: Models that have levels, and models that need a network inside.
LEVELLED = {"tdc"}
ON_NETWORKS = {"cnn_xgboost"}
#: Models that show what their layers respond to.
RESPONDING = {"ziletti"}

_NONE = object()


class Cell(NamedTuple):
    """One training of the matrix."""

    modality: str
    dedup: str
    split: str
    task: str
    balance: str
    model: str
    seed: int


def check(config: dict[str, Any], schema_file: str | Path, files: Sequence[str | Path] = ()) -> list[Cell]:
    """Check a study, fill in the defaults in place, and return its matrix without repeats, in order.

    Args:
        config: the study as read from YAML.
        schema_file: the JSON schema, as YAML.
        files: the files that ``config`` was read from, the later over the earlier; an error names the one at fault.

    Raises:
        SgbenchError: a key is unknown or missing, a value is of the wrong type or out of range, a name is not
            defined, or a model cannot take a modality that it meets; one line for each fault.
    """
    schema = yaml.safe_load(Path(schema_file).read_text())
    validator = _filling_validator(schema)(schema)
    faults = [_explain(error, config, files) for error in validator.iter_errors(config)]
    faults = faults or list(_undefined_names(config, files)) or list(_unsuited(config, files))
    if faults:
        raise SgbenchError("\n".join(dict.fromkeys(faults)))
    return list(dict.fromkeys(_cells(config)))


def reads_files(modality: dict[str, Any]) -> bool:
    """Return whether the samples of a modality come from files, its own or those of others."""
    return "ingest" in modality or modality["simulate"] in FILED


def parts(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a model of the configuration and the models that it is built from, the outer before the inner."""
    return [model, *(parts(model["model"]) if "model" in model else [])]


def kinds(model: Mapping[str, Any]) -> list[str]:
    """Return the kinds of a model and of those that it is built from; see :func:`parts`."""
    return [part["kind"] for part in parts(model)]


def is_network(model: Mapping[str, Any]) -> bool:
    """Say whether a model, as the configuration describes it, learns by gradient descent, as a whole or in part."""
    return any(kind in NETWORKS | AUTOENCODERS for kind in kinds(model))


def _cells(config: dict[str, Any]) -> Iterator[Cell]:
    for block in config["matrix"]:
        yield from (Cell(*values) for values in product(*(block[axis] for axis in Cell._fields)))


def _filling_validator(schema: dict[str, Any]) -> type[Draft202012Validator]:
    """Return a validator that sets missing keys to their defaults, those of the schema's ``$defs`` as well."""

    def default(subschema: Any) -> Any:
        while isinstance(subschema, dict) and "default" not in subschema and "$ref" in subschema:
            subschema = schema["$defs"][subschema["$ref"].removeprefix("#/$defs/")]
        has_one = isinstance(subschema, dict) and "default" in subschema
        return copy.deepcopy(subschema["default"]) if has_one else _NONE

    def fill(validator: Any, properties: dict, instance: Any, _: dict) -> Iterator[ValidationError]:
        if isinstance(instance, dict):
            defaults = {key: default(subschema) for key, subschema in properties.items() if key not in instance}
            instance.update({key: value for key, value in defaults.items() if value is not _NONE})
        yield from Draft202012Validator.VALIDATORS["properties"](validator, properties, instance, _)

    return extend(Draft202012Validator, {"properties": fill})


def _explain(error: ValidationError, config: dict[str, Any], files: Sequence[str | Path]) -> str:
    """Say in one line what is wrong, where, and what is allowed."""
    path = [str(part) for part in error.absolute_path]
    if error.validator == "additionalProperties":
        known = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(known))
        path.append(unknown[0])
        what = f"unknown key{_guess(unknown[0], known)}; known here: {', '.join(known)}"
    elif error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        what = f"the key {missing} is missing"
    elif error.validator == "enum":
        allowed = [str(value) for value in error.validator_value]
        what = f"{error.instance!r} is not known{_guess(str(error.instance), allowed)}; known: {', '.join(allowed)}"
    elif error.validator == "type":
        allowed = error.validator_value
        allowed = [allowed] if isinstance(allowed, str) else allowed
        what = f"{error.instance!r} is not of type {' or '.join(allowed)}"
    else:
        what = error.message
    meaning = error.schema.get("description") if error.validator not in ("additionalProperties", "required") else None
    return f"{_where(path, files)}: {what}" + (f" ({meaning})" if meaning else "")


def _guess(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _where(path: Sequence[str], files: Sequence[str | Path]) -> str:
    """Name a key and the last of ``files`` that sets it, or the part of it that is set."""
    key = ".".join(path) or "the study"
    for depth in range(len(path), 0, -1):
        for file in reversed(files):
            if _sets(yaml.safe_load(Path(file).read_text()), path[:depth]):
                return f"{file}: {key}"
    return f"{files[-1]}: {key}" if files else key


def _sets(value: Any, path: Sequence[str]) -> bool:
    for part in path:
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in map(str, value):
            value = {str(key): inner for key, inner in value.items()}[part]
        else:
            return False
    return True


def _undefined_names(config: dict[str, Any], files: Sequence[str | Path]) -> Iterator[str]:
    for number, block in enumerate(config["matrix"]):
        for axis, section in AXES.items():
            known = sorted(config[section])
            for name in block[axis]:
                if name not in known:
                    where = _where(["matrix", str(number), axis], files)
                    yield f"{where}: {name!r} is not defined{_guess(name, known)}; under {section}: {', '.join(known)}"

    known = sorted(config["modalities"])
    for trained, judged in config["judge_on"].items():
        for name in {trained, *judged} - set(known):
            where = _where(["judge_on", trained], files)
            yield f"{where}: {name!r} is not defined{_guess(name, known)}; under modalities: {', '.join(known)}"
    for number, row in enumerate(config["published"]):
        for axis, name in row["cell"].items():
            section = AXES.get(axis, "modalities")
            if name not in config[section]:
                where = _where(["published", str(number), "cell", axis], files)
                known = sorted(config[section])
                yield f"{where}: {name!r} is not defined{_guess(name, known)}; under {section}: {', '.join(known)}"


def _unsuited(config: dict[str, Any], files: Sequence[str | Path]) -> Iterator[str]:
    modalities = config["modalities"]
    if not config["crystals"]:
        for name, modality in modalities.items():
            if "simulate" in modality:
                yield f"{_where(['modalities', name], files)}: nothing to simulate: the key crystals is missing"
    for trained, judged in config["judge_on"].items():
        for name in judged:
            if reads_files(modalities[name]) or reads_files(modalities[trained]):
                where = _where(["judge_on", trained], files)
                yield f"{where}: samples of {trained} and {name} are not of the same crystals, one for one"
            elif any(modalities[name].get(key) != modalities[trained].get(key) for key in SHAPE_KEYS):
                yield f"{_where(['judge_on', trained], files)}: patterns of {trained} and {name} differ in shape"
    for name, model in config["models"].items():
        for outer, inner in pairwise(kinds(model)):
            if outer in ON_NETWORKS and inner not in NETWORKS:
                where = _where(["models", name, "model"], files)
                yield f"{where}: {outer} needs a network, not {inner}; networks: {', '.join(sorted(NETWORKS))}"
    for number, block in enumerate(config["matrix"]):
        for split, modality in product(block["split"], block["modality"]):
            layout = modalities[modality].get("ingest", modalities[modality].get("simulate"))
            if config["splits"][split]["policy"] == "original" and layout != "cbed":
                where = _where(["matrix", str(number), "split"], files)
                yield f"{where}: {split} needs the parts that batch files are named after; {modality} has none"
        for balance, modality in product(block["balance"], block["modality"]):
            if config["balances"][balance]["method"] == "physics" and "ingest" in modalities[modality]:
                where = _where(["matrix", str(number), "balance"], files)
                yield f"{where}: {balance} (physics) simulates crystals anew; the files of {modality} hold none"
        for model, modality in product(block["model"], block["modality"]):
            pattern = modalities[modality].get("simulate")
            inside = kinds(config["models"][model])
            kind = next((kind for kind in inside if kind in IMAGE_MODELS | LINE_MODELS), None)
            if kind in IMAGE_MODELS and pattern in ONE_DIMENSIONAL:
                where = _where(["matrix", str(number), "model"], files)
                yield f"{where}: {model} ({kind}) needs images; {modality} ({pattern}) gives one-dimensional patterns"
            if kind in LINE_MODELS and pattern not in ONE_DIMENSIONAL:
                where = _where(["matrix", str(number), "model"], files)
                yield f"{where}: {model} ({kind}) needs one-dimensional patterns; {modality} ({pattern}) gives images"
        for model, balance in product(block["model"], block["balance"]):
            method, inside = config["balances"][balance]["method"], kinds(config["models"][model])
            # A level learns as its classifier does; what is built on a network does not.
            kind = next(kind for kind in inside if kind not in LEVELLED)
            if (kind not in NETWORKS and method in LOSSES) or (kind in LABEL_FREE and method in WEIGHTS):
                takes = "sampling variants" if kind in LABEL_FREE else "sampling variants and class weights"
                where = _where(["matrix", str(number), "balance"], files)
                yield f"{where}: {model} ({kind}) takes {takes}, not {balance} ({method})"
