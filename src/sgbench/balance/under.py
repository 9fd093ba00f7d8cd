"""Random under-sampling: classes above a target lose samples at random (imbalanced-learn's RandomUnderSampler)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from imblearn.under_sampling import RandomUnderSampler

from sgbench.balance.plan import Target, lowered, real
from sgbench.samples.items import Images
from sgbench.seeds import derive


@dataclass(frozen=True)
class Settings:
    """Settings of random under-sampling.

    Attributes:
        target: the size to come down to; see :func:`sgbench.balance.plan.target_sizes`.
    """

    target: Target = "median"


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images) -> pd.DataFrame:
    """Return a plan with at most ``target`` rows a class.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: not used; the method needs no pixels.
    """
    labels = rows["label"].to_numpy()
    sizes = lowered(rows, settings.target)
    sampler = RandomUnderSampler(sampling_strategy=sizes, random_state=derive(seed, "under") % 2**32)
    sampler.fit_resample(np.arange(len(rows))[:, None], labels)
    chosen = rows.iloc[np.sort(sampler.sample_indices_)]
    return real(chosen["id"].to_numpy(), chosen["label"].to_numpy())
