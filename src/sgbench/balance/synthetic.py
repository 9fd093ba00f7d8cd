"""Synthetic crystals as training items: drawn from the statistics of the training crystals, and simulated.

What is over-sampled elsewhere is the same crystals in other guises; here each item is a crystal of its own, see
:mod:`sgbench.crystals.synthetic`, and a class may have as many as it needs, though it has few real crystals, or none.
No crystal of dev and test, nor its statistics, is behind any of it.
"""

import importlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sgbench.balance.plan import Growth, Made, real, target_sizes, with_generated
from sgbench.crystals.crystal import Crystal, cell_parameters
from sgbench.crystals.statistics import Statistics, fit
from sgbench.crystals.synthetic import draw
from sgbench.remeasure import Conditions
from sgbench.samples.items import Images
from sgbench.seeds import derive, generator

logger = logging.getLogger(__name__)

_ATTEMPTS = 8


@dataclass(frozen=True)
class Settings(Conditions, Growth):
    """Settings of synthetic crystals; the conditions are those of :class:`sgbench.remeasure.Conditions`.

    Attributes:
        share: share of a class's items that are synthetic, 0 to 1: with 1 nothing real is learnt from. A class then has
            exactly its target, and the rest are samples at random, repeated where they are too few. None keeps all
            samples and adds what is missing.
    """

    share: float | None = None


def generate(
    rows: pd.DataFrame,
    settings: Settings,
    seed: int,
    images: Images,
    crystals: Callable[[np.ndarray], list[Crystal]],
    made_by: Mapping[str, Any],
) -> Iterator[Made]:
    """Draw crystals for each class that is to have synthetic items, and simulate them.

    A class of several space groups has them as often as its training rows do. A crystal that has no pattern is drawn
    again, up to eight times.

    Args:
        rows: training rows with id, label, space_group and name, the class's (categorical, of all classes).
        settings: see :class:`Settings`.
        seed: the seed of the draws.
        images: not used; the method needs no pixels.
        crystals: gives the crystals of positions in ``rows``.
        made_by: how the store of the real images was made; see :func:`sgbench.balance.physics.generate`.

    Yields:
        The images one by one; they have no parent.
    """
    statistics = fit(crystals(np.arange(len(rows))))
    origin = statistics.checksum()
    for label, count in _made(rows, settings).items():
        groups = _groups(rows, label)
        if not len(groups):
            logger.info("class %d: no training sample says its space groups, so it has no synthetic crystal", label)
            continue
        order = generator(seed, "synthetic", label).permutation(len(groups))
        failed = 0
        for number, group in enumerate(np.resize(groups[order], count).tolist()):
            item = _measured(statistics, group, settings, made_by, derive(seed, "synthetic", label, number))
            if item is None:
                failed += 1
            else:
                yield Made(label, "", {**item[0], "statistics": origin}, item[1])
        if failed:
            logger.info("class %d: %d of %d synthetic crystals have no pattern", label, failed, count)


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images, generated: pd.DataFrame) -> pd.DataFrame:
    """Return a plan of the generated items and of samples, all of them or as many as the share leaves."""
    sizes = _sizes(rows, settings)
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    if settings.share is None:
        counts = Counter(labels.tolist())
        return with_generated(
            rows, generated, {label: size for label, size in sizes.items() if 0 < counts[label] < size}
        )
    parts = []
    for label, size in sizes.items():
        members = generator(seed, "synthetic", "real", label).permutation(np.flatnonzero(labels == label))
        missing = size - int((generated["label"] == label).sum()) if len(members) else 0
        if missing > 0:
            parts.append(real(ids[np.resize(members, missing)], np.full(missing, label)))
    parts.append(real(generated["id"].to_numpy(), generated["label"].to_numpy()))
    return pd.concat(parts, ignore_index=True)


def _sizes(rows: pd.DataFrame, settings: Settings) -> dict[int, int]:
    """Return the size that each class is to have, by label, those without training rows as well."""
    counts = Counter(rows["label"].tolist())
    sizes = target_sizes(rows, settings.target, absent=True)
    if settings.cap is not None:
        sizes = {label: int(min(size, settings.cap * counts[label])) for label, size in sizes.items()}
    return sizes


def _made(rows: pd.DataFrame, settings: Settings) -> dict[int, int]:
    """Return how many synthetic items each class is to have, by label."""
    counts = Counter(rows["label"].tolist())
    sizes = _sizes(rows, settings)
    if settings.share is None:
        return {label: size - counts[label] for label, size in sizes.items() if size > counts[label]}
    # A class without samples has nothing else.
    shares = {label: settings.share if counts[label] else 1.0 for label in sizes}
    return {label: round(shares[label] * size) for label, size in sizes.items() if shares[label] and size}


def _groups(rows: pd.DataFrame, label: int) -> np.ndarray:
    """Return the space group of each training row of a class, or the one that its name says; empty where none does."""
    groups = rows.loc[rows["label"] == label, "space_group"].to_numpy()
    if len(groups):
        return groups
    found = re.search(r"\((\d+)\)$", rows["name"].cat.categories[label])
    return np.array([int(found[1])] if found else [], int)


def _measured(
    statistics: Statistics, space_group: int, settings: Settings, made_by: Mapping[str, Any], seed: int
) -> tuple[dict[str, Any], np.ndarray] | None:
    """Draw until a crystal has a pattern; return what was drawn and the pattern."""
    kind = made_by["simulate"]
    modality = importlib.import_module(f"sgbench.remeasure.{kind}")
    for attempt in range(_ATTEMPTS):
        rng = generator(seed, attempt)
        crystal = draw(statistics, space_group, derive(seed, "draw", attempt))
        # A powder needs no particular cell, and the primitive one is quicker.
        seen = crystal if kind == "powder" else replace(crystal, **crystal.standard._asdict())
        conditions, image = modality.measure(seen, made_by, settings, rng)
        if not isinstance(image, str):
            cell = [round(float(value), 5) for value in cell_parameters(crystal.lattice)]
            about = {"space_group": space_group, "formula": crystal.formula, "cell": cell}
            return about | conditions, image
    return None
