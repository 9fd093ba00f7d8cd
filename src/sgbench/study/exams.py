"""Exams: which modalities can be one for the models of another."""

from collections.abc import Iterator, Mapping
from typing import Any

from sgbench.study.kinds import PATTERNS, Modality

#: What one-dimensional patterns of a model and of its exams must share.
_PREPARED = ("wavelength_A", "two_theta_deg", "bins", "axis", "background", "scale_exponent")


def faults(config: Mapping[str, Any], modalities: Mapping[str, Modality]) -> Iterator[tuple[list[str], str]]:
    """Yield the key at fault and what is wrong of exams that cannot be sat.

    Args:
        config: a study whose exams name modalities of it.
        modalities: the kind of each.
    """
    for exam, trained in config["exams"].items():
        for name in trained:
            fault = _fault(config, name, exam, modalities[name], modalities[exam])
            if fault:
                yield ["exams", exam], fault


def of_others(modality: Mapping[str, Any]) -> bool:
    """Return whether a modality shows other crystals than the study's: those of files, or crystals of its own."""
    return "ingest" in modality or bool(modality["crystals"])


def _fault(config: Mapping[str, Any], name: str, exam: str, one: Modality, other: Modality) -> str | None:
    """Return why the models of a modality cannot sit an exam, if they cannot."""
    learnt, asked = config["modalities"][name], config["modalities"][exam]
    if name == exam:
        return f"models of {name} learn from it, and are judged on its test part anyway"
    if not of_others(asked) and (one.read or other.read):
        return f"samples of {name} and {exam} are not of the same crystals, one for one"
    if one.gives != other.gives:
        return f"{name} gives {PATTERNS[one.gives]}, {exam} {PATTERNS[other.gives]}"
    simulated = one.key == other.key == "simulate"
    if simulated and (one != other or learnt.get(one.size) != asked.get(one.size)):
        return f"patterns of {name} and {exam} differ in shape"
    for key in _PREPARED if one.gives == "lines" else ():
        if key in learnt and key in asked and learnt[key] != asked[key]:
            known = f"the models of {name} know {key} {learnt[key]}"
            return f"{exam} has {key} {asked[key]}, and {known}; give both the same"
    return None
