"""Classes before and after each balance variant."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style

_PANELS = 5


def tabulate(classes: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the class tables of the variants under each other, with the variant's name in a column ``balance``."""
    return pd.concat([table.assign(balance=name) for name, table in classes.items()], ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the training items of each class on a logarithmic axis, a panel a variant, largest classes first."""
    variants = list(dict.fromkeys(table["balance"]))
    columns = min(_PANELS, len(variants))
    lines = -(-len(variants) // columns)
    figure = style.new_figure(style.PAGE, 0.4 + lines * (0.5 + 0.11 * table["label"].nunique()))
    panels = figure.subplots(lines, columns, sharey=True, sharex=True, squeeze=False).ravel()
    for axes in panels[len(variants) :]:
        axes.set_visible(False)
    for axes, name in zip(panels, variants, strict=False):
        rows = table[table["balance"] == name].sort_values(["samples", "label"], ascending=[True, False])
        real = rows["items"] - rows["made"]
        axes.barh(rows["name"], real, color=style.ACCENT, height=0.75, label="samples")
        axes.barh(rows["name"], rows["made"], left=real, color="#E69F00", height=0.75, label="synthetic")
        axes.plot(rows["samples"], rows["name"], "|", color=style.DARK, markersize=5, label="before")
        style.count_scale(axes, "x", table["items"].max())
        axes.set_title(f"{style.label('balance', name)}\n{rows['items'].sum():,}", loc="left")
        axes.set_xlabel("training items")
        axes.tick_params(axis="y", labelsize=6.5, length=0)
        axes.margins(y=0.01)
    style.label_lowest(panels[: len(variants)], columns)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
