"""How figures show the names of a study: a text each, and a colour for each model; light, as the rules import it."""

from collections.abc import Mapping
from itertools import cycle
from math import dist
from typing import Any

from sgbench.study.config import AXES
from sgbench.study.kinds import Model
from sgbench.study.schema import Schema

# How far the colours of several models of one kind are mixed with black (below 0) or white.
_SHADES = (-0.2, 0.2, -0.4, 0.4, -0.6, 0.6)
# For kinds that name no colour: every other one of matplotlib's tab20b.
_SPARE = ("#393B79", "#6B6ECF", "#637939", "#B5CF6B", "#8C6D31", "#E7BA52", "#843C39", "#D6616B", "#7B4173", "#CE6DBD")

# What patterns that know something of the conventional cell have to say of it.
_KNOWN = {
    "axes": "It is drawn along the axes that the space group defines: the label is partly in the picture.",
    "cell": "It is the shape of the cell that the space group defines, without an atom: the label is partly in it.",
}


def looks(config: Mapping[str, Any], schema: Schema) -> dict[str, dict[str, dict[str, str]]]:
    """Return how figures show each name of a study.

    The text is the entry's label, else that of its kind where it is named like that, else its name. Models of one kind
    share its colour, in shades; one that is named like the kind has the colour itself.

    Args:
        config: a checked study.
        schema: what it was checked against.

    Returns:
        By axis of the matrix and name: label, of models colour, as #RRGGBB, and of modalities that know what a
        measurement does not tell, as they are drawn along the axes of a conventional cell, knows, a sentence.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    for axis, section in AXES.items():
        found[axis] = {}
        for name, entry in config[section].items():
            kinds = schema.steps(entry) if section == "balances" else [schema.kind(section, entry)]
            text = kinds[0].label if [name] == [kind.name for kind in kinds] else name.replace("_", " ")
            found[axis][name] = {"label": entry.get("label", text)}
    for name, entry in config["modalities"].items():
        told = schema.kind("modalities", entry).knows
        if told and not entry.get("rotate"):
            found["modality"][name]["knows"] = _KNOWN[told]
    for name, colour in _colours({name: schema.kind("models", of) for name, of in config["models"].items()}).items():
        found["model"][name]["colour"] = colour
    return found


def _colours(models: Mapping[str, Model]) -> dict[str, str]:
    """Return a colour for each model: its kind's, or the shade of it that is farthest from all given before."""
    spare = cycle(_SPARE)
    kinds = dict.fromkeys(models.values())
    own = {kind: kind.colour or next(spare) for kind in kinds}
    colours: dict[str, str] = {}
    # One of each kind has its colour, before others come too near.
    for kind in kinds:
        named = [name for name in models if models[name] == kind]
        colours[kind.name if kind.name in named else named[0]] = own[kind]
    for name in [name for name in models if name not in colours]:
        shades = [_mixed(own[models[name]], share) for share in _SHADES]
        colours[name] = max(shades, key=lambda shade: min(_distance(shade, taken) for taken in colours.values()))
    return colours


def _distance(one: str, other: str) -> float:
    """Return how far apart two colours are, 0 to 442."""
    return dist(_parts(one), _parts(other))


def _parts(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of #RRGGBB."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, share: float) -> str:
    """Return a colour, #RRGGBB, mixed with a share of white, or of black where it is negative."""
    end = 255 if share > 0 else 0
    return "#" + "".join(f"{round(part + abs(share) * (end - part)):02X}" for part in _parts(colour))
