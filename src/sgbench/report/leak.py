"""What a score owes to memory: one model with and without its test crystals among the training ones."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import over_seeds

_BY = ["modality", "model", "balance", "dedup", "split"]


def comparable(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the trainings of one task whose modality, model and balance occur under several dedups or splits."""
    ways = scores[_BY].drop_duplicates().value_counts(_BY[:3]).rename("ways").reset_index()
    return scores.merge(ways[ways["ways"] > 1].drop(columns="ways"), on=_BY[:3])


def tabulate(scores: pd.DataFrame) -> pd.DataFrame:
    """Average test accuracy, macro-F1 and share_in_train over seeds: a row for each way of preparing the data."""
    rows = comparable(scores)
    tables = [over_seeds(rows, _BY, f"test_{metric}").assign(metric=metric) for metric in ("accuracy", "macro_f1")]
    leaked = rows.groupby(_BY, sort=False)["share_in_train"].mean().reset_index()
    return pd.concat(tables, ignore_index=True).merge(leaked, on=_BY)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the scores of each way of preparing the data, a panel a model and modality."""
    subjects = table[["modality", "model", "balance"]].drop_duplicates()
    several = subjects.duplicated(["modality", "model"], keep=False)
    figure = style.new_figure(style.PAGE, 0.6 + 1.3 * len(subjects))
    panels = figure.subplots(len(subjects), 2, squeeze=False, sharey="row", sharex="col")
    for row, subject, shared in zip(panels, subjects.itertuples(index=False), several, strict=True):
        chosen = table.merge(pd.DataFrame([subject]), on=["modality", "model", "balance"])
        for axes, metric in zip(row, ("accuracy", "macro_f1"), strict=True):
            bars = chosen[chosen["metric"] == metric].sort_values("share_in_train", kind="stable")
            y = np.arange(len(bars))
            axes.barh(
                y, bars["mean"], xerr=bars["half_width"], height=0.65, color=style.GREY, error_kw={"linewidth": 0.8}
            )
            names = style.labels(bars, "dedup") + ", " + style.labels(bars, "split")
            seen = (100 * bars["share_in_train"]).round().astype(int).astype(
                str
            ) + " % of test samples seen in training"
            axes.set_yticks(y, names + "\n" + seen, fontsize=6.5)
            axes.tick_params(axis="y", length=0)
        title = f"{style.label('model', subject.model)} on {style.label('modality', subject.modality)}"
        if shared:
            title += f", {style.label('balance', subject.balance)}"
        row[0].set_title(title, loc="left")
    for axes, metric in zip(panels[-1], ("accuracy", "macro-F1"), strict=True):
        axes.set_xlabel(f"test {metric}")
        axes.set_xlim(0, 1)
    return figure
