"""Accuracy against coverage: what a model gains by refusing the samples that it is least sure of."""

from collections.abc import Mapping
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import choose_for
from sgbench.scores.metrics import accuracy_by_coverage, frequency_scores

_POINTS = 50
_TITLE = 24  # letters in a line above a panel


def choose(scores: pd.DataFrame) -> dict[tuple[str, str, str], int]:
    """Return the training to show of each model: the first seed of the balance that is highest on dev.

    Args:
        scores: see :func:`sgbench.report.summary.choose_for`.

    Returns:
        The place of its row, by what it is judged on, model and balance.
    """
    shown = {}
    for judged in scores["judged"].unique():
        for model, rows in scores.groupby("model", sort=False):
            choice = choose_for(rows, judged)
            own = choice.rows(rows)
            shown[judged, model, choice.balance] = own.index[own["judged"] == judged][0]
    return shown


def tabulate(predictions: Mapping[tuple[str, str, str], pd.DataFrame], samples: np.ndarray) -> pd.DataFrame:
    """Return the accuracy of each model where it answers only so large a share of the test samples, the surest.

    Args:
        predictions: those of each training, by what it is judged on, model and balance; see
            :func:`sgbench.scores.evaluation.predict`.
        samples: training samples of each class.

    Returns:
        judged, model, balance, coverage (up to 50 steps to 1), accuracy, coverage_area (the mean accuracy over all
        shares) and largest_class (the accuracy of always naming the largest class).
    """
    tables = []
    for (judged, model, balance), table in predictions.items():
        rows = table[table["part"] == "test"]
        labels, probabilities = rows["label"].to_numpy(), rows.filter(regex=r"^p\d+$").to_numpy()
        curve = accuracy_by_coverage(labels, probabilities)
        answered = np.unique(np.ceil(np.linspace(0, 1, _POINTS + 1)[1:] * len(curve)).astype(int))
        tables.append(
            pd.DataFrame(
                {
                    "judged": judged,
                    "model": model,
                    "balance": balance,
                    "coverage": answered / len(curve),
                    "accuracy": curve[answered - 1],
                    "coverage_area": curve.mean(),
                    "largest_class": frequency_scores(labels, samples)["largest_class"],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a panel for each set that models are judged on, a curve a model; dashed what class frequencies score."""
    judged = table["judged"].unique()
    columns = min(3, len(judged))
    lines = -(-len(judged) // columns)
    figure = style.new_figure(style.PAGE * min(1, 0.28 * columns + 0.25), 0.5 + 2.2 * lines)
    panels = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    colours = style.model_colours(table["model"].unique())
    for axes, name in zip(panels.flat, judged, strict=False):
        rows = table[table["judged"] == name]
        for model, curve in rows.groupby("model", sort=False):
            axes.plot(curve["coverage"], curve["accuracy"], color=colours[model], label=style.label("model", model))
        axes.axhline(
            rows["largest_class"].iloc[0], color=style.DARK, linestyle="--", linewidth=0.8, label="largest class"
        )
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        axes.set_title(fill(f"on {style.label('modality', name)}", _TITLE), loc="left")
        axes.grid()
    for axes in panels.flat[len(judged) :]:
        axes.set_visible(False)
    figure.supxlabel("share of the samples that is answered, the surest", fontsize=8)
    figure.supylabel("accuracy of the answers", fontsize=8)
    handles, names = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right upper")
    return figure
