"""Loss and, of classifiers, dev score over the epochs of the networks."""

from collections.abc import Sequence
from itertools import cycle

import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style

_PANELS = {"loss": "training loss", "dev_loss": "dev loss", "dev_macro_f1": "dev macro-F1"}
_LINES = ("-", "--", ":", "-.")


def tabulate(cells: Sequence[dict], histories: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the histories under each other, each with the names of its cell in front."""
    return pd.concat(
        [history.assign(**cell) for cell, history in zip(cells, histories, strict=True)], ignore_index=True
    )


def draw(table: pd.DataFrame) -> Figure:
    """Draw losses, on logarithmic axes, and dev macro-F1: a colour a model, a line style a balance variant."""
    columns = {name: text for name, text in _PANELS.items() if name in table}
    figure = style.new_figure(style.PAGE, 2.6)
    panels = figure.subplots(1, len(columns))
    colours = style.model_colours(table["model"])
    lines = dict(zip(table["balance"].unique(), cycle(_LINES)))
    for (model, balance, _), rows in table.groupby(["model", "balance", "seed"], sort=False):
        look = {"color": colours[model], "linestyle": lines[balance], "marker": ".", "markersize": 3}
        name = f"{style.label(model)}, {style.label(balance)}"
        for axes, column in zip(panels, columns, strict=True):
            axes.plot(rows["epoch"], rows[column], label=name, **look)
    for axes in panels[:2]:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
    for axes, name in zip(panels, columns.values(), strict=True):
        axes.set_xlabel("epoch")
        axes.set_ylabel(name)
        axes.xaxis.get_major_locator().set_params(integer=True)
    handles, names = panels[0].get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=4)
    return figure
