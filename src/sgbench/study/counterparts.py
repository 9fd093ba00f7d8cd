"""Models that a study trains both in levels and as they are; light, as the Snakefile imports it."""

from collections.abc import Mapping
from typing import Any


def without_levels(models: Mapping[str, Mapping[str, Any]], levels: list[str]) -> dict[str, str]:
    """Return for each model with levels the one that learns all classes at once and is set like those of its levels.

    Args:
        models: settings of all models by name, with their defaults.
        levels: the names of those with levels; one without such a counterpart is left out.
    """
    found = {}
    for name in levels:
        inner = _alone(models[name]["model"])
        same = [other for other, of in models.items() if _alone(of) == inner]
        if same:
            found[name] = same[0]
    return found


def _alone(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model is and learns by, whatever it is called; one that starts from another is none of these."""
    return {key: value for key, value in model.items() if key != "label" and (key, value) != ("start", None)}
