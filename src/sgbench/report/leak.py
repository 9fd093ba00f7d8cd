"""What a score owes to memory: one model with and without its test crystals among the training ones.

Each way of preparing the data has test samples of its own, so that accuracy would compare their classes as well. What
is compared is the mean recall of the classes that all of the ways have test samples of, each with the same weight.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import class_recalls, of_way, over_seeds, with_gains

_SUBJECT = ["modality", "model", "balance"]
_WAY = [*_SUBJECT, "dedup", "split"]
#: What training knows of the test samples, in this order: a crystal, or where this is told a structure type.
_SEEN = ["share_in_train", "share_of_types_in_train"]


def tabulate(scores: pd.DataFrame, predictions: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average the recall of the common classes over seeds: a row for each way of preparing the data.

    Args:
        scores: trainings of one task, each modality, model and balance under several dedups or splits.
        predictions: those of each, in the same order; see :func:`sgbench.scores.evaluation.predict`.

    Returns:
        modality, model, balance, dedup, split, mean recall, half_width, seeds and converged (see :func:`over_seeds`),
        classes (the number of common ones), share_in_train and share_of_types_in_train (means over seeds; NaN where the
        study has no structure types), gain over the way with the least of these, the first counting first, its
        gain_half_width (see :func:`difference`; the seeds pair the trainings), and differs, whether it leaves out 0.
        The ways of a model come in that order.
    """
    recalls = pd.DataFrame([class_recalls(rows) for rows in predictions], index=scores.index)
    scores = scores.assign(**{name: np.nan for name in _SEEN if name not in scores})
    tables = []
    for _, rows in scores.groupby(_SUBJECT, sort=False):
        common = recalls.loc[rows.index].dropna(axis="columns")
        rows = rows.assign(recall=common.mean(axis="columns"))
        table = over_seeds(rows, _WAY, "recall").assign(classes=common.shape[1])
        table = table.merge(rows.groupby(_WAY, sort=False)[_SEEN].mean().reset_index(), on=_WAY)
        table = table.sort_values(_SEEN, kind="stable")
        ways = [of_way(rows, way) for way in table[_WAY].to_dict("records")]
        tables.append(with_gains(table, ways, [None, *[ways[0]] * (len(ways) - 1)], "recall"))
    return pd.concat(tables, ignore_index=True)


def _seen(shares: pd.Series) -> str:
    """Say which share of the test samples training knows, and where it is told of how many it knows the type."""
    crystals, types = 100 * shares
    of_types = "" if pd.isna(types) else f", {types:.0f} % by structure type"
    return f"{crystals:.0f} % of test samples seen in training{of_types}"


def draw(table: pd.DataFrame) -> Figure:
    """Draw the recall of each way of preparing the data, a panel a model and modality; dark where it gains or loses."""
    subjects = table[_SUBJECT].drop_duplicates()
    several = subjects.duplicated(["modality", "model"], keep=False)
    figure = style.new_figure(style.PAGE, 0.6 + 1.3 * len(subjects))
    panels = figure.subplots(len(subjects), 1, squeeze=False, sharex=True)[:, 0]
    for axes, subject, shared in zip(panels, subjects.itertuples(index=False), several, strict=True):
        bars = table.merge(pd.DataFrame([subject]), on=_SUBJECT)
        y = np.arange(len(bars))
        colours = np.where(bars["differs"], style.ACCENT, style.GREY)
        axes.barh(y, bars["mean"], xerr=bars["half_width"], height=0.65, color=colours, error_kw={"linewidth": 0.8})
        names = style.labels(bars, "dedup") + ", " + style.labels(bars, "split")
        names = names.combine(bars["converged"], style.marked)
        axes.set_yticks(y, names + "\n" + bars[_SEEN].apply(_seen, axis="columns"), fontsize=6.5)
        axes.tick_params(axis="y", length=0)
        title = f"{style.label('model', subject.model)} on {style.label('modality', subject.modality)}"
        title += f", {style.label('balance', subject.balance)}" if shared else ""
        axes.set_title(f"{title}: {bars['classes'].iloc[0]} common classes", loc="left")
    panels[-1].set_xlabel("mean test recall of the classes that all bars of a panel have")
    panels[-1].set_xlim(0, 1)
    return figure
