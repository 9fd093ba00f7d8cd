"""Our scores beside published ones."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import over_seeds

METRICS = ("accuracy", "macro_f1")
_WAY = ["modality", "judged", "dedup", "split", "balance"]


def tabulate(scores: pd.DataFrame, published: Mapping[str, float]) -> pd.DataFrame:
    """Average the test scores over seeds: a row for each way of measuring, model and metric.

    Args:
        scores: one task's trainings; has judged, the modality that they are judged on.
        published: accuracy by model, 0 to 1.

    Returns:
        The way, model, metric, mean, half_width, seeds, published (accuracies only), and times_first and
        published_times_first: how many times that of the first of ``published`` the score is, ours and theirs.
    """
    rows = scores[scores["model"].isin(published)]
    tables = [over_seeds(rows, [*_WAY, "model"], f"test_{metric}").assign(metric=metric) for metric in METRICS]
    table = pd.concat(tables, ignore_index=True)
    table["published"] = table["model"].map(published).where(table["metric"] == "accuracy")
    first = next(iter(published))
    ours = table[table["model"] == first].set_index([*_WAY, "metric"])["mean"].rename("first")
    table = table.join(ours, on=[*_WAY, "metric"])
    table["times_first"] = table["mean"] / table.pop("first")
    table["published_times_first"] = table["published"] / published[first]
    table["order"] = table["model"].map(list(published).index)
    return table.sort_values("order", kind="stable", ignore_index=True).drop(columns="order")


def draw(table: pd.DataFrame) -> Figure:
    """Draw a block a model: a dot with its 95 % interval for each way of measuring, and the published accuracy."""
    models = list(dict.fromkeys(table["model"]))
    ways = table[_WAY].drop_duplicates(ignore_index=True)
    ways["place"] = np.arange(len(ways))
    texts = [_text(ways, way) for way in ways.itertuples()]
    figure = style.new_figure(style.PAGE, 1.0 + len(models) * (0.25 + 0.12 * len(ways)) + 0.13 * len(ways))
    panels = figure.subplots(1, len(METRICS), sharey=True)
    colours = style.many_colours(len(ways))
    table = table.merge(ways, on=_WAY)
    table["y"] = table["model"].map(models.index) + (table["place"] - (len(ways) - 1) / 2) * 0.8 / len(ways)
    for axes, metric in zip(panels, METRICS, strict=True):
        points = table[table["metric"] == metric]
        for place, text in enumerate(texts):
            of = points[points["place"] == place]
            look = {"fmt": "o", "markersize": 3.5, "color": colours[place], "capsize": 2}
            axes.errorbar(of["mean"], of["y"], xerr=of["half_width"], label=text, **look)
        theirs = points.dropna(subset="published").drop_duplicates("model")
        y = theirs["model"].map(models.index).to_numpy()
        axes.vlines(theirs["published"], y - 0.42, y + 0.42, color=style.DARK, linewidth=1.2, label="published")
        axes.set_xlabel(f"test {style.label(metric)}")
        axes.set_xlim(0, 1.03)
        axes.grid(axis="x", color="#E5E5E5", linewidth=0.5)
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(models)), map(style.label, models))
    panels[0].tick_params(axis="y", length=0)
    panels[0].set_ylim(len(models) - 0.5, -0.5)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _text(ways: pd.DataFrame, way: tuple) -> str:
    """Return what tells a way of measuring from the others."""
    told = [axis for axis in _WAY if len(set(ways[axis])) > 1] or ["modality"]
    return ", ".join(("on " if axis == "judged" else "") + style.label(getattr(way, axis)) for axis in told)
