"""Balance variants as lists of steps: the ways to write them, and the order that steps may have."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sgbench.study.kinds import Balance

#: What steps do, in their order; several may sample.
_ORDER = {
    "sample": "samples",
    "make": "makes items",
    "change": "changes items when they are read",
    "loss": "changes what is minimised or answered",
}


def write_out(config: dict[str, Any]) -> dict[str, Any]:
    """Make each balance variant of a study steps and a label, in place; return the variants as they were written."""
    written = config.get("balances")
    if not isinstance(written, dict):
        return {}
    config["balances"] = {name: _steps_of(variant) for name, variant in written.items()}
    return {str(name): variant for name, variant in written.items()}


def as_written(path: list[str], balances: Mapping[str, Any]) -> list[str]:
    """Return the path of a key as it stands in a file, where steps need not be written out.

    Args:
        path: the path of a key in a study whose variants are written out.
        balances: what :func:`write_out` returned.
    """
    if path[:1] != ["balances"] or path[2:3] != ["steps"] or _has_steps(balances[path[1]]):
        return path
    return path[:2] + path[3 if isinstance(balances[path[1]], list) else 4 :]


def misplaced(steps: Sequence[Balance]) -> Iterator[str]:
    """Say which steps of a variant cannot follow the one before, a line each."""
    order = list(_ORDER)
    for number, (before, step) in enumerate(pairwise(steps), start=2):
        if "none" in (before.step, step.step):
            yield "none does nothing, and is no step among others"
        elif order.index(step.step) < order.index(before.step) or step.step == before.step != "sample":
            yield (
                f"step {number} ({step.name}) {_ORDER[step.step]}, and cannot follow step {number - 1} "
                f"({before.name}), which {_ORDER[before.step]}; order: {', '.join(order)}, one of each but sample"
            )


def _steps_of(variant: Any) -> Any:
    """Return a variant, a step or a list of steps, as ``{steps: [...]}``; what is none of these stays as it is."""
    if isinstance(variant, list):
        variant = {"steps": variant}
    elif isinstance(variant, dict) and not _has_steps(variant):
        about = {"label": variant["label"]} if "label" in variant else {}
        variant = {"steps": [{key: value for key, value in variant.items() if key != "label"}], **about}
    if not isinstance(variant, dict) or not isinstance(variant["steps"], list):
        return variant
    return {**variant, "steps": [{"method": step} if isinstance(step, str) else step for step in variant["steps"]]}


def _has_steps(variant: Any) -> bool:
    """Say whether a variant is written out; a step may have a setting ``steps`` of its own."""
    return isinstance(variant, dict) and "steps" in variant and "method" not in variant
