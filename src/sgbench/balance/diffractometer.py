"""Items as a diffractometer would show real specimens of them, anew in each epoch: powder patterns only.

The plan gives each item a seed; the change itself is made by :mod:`sgbench.simulate.measurement`, which takes
impurities from the training items.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from sgbench.samples.items import Augmenter, Items
from sgbench.seeds import generator


@dataclass(frozen=True)
class Settings:
    """Settings of measured items.

    Attributes:
        preset: how much of a measurement is simulated; see :data:`sgbench.simulate.measurement.PRESETS`.
        ranges: what differs from the preset; attributes of :class:`sgbench.simulate.measurement.Measurement`.
    """

    preset: str = "impurity"
    ranges: dict[str, Any] = field(default_factory=dict)


def change(items: pd.DataFrame, settings: Settings, seed: int) -> pd.DataFrame:
    """Return the plan with a seed for each item.

    Args:
        items: the plan of the steps before.
        settings: not used; what changes items knows them.
        seed: the seed of the draw.
    """
    return items.assign(augment=generator(seed, "diffractometer").integers(2**62, size=len(items)))


def dev(samples: Items, train: Items, seed: int) -> Items:
    """Return dev samples measured as the training items are: for patterns like those a model is meant.

    Args:
        samples: plain samples.
        train: the items of the plan.
        seed: the seed of the draw; in each epoch they are the same.
    """
    seeds = generator(seed, "dev").integers(2**62, size=len(samples))
    return replace(samples, augmenter=train.augmenter, seeds=seeds)


def augmenter(made_by: Mapping[str, Any], settings: Settings) -> Augmenter:
    """Return what measures the patterns of a store; see :class:`sgbench.simulate.measurement.Measurer`."""
    # Slow to import, and of no use to a plan.
    from sgbench.simulate import measurement

    return measurement.Measurer(made_by, replace(measurement.PRESETS[settings.preset], **settings.ranges))
