"""Means and intervals over seeds, for the figures that compare trainings."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import stdtrit


def over_seeds(scores: pd.DataFrame, by: list[str], metric: str) -> pd.DataFrame:
    """Average a score over seeds.

    Args:
        scores: a row a training.
        by: the columns that tell trainings apart, all but the seed.
        metric: the column to average.

    Returns:
        A row for each combination of ``by``, in order of appearance: those columns, mean, half_width of the 95 %
        interval of the mean by Student's t (NaN for one seed) and seeds, their number.
    """
    groups = scores.groupby(by, sort=False)[metric]
    table = groups.agg(["mean", "std", "count"]).reset_index()
    quantile = stdtrit(np.maximum(table["count"] - 1, 1), 0.975)
    half_width = quantile * table["std"] / np.sqrt(table["count"])
    return table[[*by, "mean"]].assign(half_width=half_width, seeds=table["count"])


def of_way(scores: pd.DataFrame, way: Mapping[str, str]) -> pd.DataFrame:
    """Return the trainings of one modality, task, dedup and split.

    Args:
        scores: a row a training.
        way: those columns and the values to keep.
    """
    return scores[(scores[list(way)] == pd.Series(way)).all(axis=1)].reset_index(drop=True)
