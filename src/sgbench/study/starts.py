"""Models that start from other trainings: which these are, and what cannot be started from."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sgbench.study.schema import guess, parts

#: Beside how it learns, what two models may differ in of which one starts from the other.
_FREE = {"label", "start", "weights"}


def chain(config: Mapping[str, Any], balance: str, model: str) -> list[tuple[str, str]]:
    """Return balance and model of a training and of those that it starts from, one after the other, its own first.

    A circle of models ends where it closes.
    """
    found = [(balance, model)]
    while len({name for _, name in found}) == len(found) and (start := config["models"][found[-1][1]].get("start")):
        found.append((start["balance"], start["model"]))
    return found


def faults(config: Mapping[str, Any], schedule: Collection[str]) -> Iterator[tuple[list[str], str]]:
    """Yield the key at fault and what is wrong of models that cannot start as they are to.

    Args:
        config: a study whose names are all of the right form.
        schedule: settings of how a network learns.
    """
    models = config["models"]
    for name, model in models.items():
        if any("start" in inner for inner in parts(model)[1:]):
            yield (
                ["models", name, "model"],
                "start is for a model of the matrix, not for one that another is built from",
            )
        start = model.get("start")
        if start is None:
            continue
        for section, key in (("balances", "balance"), ("models", "model")):
            if start[key] not in config[section]:
                known = sorted(config[section])
                what = f"{start[key]!r} is not defined{guess(start[key], known)}; under {section}: {', '.join(known)}"
                yield ["models", name, "start", key], what
        other = models.get(start["model"])
        if other is None:
            continue
        differing = sorted(
            key for key in (model.keys() | other.keys()) - _FREE - set(schedule) if model.get(key) != other.get(key)
        )
        if differing:
            what = f"{start['model']} is another network: it differs in {', '.join(differing)}"
            yield ["models", name, "start", "model"], what
    if all(model.get("start", {}).get("model") in {None, *models} for model in models.values()):
        for name in models:
            way = [model for _, model in chain(config, "", name)]
            if way.count(name) > 1:
                yield ["models", name, "start"], f"these start from each other: {' from '.join(way)}"
