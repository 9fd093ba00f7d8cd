"""Calibration: whether a model that is 80 % sure is right in 80 % of such cases (Guo et al. 2017)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.training.calibration import calibration_error
from sgbench.training.f1 import right

_BINS = 10


def tabulate(predictions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return how often each model is right at each confidence, on test.

    Args:
        predictions: the predictions of each model, by its name; see :func:`sgbench.scores.evaluation.predict`.

    Returns:
        model, samples, confidence (mean in the bin), accuracy (in the bin), calibration_error (of the model); a row for
        each of ten equal bins of confidence that has samples.
    """
    tables = []
    for model, table in predictions.items():
        rows = table[table["part"] == "test"]
        probabilities = rows.filter(regex=r"^p\d+$").to_numpy()
        labels = rows["label"].to_numpy()
        confidence = probabilities.max(axis=1)
        bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
        found = pd.DataFrame({"confidence": confidence, "accuracy": right(labels, probabilities)})
        found = found.groupby(bins).agg(
            samples=("accuracy", "size"), confidence=("confidence", "mean"), accuracy=("accuracy", "mean")
        )
        error = calibration_error(labels, probabilities)
        tables.append(found.reset_index(drop=True).assign(model=model, calibration_error=error))
    return pd.concat(tables, ignore_index=True)[["model", "samples", "confidence", "accuracy", "calibration_error"]]


def draw(table: pd.DataFrame) -> Figure:
    """Draw a panel a model: accuracy against confidence, the dots' area growing with the number of samples.

    Args:
        table: see :func:`tabulate`; with converged, whether the model's training did.
    """
    models = table["model"].unique()
    columns = min(4, len(models))
    lines = -(-len(models) // columns)
    figure = style.new_figure(style.PAGE * min(1, 0.28 * columns + 0.05), 0.4 + 1.8 * lines)
    panels = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    colours = style.model_colours(models)
    for axes, model in zip(panels.flat, models, strict=False):
        rows = table[table["model"] == model]
        axes.plot([0, 1], [0, 1], color=style.GREY, linewidth=0.8)
        axes.plot(rows["confidence"], rows["accuracy"], color=colours[model], linewidth=0.8)
        area = 60 * rows["samples"] / rows["samples"].max()
        axes.scatter(rows["confidence"], rows["accuracy"], area, colours[model], clip_on=False)
        first = rows.iloc[0]
        name = style.label("model", model) + ("" if first["converged"] else f"\n{style.NOT_CONVERGED}")
        axes.set_title(f"{name}\nerror {first['calibration_error']:.2f}", loc="left")
        axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), aspect="equal")
    for axes in panels.flat[len(models) :]:
        axes.set_visible(False)
    figure.supxlabel("probability of the likeliest class", fontsize=8)
    figure.supylabel("share that is right", fontsize=8)
    return figure
