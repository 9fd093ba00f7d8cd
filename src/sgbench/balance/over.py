"""Random over-sampling: classes below a target repeat samples at random (imbalanced-learn's RandomOverSampler)."""

import numpy as np
import pandas as pd
from imblearn.over_sampling import RandomOverSampler

from sgbench.balance.plan import Growth, raised, real
from sgbench.samples.items import Images
from sgbench.seeds import derive


class Settings(Growth):
    """Settings of random over-sampling."""


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images) -> pd.DataFrame:
    """Return a plan with at least ``target`` rows a class, all samples kept.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: not used; the method needs no pixels.
    """
    labels = rows["label"].to_numpy()
    sizes = raised(rows, settings)
    sampler = RandomOverSampler(sampling_strategy=sizes, random_state=derive(seed, "over") % 2**32)
    sampler.fit_resample(np.arange(len(rows))[:, None], labels)
    chosen = rows.iloc[sampler.sample_indices_]
    return real(chosen["id"].to_numpy(), chosen["label"].to_numpy())
