"""Physical augmentation: items changed as other specimens and instruments would show them, each time they are read.

The plan gives each such item a seed; the change itself is made by :mod:`sgbench.simulate.augment`. So 50,000 balanced
items (Friedman 2022) are a number in a plan, not a pile of files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sgbench.balance.plan import Growth, Target, raised
from sgbench.errors import SgbenchError
from sgbench.samples.items import Augmenter
from sgbench.seeds import generator


@dataclass(frozen=True)
class Settings:
    """Settings of augmentation.

    Attributes:
        items: repeats changes the items that are repeated for balance; all changes every item, anew in each epoch.
        target: the size to raise classes to, larger ones stay; see :func:`sgbench.balance.plan.target_sizes`. None
            raises them to the largest where repeats are changed, and not at all where all items are.
        total: rather than that, items in all, shared equally: classes above their share lose items at random.
        powder: amplitudes for powder patterns, for training; see :class:`sgbench.simulate.augment.PowderAmplitudes`.
        image: those for images; see :class:`sgbench.simulate.augment.ImageAmplitudes`.
    """

    items: str = "repeats"
    target: Target | None = None
    total: int | None = None
    powder: dict[str, Any] = field(default_factory=dict)
    image: dict[str, Any] = field(default_factory=dict)


def change(items: pd.DataFrame, settings: Settings, seed: int) -> pd.DataFrame:
    """Return a plan in which each class has its items, and augmented repetitions of them up to its size.

    The items of a class are repeated equally often, to within one.

    Args:
        items: the plan of the steps before; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draw.

    Raises:
        SgbenchError: the total is less than one item a class.
    """
    labels = items["label"].to_numpy()
    rng = generator(seed, "augment")
    parts = []
    for label, size in _sizes(items, settings).items():
        members = rng.permutation(np.flatnonzero(labels == label))
        kept = np.sort(members[:size])
        again = np.resize(members, size - len(kept))
        seeds = rng.integers(2**62, size=len(again))
        parts += [items.iloc[kept], items.iloc[again].assign(augment=seeds)]
    plan = pd.concat(parts, ignore_index=True)
    if settings.items == "all":
        unchanged = plan["augment"] < 0
        plan.loc[unchanged, "augment"] = rng.integers(2**62, size=unchanged.sum())
    return plan


def augmenter(made_by: Mapping[str, Any], settings: Settings) -> Augmenter:
    """Return what augments the patterns of a store; see :func:`sgbench.simulate.augment.augmenter`."""
    # Slow to import, and of no use to a plan.
    from sgbench.simulate import augment

    return augment.augmenter(made_by, settings.powder, settings.image)


def _sizes(items: pd.DataFrame, settings: Settings) -> dict[int, int]:
    """Return the items that each class is to have."""
    classes, counts = np.unique(items["label"], return_counts=True)
    if settings.total is None:
        target = "largest" if settings.target is None and settings.items == "repeats" else settings.target
        grown = {} if target is None else raised(items, Growth(target))
        return dict(zip(classes.tolist(), counts.tolist(), strict=True)) | grown
    if settings.total < len(classes):
        raise SgbenchError(f"balance augment: a total of {settings.total} items is too few for {len(classes)} classes")
    share, rest = divmod(settings.total, len(classes))
    sizes = share + (np.arange(len(classes)) < rest)
    return dict(zip(classes.tolist(), sizes.tolist(), strict=True))
