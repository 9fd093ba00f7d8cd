"""Balancing by physical augmentation: a sample repeated as other specimens and instruments would show it.

The plan gives each repetition a seed; the change itself is made when the item is read, by
:mod:`sgbench.simulate.augment`. So 50,000 balanced items (Friedman 2022) are a number in a plan, not a pile of files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sgbench.balance.plan import Growth, Target, raised, real
from sgbench.errors import SgbenchError
from sgbench.seeds import generator


@dataclass(frozen=True)
class Settings:
    """Settings of augmentation.

    Attributes:
        target: the size to raise classes to, larger ones stay; see :func:`sgbench.balance.plan.target_sizes`.
        total: rather than that, items in all, shared equally: classes above their share lose samples at random.
        powder: amplitudes for powder patterns, for training; see :class:`sgbench.simulate.augment.PowderAmplitudes`.
        image: those for images; see :class:`sgbench.simulate.augment.ImageAmplitudes`.
    """

    target: Target = "largest"
    total: int | None = None
    powder: dict[str, Any] = field(default_factory=dict)
    image: dict[str, Any] = field(default_factory=dict)


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
    """Return a plan in which each class has its samples as they are, and augmented repetitions up to its size.

    The samples of a class are repeated equally often, to within one.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: not used; the method needs no pixels.

    Raises:
        SgbenchError: the total is less than one item a class.
    """
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    rng = generator(seed, "augment")
    parts = []
    for label, size in _sizes(rows, settings).items():
        members = rng.permutation(np.flatnonzero(labels == label))
        kept = np.sort(members[:size])
        again = np.resize(members, size - len(kept))
        seeds = rng.integers(2**62, size=len(again))
        parts += [real(ids[kept], labels[kept]), real(ids[again], labels[again]).assign(augment=seeds)]
    return pd.concat(parts, ignore_index=True)


def augmenter(made_by: Mapping[str, Any], settings: Settings) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return what augments the patterns of a store; see :func:`sgbench.simulate.augment.augmenter`."""
    # Slow to import, and of no use to a plan.
    from sgbench.simulate import augment

    return augment.augmenter(made_by, settings.powder, settings.image)


def _sizes(rows: pd.DataFrame, settings: Settings) -> dict[int, int]:
    """Return the items of each class."""
    classes, counts = np.unique(rows["label"], return_counts=True)
    if settings.total is None:
        return dict(zip(classes.tolist(), counts.tolist(), strict=True)) | raised(rows, Growth(settings.target))
    if settings.total < len(classes):
        raise SgbenchError(f"balance augment: a total of {settings.total} items is too few for {len(classes)} classes")
    share, rest = divmod(settings.total, len(classes))
    sizes = share + (np.arange(len(classes)) < rest)
    return dict(zip(classes.tolist(), sizes.tolist(), strict=True))
