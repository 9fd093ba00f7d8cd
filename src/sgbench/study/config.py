"""Studies: the configuration checked against its schema, and the matrix of what is trained."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from sgbench.errors import SgbenchError
from sgbench.study import exams, starts, steps
from sgbench.study.kinds import PATTERNS, Balance, Modality, Model
from sgbench.study.reading import read_study
from sgbench.study.schema import Schema, guess, parts, read

#: The axes of the matrix, in the order of the results' path, and where the configuration names their values.
AXES = {
    "modality": "modalities",
    "dedup": "dedup",
    "split": "splits",
    "task": "tasks",
    "balance": "balances",
    "model": "models",
}

#: Published numbers that are no scores: the share of records that a dedup removes, and, of the samples of each of the
#: 230 space groups, in all parts of a split together, the mean and the 25th percentile.
REMOVED = "removed"
COUNTED = {"mean_per_group", "quartile_per_group"}

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


def check(config: dict[str, Any], schema_folder: str | Path, files: Sequence[str | Path] = ()) -> list[Cell]:
    """Check a study, fill in the defaults in place, and return its matrix without repeats, in order.

    What it leaves is a study as well, and the same one.

    Args:
        config: the study as read from YAML.
        schema_folder: the schema, see :mod:`sgbench.study.schema`.
        files: the files that ``config`` was read from, the later over the earlier; an error names the one at fault.

    Raises:
        SgbenchError: a key is unknown or missing, a value is of the wrong type or out of range, a name is not
            defined, or a model cannot take a modality that it meets; one line for each fault.
    """
    for file in files:
        read_study(file)
    schema = read(schema_folder)
    validator = _filling_validator(schema.json)(schema.json)
    _rename_predicted(config, schema)
    written = steps.write_out(config)
    faults = [_explain(error, written, files) for error in validator.iter_errors(config)]
    faults = faults or list(_undefined_names(config, files)) or list(_unsuited(config, schema, files))
    if faults:
        raise SgbenchError("\n".join(dict.fromkeys(faults)))
    return list(dict.fromkeys(_cells(config)))


def _rename_predicted(config: dict[str, Any], schema: Schema) -> None:
    """Take what a task calls ``label`` as what it predicts, where it says nothing else: older studies say so."""
    properties = [kind.name for kind in schema.kinds["tasks"]]
    tasks = config.get("tasks")
    for task in tasks.values() if isinstance(tasks, dict) else []:
        if isinstance(task, dict) and "predict" not in task and task.get("label") in properties:
            task["predict"] = task.pop("label")


def entries(section: list[Any] | dict[str, Any]) -> dict[str, Any]:
    """Return the entries of the matrix or of the published numbers, by their names or their places in a list."""
    return section if isinstance(section, dict) else {str(place): entry for place, entry in enumerate(section)}


def _cells(config: dict[str, Any]) -> Iterator[Cell]:
    for block in entries(config["matrix"]).values():
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


def _explain(error: ValidationError, balances: Mapping[str, Any], files: Sequence[str | Path]) -> str:
    """Say in one line what is wrong, where, and what is allowed."""
    path = steps.as_written([str(part) for part in error.absolute_path], balances)
    if error.validator == "additionalProperties":
        known = sorted(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(known))
        path.append(unknown[0])
        what = f"unknown key{guess(unknown[0], known)}; known here: {', '.join(known)}"
    elif error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        what = f"the key {missing} is missing"
    elif error.validator == "enum":
        allowed = [str(value) for value in error.validator_value]
        what = f"{error.instance!r} is not known{guess(str(error.instance), allowed)}; known: {', '.join(allowed)}"
    elif error.validator == "type":
        allowed = error.validator_value
        allowed = [allowed] if isinstance(allowed, str) else allowed
        what = f"{error.instance!r} is not of type {' or '.join(allowed)}"
        if allowed == ["string"] and isinstance(error.instance, bool | int | float | date):
            what += "; put it in quotes"
    else:
        what = error.message
    meaning = error.schema.get("description") if error.validator not in ("additionalProperties", "required") else None
    return f"{_where(path, files)}: {what}" + (f" ({meaning})" if meaning else "")


def _where(path: Sequence[str], files: Sequence[str | Path]) -> str:
    """Name a key and the last of ``files`` that sets it, or the part of it that is set."""
    key = ".".join(path) or "the study"
    studies = {file: read_study(file) for file in reversed(files)}
    for depth in range(len(path), 0, -1):
        for file, study in studies.items():
            if _sets(study, path[:depth]):
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
    for place, block in entries(config["matrix"]).items():
        for axis, section in AXES.items():
            known = sorted(config[section])
            for name in block[axis]:
                if name not in known:
                    where = _where(["matrix", place, axis], files)
                    yield f"{where}: {name!r} is not defined{guess(name, known)}; under {section}: {', '.join(known)}"

    known = sorted(config["modalities"])
    for exam, trained in config["exams"].items():
        for name in {exam, *trained} - set(known):
            where = _where(["exams", exam], files)
            yield f"{where}: {name!r} is not defined{guess(name, known)}; under modalities: {', '.join(known)}"
    for place, row in entries(config["published"]).items():
        for axis, name in row["cell"].items():
            section = AXES.get(axis, "exams")
            if name not in config[section]:
                where = _where(["published", place, "cell", axis], files)
                known = sorted(config[section])
                yield f"{where}: {name!r} is not defined{guess(name, known)}; under {section}: {', '.join(known)}"
    trained = [cell._asdict() for cell in _cells(config)]
    for place, chosen in enumerate(config["model_files"]):
        if not any(chosen.items() <= cell.items() for cell in trained):
            yield f"{_where(['model_files', str(place)], files)}: no training of the matrix is of {chosen}"


def _unsuited(config: dict[str, Any], schema: Schema, files: Sequence[str | Path]) -> Iterator[str]:
    kinds: dict[str, dict[str, Any]] = {
        section: {name: schema.kind(section, entry) for name, entry in config[section].items()}
        for section in ("modalities", "splits")
    }
    kinds["balances"] = {name: schema.steps(variant) for name, variant in config["balances"].items()}
    for name, of in kinds["balances"].items():
        yield from (f"{_where(['balances', name], files)}: {fault}" for fault in steps.misplaced(of))
    chains = {name: schema.chain(model) for name, model in config["models"].items()}
    yield from _unmeasurable(config, kinds["modalities"], files)
    for name, chain in chains.items():
        for outer, inner in pairwise(chain):
            if outer.needs == "network" and not inner.has(network=True, labels=True):
                where = _where(["models", name, "model"], files)
                networks = [kind.name for kind in schema.kinds["models"] if kind.has(network=True, labels=True)]
                yield f"{where}: {outer.name} needs a network, not {inner.name}; networks: {', '.join(networks)}"
    started = list(starts.faults(config, schema.groups["schedule"] + schema.groups["coarser"]))
    yield from (f"{_where(path, files)}: {fault}" for path, fault in started)
    for place, block in entries(config["matrix"]).items():
        for axis, fault in _unsuited_in(config, block, kinds, chains):
            yield f"{_where(['matrix', place, axis], files)}: {fault}"
        # What a model starts from is trained as well, though the matrix need not have it.
        for model in block["model"] if not started else ():
            for balance, first in starts.chain(config, "", model)[1:]:
                for _, fault in _unsuited_in(config, {**block, "balance": [balance], "model": [first]}, kinds, chains):
                    yield f"{_where(['matrix', place, 'model'], files)}: {model} starts from another training: {fault}"


def _unmeasurable(
    config: dict[str, Any], modalities: Mapping[str, Modality], files: Sequence[str | Path]
) -> Iterator[str]:
    """Name modalities that cannot be simulated, trained on, or sat as an exam."""
    for name, modality in modalities.items():
        if modality.key == "simulate" and not (config["crystals"] or config["modalities"][name]["crystals"]):
            yield f"{_where(['modalities', name], files)}: nothing to simulate: the key crystals is missing"
    for place, block in entries(config["matrix"]).items():
        for name in block["modality"]:
            if config["modalities"][name].get("crystals"):
                where = _where(["matrix", place, "modality"], files)
                yield f"{where}: {name} has crystals of its own; it can be an exam, and no model is trained on it"
    yield from (f"{_where(path, files)}: {fault}" for path, fault in exams.faults(config, modalities))


def _unsuited_in(
    config: Mapping[str, Any],
    block: Mapping[str, Any],
    kinds: Mapping[str, Mapping[str, Any]],
    chains: Mapping[str, list[Model]],
) -> Iterator[tuple[str, str]]:
    """Return what in a block of the matrix does not go together: the axis at fault, and what is wrong."""
    modalities, balances = kinds["modalities"], kinds["balances"]
    for split, modality in product(block["split"], block["modality"]):
        if kinds["splits"][split].parts and not modalities[modality].parts:
            yield "split", f"{split} needs the parts that batch files are named after; {modality} has none"
        if kinds["splits"][split].typed and modalities[modality].key != "simulate":
            yield "split", f"{split} needs the structures of crystals; the files of {modality} hold none"
    for balance, modality in product(block["balance"], block["modality"]):
        again = next((step.name for step in balances[balance] if step.resimulates), None)
        if again and modalities[modality].key != "simulate":
            yield "balance", f"{balance} ({again}) simulates crystals anew; the files of {modality} hold none"
        changing = next((step.name for step in balances[balance] if step.resimulates or step.augments), None)
        if changing and modalities[modality].gives == "numbers":
            yield "balance", f"{balance} ({changing}) changes how a pattern is measured; {modality} is none"
        streams = any(step.get("fresh") for step in config["balances"][balance]["steps"])
        if streams and modalities[modality].filed:
            yield (
                "balance",
                f"{balance} is a stream (fresh); patterns of {modality} take too long to be made beside training",
            )
        measuring = next((step.name for step in balances[balance] if step.measures), None)
        if measuring and modalities[modality].gives != "lines":
            yield "balance", f"{balance} ({measuring}) measures powder patterns; {modality} has none"
    for model, modality in product(block["model"], block["modality"]):
        pattern = modalities[modality]
        kind = next((kind for kind in chains[model] if kind.takes), None)
        if kind and kind.takes != pattern.gives:
            needs, gives = PATTERNS[kind.takes], PATTERNS[pattern.gives]
            yield "model", f"{model} ({kind.name}) needs {needs}; {modality} ({pattern.name}) gives {gives}"
    for model, balance in product(block["model"], block["balance"]):
        # A level learns as its classifier does; what is built on a network does not.
        kind = next(kind for kind in chains[model] if not kind.levels)
        for step in balances[balance]:
            if not _learns_by(kind, step):
                takes = "sampling variants and class weights" if kind.labels else "sampling variants"
                yield "balance", f"{model} ({kind.name}) takes {takes}, not {balance} ({step.name})"
    related = [name for name in block["model"] if any(part.get("coarser") for part in parts(config["models"][name]))]
    for model, task in product(related, block["task"]):
        if (predicted := config["tasks"][task]["predict"]) != "space_group":
            yield "task", f"{model} learns what space groups belong to (coarser); {task} predicts {predicted}"
    for model, balance in product(related, block["balance"]):
        for step in filter(lambda step: step.minimises, balances[balance]):
            yield "balance", f"{model} learns coarser classes by cross-entropy, not by {step.name}"


def _learns_by(model: Model, step: Balance) -> bool:
    """Say whether a model can learn as a step of a variant asks: without labels no class can weigh more."""
    return step.step != "loss" or (model.labels and (model.network or not step.minimises))
