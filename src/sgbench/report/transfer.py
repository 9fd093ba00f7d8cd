"""What a model keeps of its score in exams: on other patterns of its test crystals, or on other crystals."""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sgbench.report import style
from sgbench.report.summary import of_frequencies, over_seeds

METRICS = ("accuracy", "top5", "macro_f1", "crystal_system", "extinction_group")
_TRAINING = ["modality", "split", "model", "balance"]
_MARKERS = "osD^v"
_STEP = 0.14  # of a row, inches
_COLUMNS = 2  # of the legend


def tabulate(scores: pd.DataFrame) -> pd.DataFrame:
    """Average the test scores over seeds: a row for each training, what it is judged on, and metric.

    Args:
        scores: one task's rows of the table of transfers; has judged beside the columns of a training.

    Returns:
        What :func:`sgbench.report.summary.over_seeds` does, with metric; frequencies, what class frequencies score
        (NaN of macro-F1); and unknown, the mean score of the samples whose material training does not know (NaN where
        it knows none, or all).
    """
    by = [*_TRAINING, "judged"]
    scores = scores.assign(**{f"unknown_{metric}": np.nan for metric in METRICS if f"unknown_{metric}" not in scores})
    tables = [
        over_seeds(scores, by, f"test_{metric}").assign(
            metric=metric,
            frequencies=of_frequencies(scores, by, metric),
            unknown=over_seeds(scores, by, f"unknown_{metric}")["mean"],
        )
        for metric in METRICS
        if f"test_{metric}" in scores and scores[f"test_{metric}"].notna().any()
    ]
    return pd.concat(tables, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a line a training, with a mark for each set that it is judged on; one panel a metric."""
    trainings = table[[*_TRAINING, "converged"]].drop_duplicates(ignore_index=True)
    trainings["y"] = np.arange(len(trainings))
    judged, metrics = table["judged"].unique(), table["metric"].unique()
    looks = list(zip(judged, cycle(_MARKERS), style.many_colours(len(judged)), strict=False))
    legend = _legend(table, looks)
    figure = style.new_figure(style.PAGE, 0.8 + _STEP * (len(judged) * len(trainings) + -(-len(legend) // _COLUMNS)))
    panels = figure.subplots(1, len(metrics), sharey=True)
    for axes, metric in zip(panels, metrics, strict=True):
        points = table[table["metric"] == metric].merge(trainings, on=_TRAINING)
        for place, (name, marker, colour) in enumerate(looks):
            of = points[points["judged"] == name]
            y = of["y"] + (place - (len(judged) - 1) / 2) / (len(judged) + 0.5)
            axes.plot(of["frequencies"], y, "|", color=style.DARK, markersize=7, markeredgewidth=1)
            axes.plot(of["unknown"], y, marker, color=colour, markersize=4, fillstyle="none")
            axes.errorbar(of["mean"], y, xerr=of["half_width"], fmt=marker, color=colour, markersize=4, capsize=2)
        axes.set_xlabel(style.metric(metric).replace(" ", "\n"))
        axes.set_xlim(-0.05, 1.05)
        axes.grid()
    told = ["split"] if len(trainings["split"].unique()) > 1 else []
    style.name_rows(panels[0], trainings, ["model", "balance", *told])
    panels[0].set_ylim(len(trainings) - 0.4, -0.6)
    figure.legend(handles=legend, loc="outside lower center", ncols=_COLUMNS)
    return figure


def _legend(table: pd.DataFrame, looks: list[tuple]) -> list[Line2D]:
    """Return a line for each set, one for class frequencies, and one for unknown materials where these are apart."""
    marks = [
        (f"on {style.label('modality', name)}", {"marker": marker, "color": colour}) for name, marker, colour in looks
    ]
    if table["unknown"].notna().any():
        marks.append(("unknown materials alone", {"marker": "o", "color": style.GREY, "fillstyle": "none"}))
    marks.append(("class frequencies", {"marker": "|", "color": style.DARK, "markersize": 7}))
    return [Line2D([], [], label=text, **{"linestyle": "", "markersize": 4} | look) for text, look in marks]
