"""Recall by class size: whom balancing helps, and at whose cost."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sgbench.report import style
from sgbench.report.summary import compared
from sgbench.scores.metrics import BANDS

_COLOURS = dict(zip(BANDS, ("#0072B2", "#E69F00", "#D55E00", "#000000"), strict=True))
_NAMES = {"many": "100 or more", "medium": "20 to 99", "few": "1 to 19", "none": "none"}


def tabulate(scores: pd.DataFrame) -> pd.DataFrame:
    """Average test recall over seeds, and compare: a row for each model, balance and band of class size with classes.

    Args:
        scores: the trainings of one modality, task, dedup and split.
    """
    tables = [compared(scores, ["model", "balance"], f"test_recall_{band}").assign(band=band) for band in BANDS]
    return pd.concat(tables, ignore_index=True).dropna(subset=["mean"])


def draw(table: pd.DataFrame) -> Figure:
    """Draw a line a training, with a dot for the mean recall of the classes of each size."""
    rows = (
        table[["model", "balance", "converged"]]
        .drop_duplicates()
        .sort_values("model", kind="stable")
        .reset_index(drop=True)
    )
    rows["y"] = np.arange(len(rows)) + 0.5 * (rows["model"] != rows["model"].shift()).cumsum()
    figure = style.new_figure(style.PAGE, 0.9 + 0.16 * rows["y"].max())
    axes = figure.subplots()
    points = table.merge(rows)
    ends = points.groupby("y")["mean"].agg(["min", "max"])
    axes.hlines(ends.index, ends["min"], ends["max"], color=style.GREY, linewidth=1)
    for band, group in points.groupby("band", sort=False):
        style.dots(axes, group, _COLOURS[band], 4)
    style.name_rows(axes, rows, ["model", "balance"])
    axes.set_xlim(0, 1)
    axes.set_xlabel("mean test recall of the classes")
    handles = [Line2D([], [], color=_COLOURS[band], marker="o", markersize=4) for band in points["band"].unique()]
    names = [_NAMES[band] for band in points["band"].unique()]
    axes.legend(
        handles,
        names,
        title="training materials of the class",
        loc="upper left",
        bbox_to_anchor=(1, 1),
        title_fontsize=7,
    )
    return figure
