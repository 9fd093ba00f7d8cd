"""How much of the variance the principal components hold."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from sgbench.report import style


def tabulate(histories: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the components of the models under each other: model, component, explained_variance_ratio, cumulative."""
    tables = [
        history.assign(model=model, cumulative=history["explained_variance_ratio"].cumsum())
        for model, history in histories.items()
    ]
    return pd.concat(tables, ignore_index=True)[["model", "component", "explained_variance_ratio", "cumulative"]]


def draw(table: pd.DataFrame) -> Figure:
    """Draw each component's share of the variance, and that of all components up to it."""
    figure = style.new_figure(style.PAGE, 2.4)
    panels = figure.subplots(1, 2)
    colours = style.model_colours(table["model"])
    for number, (model, rows) in enumerate(table.groupby("model", sort=False)):
        # Curves may lie on each other: the first is wide, the others thin.
        width = 1 if number else 4
        look = {"color": colours[model], "linewidth": width, "label": style.label("model", model)}
        panels[0].plot(rows["component"], 100 * rows["explained_variance_ratio"], **look)
        panels[1].plot(rows["component"], 100 * rows["cumulative"], **look)
    panels[0].set_yscale("log")
    panels[0].yaxis.set_major_formatter("{x:g}")
    panels[0].yaxis.set_minor_formatter(NullFormatter())
    panels[0].set_ylabel("share of the variance (%)")
    panels[1].axhline(95, color=style.GREY, linewidth=0.8, linestyle="--")
    panels[1].annotate("95 %", (1, 95), xycoords=("axes fraction", "data"), fontsize=6.5, color=style.DARK, va="center")
    panels[1].set_ylim(0, 103)
    panels[1].set_yticks(np.arange(0, 101, 20))
    panels[1].set_ylabel("cumulative share (%)")
    for axes in panels:
        axes.set_xlabel("principal component")
    panels[1].legend(loc="lower right")
    return figure
