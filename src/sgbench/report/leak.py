"""What a score owes to memory: one model with and without its test crystals among the training ones.

Each way of preparing the data has test samples of its own, so that accuracy would compare their classes as well. What
is compared is the mean recall of the classes that all of the ways have test samples of, each with the same weight.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import of_way, over_seeds, with_gains
from sgbench.training.f1 import right

_SUBJECT = ["modality", "model", "balance"]
_WAY = [*_SUBJECT, "dedup", "split"]


def tabulate(scores: pd.DataFrame, predictions: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average the recall of the common classes over seeds: a row for each way of preparing the data.

    Args:
        scores: trainings of one task, each modality, model and balance under several dedups or splits.
        predictions: those of each, in the same order; see :func:`sgbench.scores.evaluation.predict`.

    Returns:
        modality, model, balance, dedup, split, mean recall, half_width, seeds and converged (see :func:`over_seeds`),
        classes (the number of common ones), share_in_train (mean over seeds), gain over the way with the least of that,
        its gain_half_width (see :func:`difference`; the seeds pair the trainings), and differs, whether it leaves out
        0.
    """
    recalls = pd.DataFrame([_recalls(rows) for rows in predictions], index=scores.index)
    tables = []
    for _, rows in scores.groupby(_SUBJECT, sort=False):
        common = recalls.loc[rows.index].dropna(axis="columns")
        rows = rows.assign(recall=common.mean(axis="columns"))
        table = over_seeds(rows, _WAY, "recall").assign(classes=common.shape[1])
        table = table.merge(rows.groupby(_WAY, sort=False)["share_in_train"].mean().reset_index(), on=_WAY)
        ways = [of_way(rows, way) for way in table[_WAY].to_dict("records")]
        least = table["share_in_train"].argmin()
        others = [None if place == least else ways[least] for place in range(len(ways))]
        tables.append(with_gains(table, ways, others, "recall"))
    return pd.concat(tables, ignore_index=True)


def _recalls(predictions: pd.DataFrame) -> pd.Series:
    """Return the recall of each class that has test samples, by its index."""
    rows = predictions[predictions["part"] == "test"]
    found = right(rows["label"].to_numpy(), rows.filter(regex=r"^p\d+$").to_numpy())
    return pd.Series(found).groupby(rows["label"].to_numpy()).mean()


def draw(table: pd.DataFrame) -> Figure:
    """Draw the recall of each way of preparing the data, a panel a model and modality; dark where it gains or loses."""
    subjects = table[_SUBJECT].drop_duplicates()
    several = subjects.duplicated(["modality", "model"], keep=False)
    figure = style.new_figure(style.PAGE * 0.75, 0.6 + 1.3 * len(subjects))
    panels = figure.subplots(len(subjects), 1, squeeze=False, sharex=True)[:, 0]
    for axes, subject, shared in zip(panels, subjects.itertuples(index=False), several, strict=True):
        bars = table.merge(pd.DataFrame([subject]), on=_SUBJECT).sort_values("share_in_train", kind="stable")
        y = np.arange(len(bars))
        colours = np.where(bars["differs"], style.ACCENT, style.GREY)
        axes.barh(y, bars["mean"], xerr=bars["half_width"], height=0.65, color=colours, error_kw={"linewidth": 0.8})
        names = style.labels(bars, "dedup") + ", " + style.labels(bars, "split")
        names = names.combine(bars["converged"], style.marked)
        seen = (100 * bars["share_in_train"]).round().astype(int).astype(str)
        axes.set_yticks(y, names + "\n" + seen + " % of test samples seen in training", fontsize=6.5)
        axes.tick_params(axis="y", length=0)
        title = f"{style.label('model', subject.model)} on {style.label('modality', subject.modality)}"
        title += f", {style.label('balance', subject.balance)}" if shared else ""
        axes.set_title(f"{title}: {bars['classes'].iloc[0]} common classes", loc="left")
    panels[-1].set_xlabel("mean test recall of the classes that all bars of a panel have")
    panels[-1].set_xlim(0, 1)
    return figure
