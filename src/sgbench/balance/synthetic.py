"""Synthetic crystals as training items: drawn from the statistics of the training crystals, and simulated.

What is over-sampled elsewhere is the same crystals in other guises; here each item is a crystal of its own, see
:mod:`sgbench.crystals.synthetic`, and a class may have as many as it needs, though it has few real crystals, or none.
No crystal of dev and test, nor its statistics, is behind any of it.

The items are made before training, and stored, or as a stream beside it: ``fresh`` of the settings. The id of a
streamed item, ``synthetic/225``, names its space group.
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

from sgbench.balance.plan import Growth, Made, real, streamed, target_sizes, with_generated, with_streamed
from sgbench.crystals.crystal import Crystal, cell_parameters
from sgbench.crystals.statistics import Statistics, fit
from sgbench.crystals.synthetic import draw
from sgbench.errors import SgbenchError
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
        fresh: share of the synthetic items that are other crystals in the next epoch, above 0, up to 1; None makes them
            once, before training.
    """

    share: float | None = None
    fresh: float | None = None


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
    failed: Counter[int] = Counter()
    for label, group, draw_seed in _draws(rows, settings, seed):
        item = _measured(statistics, group, settings, made_by, draw_seed)
        if item is None:
            failed[label] += 1
        else:
            yield Made(label, "", {**item[0], "statistics": origin}, item[1])
    wanted = _made(rows, settings)
    for label, count in failed.items():
        logger.info("class %d: %d of %d synthetic crystals have no pattern", label, count, wanted[label])


@dataclass(frozen=True)
class Maker:
    """Makes the items of a stream.

    Attributes:
        statistics: of the training crystals.
        settings: see :class:`Settings`.
        made_by: how the store of the real images was made.
    """

    statistics: Statistics
    settings: Settings
    made_by: Mapping[str, Any]

    def __call__(self, name: str, seed: int) -> np.ndarray:
        """Return an image, float32 (C, H, W), of a new crystal; ``name`` ends with its space group.

        Raises:
            SgbenchError: eight crystals have no pattern.
        """
        item = _measured(self.statistics, int(name.rpartition("/")[2]), self.settings, self.made_by, seed)
        if item is None:
            raise SgbenchError(f"balance synthetic: no pattern of any of {_ATTEMPTS} crystals for {name}")
        return item[1]


def maker(
    rows: pd.DataFrame,
    settings: Settings,
    seed: int,
    images: Images,
    crystals: Callable[[np.ndarray], list[Crystal]],
    made_by: Mapping[str, Any],
) -> Maker:
    """Return what makes the items of a stream; arguments as for :func:`generate`."""
    statistics = fit(crystals(np.arange(len(rows))))
    logger.info("statistics of %d training crystals: %s", len(rows), statistics.checksum())
    return Maker(statistics, settings, made_by)


def plan(
    rows: pd.DataFrame, settings: Settings, seed: int, images: Images, generated: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return a plan of the generated or streamed items and of samples, all of them or as many as the share leaves."""
    if generated is not None:
        if settings.share is None:
            counts = Counter(rows["label"].tolist())
            sizes = {label: size for label, size in _sizes(rows, settings).items() if 0 < counts[label] < size}
            return with_generated(rows, generated, sizes)
        made = real(generated["id"].to_numpy(), generated["label"].to_numpy())
        return pd.concat([_real(rows, settings, seed, generated["label"]), made], ignore_index=True)
    drawn = _draws(rows, settings, seed)
    stream = streamed((label, f"synthetic/{group}", draw_seed) for label, group, draw_seed in drawn)
    if settings.share is None:
        return with_streamed(real(rows["id"].to_numpy(), rows["label"].to_numpy()), stream)
    return with_streamed(_real(rows, settings, seed, stream["label"]), stream)


def _real(rows: pd.DataFrame, settings: Settings, seed: int, made: pd.Series) -> pd.DataFrame:
    """Return a plan of the samples that the items made, by their labels, leave room for."""
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    parts = [real(ids[:0], labels[:0])]
    for label, size in _sizes(rows, settings).items():
        members = generator(seed, "synthetic", "real", label).permutation(np.flatnonzero(labels == label))
        missing = size - int((made == label).sum()) if len(members) else 0
        if missing > 0:
            parts.append(real(ids[np.resize(members, missing)], np.full(missing, label)))
    return pd.concat(parts, ignore_index=True)


def _draws(rows: pd.DataFrame, settings: Settings, seed: int) -> Iterator[tuple[int, int, int]]:
    """Yield the label, the space group and the seed of each synthetic item."""
    for label, count in _made(rows, settings).items():
        groups = _groups(rows, label)
        if not len(groups):
            logger.info("class %d: no training sample says its space groups, so it has no synthetic crystal", label)
            continue
        order = generator(seed, "synthetic", label).permutation(len(groups))
        for number, group in enumerate(np.resize(groups[order], count).tolist()):
            yield label, group, derive(seed, "synthetic", label, number)


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
