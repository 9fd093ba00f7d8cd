"""Means, paired differences and choices over seeds, for the figures and sentences that compare trainings."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from sgbench.training.f1 import right

#: The balance that the others are compared with.
REFERENCE = "none"

# What class frequencies score, whatever the pattern, by the score that it stands beside; see sgbench.scores.
_FREQUENCIES = {
    "accuracy": "largest_class",
    "top5": "five_largest",
    "crystal_system": "frequency_crystal_system",
    "extinction_group": "frequency_extinction_group",
}


class Difference(NamedTuple):
    """How much higher one score is than another.

    Attributes:
        mean: over the seeds that both have; NaN without any.
        half_width: of its 95 % interval; NaN for fewer than two seeds.
    """

    mean: float
    half_width: float

    @property
    def holds(self) -> bool:
        """Whether the interval leaves out 0; never with fewer than two seeds."""
        return abs(self.mean) > self.half_width


class Choice(NamedTuple):
    """A model and balance.

    Attributes:
        seeds: those that all candidates have; without any, none of them is the best.
    """

    model: str
    balance: str
    seeds: tuple[int, ...]

    def rows(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Return its trainings, of all seeds."""
        return scores[(scores["model"] == self.model) & (scores["balance"] == self.balance)]


def over_seeds(scores: pd.DataFrame, by: list[str], metric: str) -> pd.DataFrame:
    """Average a score over seeds.

    Args:
        scores: a row a training.
        by: the columns that tell trainings apart, all but the seed.
        metric: the column to average.

    Returns:
        A row for each combination of ``by``, in order of appearance: those columns, mean, half_width of the 95 %
        interval of the mean by Student's t (NaN for one seed), seeds, their number, and converged, see
        :func:`converged`; of all of them.
    """
    groups = scores.assign(converged=converged(scores)).groupby(by, sort=False)
    table = groups[metric].agg(["mean", "std", "count"]).reset_index()
    quantile = stdtrit(np.maximum(table["count"] - 1, 1), 0.975)
    half_width = quantile * table["std"] / np.sqrt(table["count"])
    all_converged = groups["converged"].all().to_numpy()
    return table[[*by, "mean"]].assign(half_width=half_width, seeds=table["count"], converged=all_converged)


def converged(scores: pd.DataFrame) -> pd.Series:
    """Return for each training whether it converged; those of models that do not tell did.

    Args:
        scores: a row a training; has converged where a model tells, see :meth:`sgbench.models.base.Classifier.facts`.
    """
    return scores["converged"].ne(False) if "converged" in scores else pd.Series(True, scores.index)


def died(scores: pd.DataFrame) -> int | None:
    """Return in how many trainings the first network died, so that another was drawn; None where no model tells."""
    told = scores["dead"].dropna() if "dead" in scores else []
    return int((told > 0).sum()) if len(told) else None


def with_deaths(table: pd.DataFrame, deaths: Sequence[int | None]) -> pd.DataFrame:
    """Return a table with what :func:`died` says of the trainings of each row, where it says anything at all."""
    found = pd.array(deaths, dtype="Int64")
    return table if found.isna().all() else table.assign(died=found)


def of_frequencies(scores: pd.DataFrame, by: list[str], metric: str) -> pd.Series | float:
    """Return what class frequencies score on test, the mean over seeds; NaN where a score has no such number.

    Args:
        scores: see :func:`over_seeds`, as for ``by``; the rows are those of its table.
        by: as for ``scores``.
        metric: a score without its part, e.g. accuracy.
    """
    column = f"test_{_FREQUENCIES.get(metric)}"
    return over_seeds(scores, by, column)["mean"] if column in scores else np.nan


def of_way(scores: pd.DataFrame, way: Mapping[str, str]) -> pd.DataFrame:
    """Return the trainings of one modality, task, dedup and split.

    Args:
        scores: a row a training.
        way: those columns and the values to keep.
    """
    return scores[(scores[list(way)] == pd.Series(way)).all(axis=1)].reset_index(drop=True)


def class_recalls(predictions: pd.DataFrame) -> pd.Series:
    """Return the recall on test of each class that has test samples, by its index.

    Args:
        predictions: those of a training; see :func:`sgbench.scores.evaluation.predict`.
    """
    rows = predictions[predictions["part"] == "test"]
    found = right(rows["label"].to_numpy(), rows.filter(regex=r"^p\d+$").to_numpy())
    return pd.Series(found).groupby(rows["label"].to_numpy()).mean()


def choose(scores: pd.DataFrame) -> Choice:
    """Return the model and balance with the highest mean dev macro-F1 over the seeds that all of them have.

    Test scores play no part. Without a common seed the means are over the seeds that each has, and do not compare.

    Args:
        scores: a row a training of one modality, task, dedup and split.
    """
    dev = scores.pivot_table(index=["model", "balance"], columns="seed", values="dev_macro_f1", sort=False)
    common = dev.dropna(axis="columns")
    means = (dev if common.empty else common).mean(axis="columns")
    return Choice(*means.idxmax(), seeds=tuple(common.columns))


def choose_for(transfers: pd.DataFrame, judged: str) -> Choice:
    """Return the model and balance that :func:`choose` takes for an exam, or for the models' own modality.

    The choice is made on dev crystals as the exam shows them. On an exam of other crystals nothing may be chosen: there
    the mean counts over all that dev crystals are judged on.

    Args:
        transfers: a row a training of one modality, task, dedup and split, and what it is judged on.
        judged: the exam, or the modality.
    """
    dev = transfers.dropna(subset="dev_macro_f1")
    seen = dev[dev["judged"] == judged]
    return choose(dev if seen.empty else seen)


def difference(ours: pd.DataFrame, theirs: pd.DataFrame, metric: str) -> Difference:
    """Return how much higher one candidate scores than another, paired by seed, as each seed draws its own split.

    The interval is that of the corrected resampled t test (Nadeau & Bengio 2003): the training sets of the splits
    overlap, so that the variance of the mean is (1 / seeds + test samples / training items) times that of a seed.

    Args:
        ours: the trainings of the one, a row a seed, with test_samples and train_items.
        theirs: those of the other; the fewer training items of the two count.
        metric: the column to compare.
    """
    columns = ["seed", metric, "test_samples", "train_items"]
    pairs = ours[columns].merge(theirs[columns], on="seed", suffixes=("", "_theirs"))
    pairs = pairs.dropna(subset=[metric, f"{metric}_theirs"])
    gains = pairs[metric] - pairs[f"{metric}_theirs"]
    if len(gains) < 2:
        return Difference(gains.mean(), np.nan)
    share = (pairs["test_samples"] / pairs[["train_items", "train_items_theirs"]].min(axis="columns")).mean()
    width = stdtrit(len(gains) - 1, 0.975) * np.sqrt(gains.var() * (1 / len(gains) + share))
    return Difference(gains.mean(), float(width))


def compared(scores: pd.DataFrame, by: list[str], metric: str) -> pd.DataFrame:
    """Average a score over seeds, and compare it with that of the same model under :data:`REFERENCE`.

    Args:
        scores: see :func:`difference`.
        by: see :func:`over_seeds`; has balance.
        metric: the column to average.

    Returns:
        What :func:`over_seeds` does, with gain over the reference, gain_half_width, and differs, whether that interval
        leaves out 0. The gain is NaN for the reference and where there is none.
    """
    table = over_seeds(scores, by, metric)
    rows = table[by].to_dict("records")
    ours = [of_way(scores, row) for row in rows]
    theirs = [None if row["balance"] == REFERENCE else of_way(scores, row | {"balance": REFERENCE}) for row in rows]
    return with_gains(table, ours, theirs, metric)


def with_gains(
    table: pd.DataFrame, ours: Sequence[pd.DataFrame], theirs: Sequence[pd.DataFrame | None], metric: str
) -> pd.DataFrame:
    """Return a table with what each row gains over what it is compared with: gain, gain_half_width and differs.

    Args:
        table: a row a candidate.
        ours: the trainings of each; see :func:`difference`.
        theirs: those that each is compared with; None for what others are compared with, whose gain is NaN.
        metric: the column to compare.
    """
    gains = [
        Difference(np.nan, np.nan) if other is None else difference(own, other, metric)
        for own, other in zip(ours, theirs, strict=True)
    ]
    return table.assign(
        gain=[gain.mean for gain in gains],
        gain_half_width=[gain.half_width for gain in gains],
        differs=[bool(gain.holds) for gain in gains],
    )
