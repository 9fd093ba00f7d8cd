"""Random over-sampling: classes below a target repeat samples at random (imbalanced-learn's RandomOverSampler)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from imblearn.over_sampling import RandomOverSampler

from sgbench.balance.plan import Target, raised, real
from sgbench.neighbours import Images
from sgbench.seeds import derive


@dataclass(frozen=True)
class Settings:
    """Settings of random over-sampling.

    Attributes:
        target: the size to come up to; see :func:`sgbench.balance.plan.target_sizes`.
        cap: a class grows to at most this many times its samples, 1 or more; None sets no limit.
    """

    target: Target = "largest"
    cap: float | None = None


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images) -> pd.DataFrame:
    """Return a plan with at least ``target`` rows a class, all samples kept.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: not used; the method needs no pixels.
    """
    labels = rows["label"].to_numpy()
    sizes = raised(rows, settings.target, settings.cap)
    sampler = RandomOverSampler(sampling_strategy=sizes, random_state=derive(seed, "over") % 2**32)
    sampler.fit_resample(np.arange(len(rows))[:, None], labels)
    chosen = rows.iloc[sampler.sample_indices_]
    return real(chosen["id"].to_numpy(), chosen["label"].to_numpy())
