"""Test scores of all models under all balance variants."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import compared, died, of_way, with_deaths

METRICS = ("accuracy", "macro_f1")


def tabulate(scores: pd.DataFrame) -> pd.DataFrame:
    """Average the test scores over seeds, and compare: a row for each modality, model, balance and metric.

    Args:
        scores: the trainings of one task, dedup and split.

    Returns:
        What :func:`sgbench.report.summary.compared` does, with metric and, where a model tells, died: in how many of
        the seeds the first network died.
    """
    by = ["modality", "model", "balance"]
    tables = [compared(scores, by, f"test_{metric}").assign(metric=metric) for metric in METRICS]
    table = pd.concat(tables, ignore_index=True)
    return with_deaths(table, [died(of_way(scores, row)) for row in table[by].to_dict("records")])


def draw(table: pd.DataFrame) -> Figure:
    """Draw a dot a training with its 95 % interval, models grouped by modality, one panel a metric."""
    rows = table[["modality", "model", "balance", "converged"]].drop_duplicates().reset_index(drop=True)
    rows = rows.sort_values(["modality", "model"], ascending=[False, True], kind="stable").reset_index(drop=True)
    # A gap after each model, a wider one after each modality.
    new_model = (rows["model"] != rows["model"].shift()) | (rows["modality"] != rows["modality"].shift())
    new_modality = rows["modality"] != rows["modality"].shift()
    rows["y"] = np.arange(len(rows)) + 0.4 * new_model.cumsum() + 0.9 * new_modality.cumsum()
    colours = style.model_colours(rows["model"])
    figure = style.new_figure(style.PAGE, 1.0 + 0.145 * rows["y"].max())
    panels = figure.subplots(1, len(METRICS), sharey=True)
    for axes, metric in zip(panels, METRICS, strict=True):
        points = table[table["metric"] == metric].merge(rows)
        for model, group in points.groupby("model"):
            style.dots(axes, group, colours[model], 3.5)
        axes.set_xlabel(f"test {style.metric(metric)}")
        # Else half of the dot of the highest score is cut off.
        axes.set_xlim(0, 1.03 * axes.get_xlim()[1])
        axes.grid(axis="x")
    style.name_rows(panels[0], rows, ["model", "balance"])
    for modality, group in rows.groupby("modality", sort=False):
        panels[0].annotate(
            style.label("modality", modality),
            (0, group["y"].min() - 0.9),
            xycoords=("axes fraction", "data"),
            fontweight="bold",
        )
    return figure
