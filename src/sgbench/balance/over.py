"""Random over-sampling: classes below a target repeat samples at random (imbalanced-learn's RandomOverSampler)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from imblearn.over_sampling import RandomOverSampler

from sgbench.balance.plan import Target, raised, real
from sgbench.seeds import derive


@dataclass(frozen=True)
class Settings:
    """Settings of random over-sampling.

    Attributes:
        target: the size to come up to: a number, or smallest, median, mean or largest.
    """

    target: Target = "largest"


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
    """Return a plan with at least ``target`` rows a class, all samples kept.

    Args:
        rows: training rows with id and label.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: not used; the method needs no pixels.
    """
    labels = rows["label"].to_numpy()
    sampler = RandomOverSampler(
        sampling_strategy=raised(labels, settings.target), random_state=derive(seed, "over") % 2**32
    )
    sampler.fit_resample(np.arange(len(rows))[:, None], labels)
    chosen = rows.iloc[sampler.sample_indices_]
    return real(chosen["id"].to_numpy(), chosen["label"].to_numpy())
