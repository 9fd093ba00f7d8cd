"""The search for the medium: how far the largest classes can be reduced before the probes' score drops."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from sgbench.report import style


def draw(table: pd.DataFrame, threshold: float) -> Figure:
    """Draw the probes' mean dev score over the level, from the largest class down; the chosen level is marked.

    Args:
        table: see :func:`sgbench.balance.medium.search`.
        threshold: drop of the score that ends the search.
    """
    figure = style.new_figure(style.PAGE * 0.6, 2.4)
    axes = figure.subplots()
    chosen = table[table["chosen"]].iloc[0]
    axes.plot(table["level"], table["score"], ".-", color=style.ACCENT)
    axes.plot(
        chosen["level"], chosen["score"], "o", color="#D55E00", label=f"chosen: {chosen['level']:,} samples a class"
    )
    axes.plot(
        table["level"],
        table["score"].cummax() - threshold,
        color=style.DARK,
        linewidth=0.6,
        linestyle=":",
        label="largest drop allowed",
    )
    axes.set_xscale("log")
    axes.set_xticks(table["level"][:: max(1, len(table) // 8)])
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.invert_xaxis()
    axes.set_xlabel("most samples a class")
    axes.set_ylabel("mean recall on dev")
    axes.legend(loc="best")
    return figure
