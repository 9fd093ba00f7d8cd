"""Loss and, of classifiers, dev score over the epochs of the networks."""

from collections.abc import Sequence
from itertools import cycle
from math import ceil

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from sgbench.report import style

_PANELS = {"loss": "training loss", "dev_loss": "dev loss", "dev_macro_f1": "dev macro-F1"}
_LINES = ("-", "--", ":", "-.")
# The largest loss over the smallest from which the axis is logarithmic.
_FAR = 5


def tabulate(cells: Sequence[dict], histories: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the histories under each other, each with what is known of its training.

    Args:
        cells: the names of each training's cell, and whether it converged, as ``converged``.
        histories: those of each; see :func:`sgbench.training.loop.train`.
    """
    return pd.concat(
        [history.assign(**cell) for cell, history in zip(cells, histories, strict=True)], ignore_index=True
    )


def draw(table: pd.DataFrame) -> Figure:
    """Draw losses, logarithmic where they fall far, and dev macro-F1: a colour a model, a line style a balance."""
    columns = {name: text for name, text in _PANELS.items() if name in table}
    table = table.assign(name=_names(table))
    # A row of the legend holds about a hundred letters.
    legend_columns = max(1, 100 // (table["name"].str.len().max() + 6))
    figure = style.new_figure(style.PAGE, 2.4 + 0.15 * ceil(table["name"].nunique() / legend_columns))
    panels = figure.subplots(1, len(columns))
    colours = style.model_colours(table["model"])
    lines = dict(zip(table["balance"].unique(), cycle(_LINES)))
    for (model, balance, name, _), rows in table.groupby(["model", "balance", "name", "seed"], sort=False):
        look = {"color": colours[model], "linestyle": lines[balance], "marker": ".", "markersize": 3}
        for axes, column in zip(panels, columns, strict=True):
            axes.plot(rows["epoch"], rows[column], label=name, **look)
    for axes, (column, text) in zip(panels, columns.items(), strict=True):
        axes.set_xlabel("epoch")
        axes.set_ylabel(text)
        axes.xaxis.get_major_locator().set_params(integer=True)
        if text.endswith("loss") and table[column].max() > _FAR * table[column].min() > 0:
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
    handles, names = panels[0].get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=legend_columns)
    return figure


def _names(table: pd.DataFrame) -> pd.Series:
    """Return the model of each row, its balance where there are several, and whether it did not converge."""
    models = style.labels(table, "model")
    several = len(table["balance"].unique()) > 1
    names = models + ", " + style.labels(table, "balance") if several else models
    return names.combine(table["converged"], style.marked)
