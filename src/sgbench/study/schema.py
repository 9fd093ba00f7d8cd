"""The schema of a study, joined from its files, and the kinds that they describe; light, as the Snakefile imports it.

``study.yaml`` is a JSON schema in which a section says by which key, or keys, an entry chooses its kind:
``kinds: {KEY: what it means}``. A kind is a file ``SECTION/KIND.yaml``, or ``SECTION/KEY.KIND.yaml`` where a section
has several keys, and nothing else need name it::

    description: What it is, in a line.
    label: text of figures             # the name's own, where it is missing
    colour: "#009E73"                  # of models
    is: {network: true}                # traits, see sgbench.study.kinds
    properties: {...}                  # settings, as in a JSON schema
    groups: {schedule: {epochs: 10}}   # more of them, from shared.yaml, with defaults of its own

It may hold other keywords of a JSON schema as well. ``shared.yaml`` has the ``$defs`` and the ``groups``.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml
from jsonschema import Draft202012Validator

from sgbench.errors import SgbenchError
from sgbench.study.kinds import SECTIONS, Balance, Kind, Model

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ABOUT = {"description", "label", "colour", "is", "properties", "groups"}


class Schema:
    """A joined schema.

    Attributes:
        json: the JSON schema; its ``$defs`` have the entries of each section under the section's name.
        kinds: by section, all its kinds.
        groups: the settings of each group.
    """

    def __init__(self, json: dict[str, Any], kinds: dict[str, list[Kind]], groups: dict[str, list[str]]) -> None:
        self.json, self.kinds, self.groups = json, kinds, groups
        self._keys = {section: dict.fromkeys(kind.key for kind in of) for section, of in kinds.items()}
        self._kinds = {(section, kind.key, kind.name): kind for section, of in kinds.items() for kind in of}

    def kind(self, section: str, entry: Mapping[str, Any]) -> Any:
        """Return the kind of an entry of the configuration, of the class that belongs to its section."""
        return next(self._kinds[section, key, entry[key]] for key in self._keys[section] if key in entry)

    def steps(self, balance: Mapping[str, Any]) -> list[Balance]:
        """Return the kinds of a balance variant's steps, in order."""
        return [self.kind("balances", step) for step in balance["steps"]]

    def chain(self, model: Mapping[str, Any]) -> list[Model]:
        """Return the kinds of a model and of those that it is built from, the outer before the inner."""
        return [self.kind("models", part) for part in parts(model)]


def parts(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a model of the configuration and the models that it is built from, the outer before the inner."""
    return [model, *(parts(model["model"]) if "model" in model else [])]


@cache
def read(folder: str | Path) -> Schema:
    """Read and join the schema in a folder.

    Raises:
        SgbenchError: the file of a kind is not as it has to be.
    """
    folder = Path(folder)
    json, shared = _load(folder / "study.yaml"), _load(folder / "shared.yaml")
    json["$defs"], kinds = shared["$defs"], {}
    for section in SECTIONS:
        properties = json["properties"][section]
        keys = properties.pop("kinds")
        files = [_File(path, keys, shared["groups"]) for path in sorted((folder / section).glob("*.yaml"))]
        kinds[section] = [file.kind(section) for file in files]
        # A section may say itself what its entries are, and where those of kinds stand in them.
        json["$defs"][section] = _entry(keys, files, labelled="additionalProperties" not in properties)
        json["properties"][section] = {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"$ref": "#/$defs/name"},
            "additionalProperties": {"$ref": f"#/$defs/{section}"},
            **properties,
        }
    return Schema(json, kinds, {name: list(settings) for name, settings in shared["groups"].items()})


class _File:
    """The file of a kind."""

    def __init__(self, path: Path, keys: Mapping[str, str], groups: Mapping[str, Any]) -> None:
        self.path, self.about = path, _load(path)
        # Where a section has one key, a file need not say it.
        key, _, self.name = path.stem.rpartition(".")
        self.key = key or next(iter(keys))
        if self.key not in keys:
            raise SgbenchError(f"{path}: {key} is no key of its section; keys: {', '.join(keys)}")
        if "description" not in self.about:
            raise SgbenchError(f"{path}: the key description is missing")
        self._require(self.about, {*_ABOUT, *Draft202012Validator.VALIDATORS}, "")
        self.settings = {**self.about.get("properties", {}), **self._grouped(groups)}

    def _require(self, given: Iterable[Any], known: Collection[Any], where: str) -> None:
        """Require what is given to be known."""
        for word in given:
            if word not in known:
                raise SgbenchError(f"{self.path}: {where}{word} is not known{guess(str(word), map(str, known))}")

    def _grouped(self, groups: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of the groups that the kind has, with its own defaults."""
        chosen, settings = self.about.get("groups", {}), {}
        self._require(chosen, groups, "groups.")
        for group, defaults in chosen.items():
            self._require(defaults, groups[group], f"groups.{group}.")
            own = {name: {"default": value} for name, value in defaults.items()}
            settings |= {name: {**schema, **own.get(name, {})} for name, schema in groups[group].items()}
        return settings

    def kind(self, section: str) -> Kind:
        """Return what the file says the kind is."""
        of, traits = SECTIONS[section], self.about.get("is", {})
        own = [field for field in fields(of) if field not in fields(Kind)]
        self._require(traits, [field.name for field in own], "is.")
        hints = get_type_hints(of)
        for field in own:
            if field.name in traits:
                self._require([traits[field.name]], _values(hints[field.name], self.settings), f"is.{field.name}: ")
            elif field.default is MISSING:
                raise SgbenchError(f"{self.path}: the key is.{field.name} is missing")
        label, colour = self.about.get("label", self.name.replace("_", " ")), self.about.get("colour")
        if colour is not None and not re.fullmatch("#[0-9A-Fa-f]{6}", str(colour)):
            raise SgbenchError(f"{self.path}: colour: {colour} is not of the form #RRGGBB")
        about = {"description": self.about["description"], "label": label, "colour": colour}
        return of(key=self.key, name=self.name, settings=tuple(self.settings), **about, **traits)

    def branch(self, labelled: bool) -> dict[str, Any]:
        """Return what holds of an entry of the kind."""
        properties = {self.key: True, **self.settings, **({"label": {"$ref": "#/$defs/label"}} if labelled else {})}
        others = {keyword: value for keyword, value in self.about.items() if keyword not in _ABOUT}
        return {"additionalProperties": False, "properties": properties, **others}


def _entry(keys: Mapping[str, str], files: Sequence[_File], labelled: bool) -> dict[str, Any]:
    """Return the JSON schema of an entry of a section: one of its keys, and what the kind that it names allows."""
    first, *others = keys
    choices = {key: [file.name for file in files if file.key == key] for key in keys}
    return {
        "type": "object",
        "properties": {key: {"description": keys[key], "type": "string", "enum": choices[key]} for key in keys},
        # The first key, unless another chooses.
        "if": {"properties": dict.fromkeys(others, False)},
        "then": {"required": [first]},
        "allOf": [
            {
                "if": {"required": [file.key], "properties": {file.key: {"const": file.name}}},
                "then": file.branch(labelled),
            }
            for file in files
        ],
    }


def _values(hint: Any, settings: Collection[str]) -> Collection[Any]:
    """Return the values that a trait may have by its type; one that is a text names a setting."""
    if hint is bool:
        return (False, True)
    return get_args(hint) if get_origin(hint) is Literal else settings


def guess(word: str, known: Iterable[str]) -> str:
    """Return the one of the known words that was probably meant, as a question, if there is one."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _load(file: Path) -> dict[str, Any]:
    try:
        return yaml.load(file.read_bytes(), _LOADER)
    except yaml.YAMLError as error:
        raise SgbenchError(f"{file}: is no YAML: {' '.join(str(error).split())}") from None
