"""What a model keeps of its score on another modality's patterns of the same crystals."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import over_seeds

METRICS = ("accuracy", "macro_f1")
_TRAINING = ["modality", "split", "model", "balance"]
_MARKERS = "osD^v"
_APART = 0.2


def tabulate(scores: pd.DataFrame) -> pd.DataFrame:
    """Average the test scores over seeds: a row for each training, modality that it is judged on, and metric.

    Args:
        scores: one task's rows of the table of transfers; has judged beside the columns of a training.
    """
    by = [*_TRAINING, "judged"]
    tables = [over_seeds(scores, by, f"test_{metric}").assign(metric=metric) for metric in METRICS]
    return pd.concat(tables, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a line a training, with a mark for each modality that it is judged on; one panel a metric."""
    trainings = table[[*_TRAINING, "converged"]].drop_duplicates(ignore_index=True)
    trainings["y"] = np.arange(len(trainings))
    figure = style.new_figure(style.PAGE, 1.1 + 0.2 * len(trainings))
    panels = figure.subplots(1, len(METRICS), sharey=True)
    judged = list(dict.fromkeys(table["judged"]))
    for axes, metric in zip(panels, METRICS, strict=True):
        points = table[table["metric"] == metric].merge(trainings)
        looks = zip(judged, _MARKERS, style.PART_COLOURS.values(), strict=False)
        for place, (name, marker, colour) in enumerate(looks):
            of = points[points["judged"] == name]
            y = of["y"] + _APART * (place - (len(judged) - 1) / 2)
            look = {"fmt": marker, "color": colour, "markersize": 4, "capsize": 2}
            axes.errorbar(of["mean"], y, xerr=of["half_width"], label=f"on {style.label('modality', name)}", **look)
        axes.set_xlabel(f"test {style.metric(metric)}")
        axes.set_xlim(0, 1.03)
        axes.grid()
    style.name_rows(panels[0], trainings, ["model", "balance", "split"])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(judged))
    return figure
