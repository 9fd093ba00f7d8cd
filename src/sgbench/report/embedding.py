"""What clusterings see of the samples: the first two dimensions, by true class and by cluster."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style

_MOST_POINTS = 3000
_MOST_NAMED = 20


def tabulate(predictions: Mapping[str, pd.DataFrame], names: list[str]) -> pd.DataFrame:
    """Return the points of the test samples: model, id, class, cluster, x, y; of many, evenly chosen ones.

    Args:
        predictions: by model; see :func:`sgbench.scores.evaluation.predict`; with cluster, x and y.
        names: the classes in order.
    """
    tables = []
    for model, table in predictions.items():
        rows = table[table["part"] == "test"]
        rows = rows.iloc[:: -(-len(rows) // _MOST_POINTS) or 1]
        rows = rows.assign(model=model, **{"class": np.take(names, rows["label"])})
        tables.append(rows[["model", "id", "class", "cluster", "x", "y"]])
    return pd.concat(tables, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a column a model: above, colours are true classes; below, clusters, whose colours mean nothing more."""
    models = list(dict.fromkeys(table["model"]))
    classes = sorted(set(table["class"]))
    figure = style.new_figure(style.PAGE, 4.6 if len(models) > 1 else 5.6)
    panels = figure.subplots(2, len(models), squeeze=False)
    colours = style.many_colours(len(classes))
    for column, model in zip(panels.T, models, strict=True):
        rows = table[table["model"] == model]
        for number, name in enumerate(classes):
            some = rows[rows["class"] == name]
            column[0].plot(some["x"], some["y"], ".", markersize=2, color=colours[number], label=name)
        shades = style.many_colours(rows["cluster"].max() + 1)
        for cluster, some in rows.groupby("cluster"):
            column[1].plot(some["x"], some["y"], ".", markersize=2, color=shades[cluster])
        column[0].set_title(style.label("model", model), loc="left")
        for axes in column:
            axes.set_xticks([])
            axes.set_yticks([])
        column[1].set_xlabel("first dimension")
    panels[0, 0].set_ylabel("by true class\nsecond dimension")
    panels[1, 0].set_ylabel("by cluster\nsecond dimension")
    if len(classes) <= _MOST_NAMED:
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, markerscale=4)
    return figure
