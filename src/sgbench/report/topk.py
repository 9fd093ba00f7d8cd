"""Top-1, top-3 and top-5 accuracy, as studies of many classes report it (Friedman 2022)."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import compared, of_frequencies

_METRICS = {"accuracy": "top-1", "top3": "top-3", "top5": "top-5"}


def tabulate(scores: pd.DataFrame) -> pd.DataFrame:
    """Average over seeds, and compare: a row for each task, modality, model, balance and metric.

    Args:
        scores: trainings of one dedup and split.

    Returns:
        What :func:`sgbench.report.summary.compared` does, with metric, and frequencies, what class frequencies score.
    """
    by = ["task", "modality", "model", "balance"]
    tables = [
        compared(scores, by, f"test_{metric}").assign(metric=metric, frequencies=of_frequencies(scores, by, metric))
        for metric in _METRICS
    ]
    return pd.concat(tables, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a panel a task, a line of three dots a training: top-1, top-3 and top-5 from left to right.

    Upright lines are what the largest class, and the five largest, would score.
    """
    tasks = table["task"].unique()
    figure = style.new_figure(style.PAGE, 0.6 + 0.16 * len(table) / len(_METRICS) + 0.35 * len(tasks))
    heights = [len(table[table["task"] == task]) for task in tasks]
    panels = figure.subplots(len(tasks), 1, squeeze=False, sharex=True, height_ratios=heights)[:, 0]
    colours = style.model_colours(table["model"])
    for axes, task in zip(panels, tasks, strict=True):
        points = table[table["task"] == task]
        rows = points[["modality", "model", "balance", "converged"]].drop_duplicates().reset_index(drop=True)
        rows["y"] = np.arange(len(rows))
        points = points.merge(rows)
        for (model, _), line in points.groupby(["model", "y"]):
            axes.plot(line["mean"], line["y"], color=style.GREY, linewidth=1, zorder=1)
            for size, (_, dot) in zip((5, 4, 3), line.groupby("metric", sort=False), strict=True):
                style.dots(axes, dot, colours[model], size)
        axes.plot(points["frequencies"], points["y"], "|", color=style.DARK, markersize=7, markeredgewidth=0.8)
        style.name_rows(axes, rows, ["model", "modality", "balance"])
        axes.set_title(style.label("task", task), loc="left")
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 1)
    panels[-1].set_xlabel("test accuracy among the 1, 3 and 5 likeliest classes")
    return figure
