"""How figures look, in one place: sizes, colours, fonts, and how they are saved; the study says how its names look."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from sgbench.files import atomic, write_table

#: Width of a printed page, inches.
PAGE = 7.2

# Okabe & Ito's palette, distinguishable in every common form of colour blindness.
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
GREY, DARK, ACCENT, ACCENT_2 = "#BBBBBB", "#333333", "#0072B2", "#D55E00"
#: From light to dark, for things that have an order.
SEQUENCE = mpl.colormaps["YlGnBu"]
PART_COLOURS = {"train": _PALETTE[0], "dev": _PALETTE[4], "test": _PALETTE[1]}
#: What figures say of trainings that did not learn their own items.
NOT_CONVERGED = "not converged"
_METRICS = {
    "macro_f1": "macro-F1",
    "top3": "top-3 accuracy",
    "top5": "top-5 accuracy",
    "bravais_lattice": "accuracy of Bravais lattices",
    "removed": "share",
    "mean_per_group": "mean",
    "quartile_per_group": "25th percentile",
}
# How the names of the study at hand look, see sgbench.study.looks.
_looks: dict[str, Mapping[str, Mapping[str, str]]] = {}

_RC = {
    "font.size": 8,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "lines.linewidth": 1.2,
    "savefig.dpi": 200,
    "svg.fonttype": "none",
    # The same figure gives the same bytes.
    "svg.hashsalt": "sgbench",
}
mpl.rcParams.update(_RC)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that size in inches; no window system is needed."""
    return Figure(figsize=(width, height), layout="constrained")


def count_scale(axes: Axes, which: str, largest: float) -> None:
    """Make an axis of counts logarithmic, from just below 1, with plain numbers at powers of ten.

    Args:
        axes: the panel.
        which: x or y.
        largest: the largest count to show.
    """
    axes.set(**{f"{which}scale": "log", f"{which}lim": (0.8, 1.4 * largest)})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.set_minor_formatter(NullFormatter())


def label_lowest(panels: Sequence[Axes], columns: int) -> None:
    """Number the x axis of the lowest panel of each column, where panels in rows of ``columns`` share it."""
    for axes in panels[-columns:]:
        axes.tick_params(labelbottom=True)


def name_rows(axes: Axes, rows: pd.DataFrame, by: list[str]) -> None:
    """Name the rows of a panel of horizontal lines, the first on top.

    Args:
        axes: the panel.
        rows: a row each, with its place ``y``, converged, and the columns ``by``, whose labels are its name.
        by: names of columns, axes of the matrix.
    """
    names = [", ".join(map(label, by, row)) for row in rows[by].itertuples(index=False)]
    axes.set_yticks(rows["y"], list(map(marked, names, rows["converged"])), fontsize=6.5)
    axes.tick_params(axis="y", length=0)
    # A single row would have no room for the name of its modality, and the last of few would lie on the axis.
    axes.set_ylim(rows["y"].max() + 0.7, rows["y"].min() - 0.7)


def dots(axes: Axes, points: pd.DataFrame, colour: str, size: float) -> None:
    """Draw means over seeds with their 95 % intervals: filled where they differ from the reference, else hollow.

    Args:
        axes: the panel.
        points: see :func:`sgbench.report.summary.compared`; each has its place ``y``.
        colour: of dots and intervals.
        size: of a dot, points.
    """
    for differs, rows in points.groupby("differs"):
        face = colour if differs else "white"
        axes.errorbar(
            rows["mean"],
            rows["y"],
            xerr=rows["half_width"],
            fmt="o",
            markersize=size,
            color=colour,
            markerfacecolor=face,
            capsize=2,
        )


def use(looks: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    """Let all figures of this process show the names of a study as :func:`sgbench.study.looks.looks` has them."""
    _looks.update(looks)


def label(axis: str, name: str) -> str:
    """Return the text of a name of the study, e.g. ``20 largest space groups`` for the task ``largest20``."""
    return _looks.get(axis, {}).get(name, {}).get("label", name.replace("_", " "))


def name(of: str) -> str:
    """Return the text of a name whose axis is not known, e.g. one in the name of a figure's file."""
    return next((names[of]["label"] for names in _looks.values() if of in names), of.replace("_", " "))


def labels(table: pd.DataFrame, axis: str) -> pd.Series:
    """Return the texts of a column, which is named after an axis of the matrix."""
    return table[axis].map(partial(label, axis))


def marked(text: str, converged: bool) -> str:
    """Return the name or the score of a training, or of several, and that it did not converge, where it did not."""
    return text if converged else f"{text} ({NOT_CONVERGED})"


def knows(modality: str) -> str:
    """Return what a modality knows that a measurement does not tell, a sentence; of most, an empty text."""
    return _looks.get("modality", {}).get(modality, {}).get("knows", "")


def metric(name: str) -> str:
    """Return the text of a score, e.g. ``macro-F1`` for ``macro_f1``."""
    return _METRICS.get(name, name.replace("_", " "))


def many_colours(count: int) -> list[Any]:
    """Return that many colours, told apart as well as so many can be."""
    if count <= len(_PALETTE):
        return list(_PALETTE[:count])
    colours = mpl.colormaps["tab20"].colors
    return [colours[number % len(colours)] for number in range(count)]


def model_colours(names: Iterable[str]) -> dict[str, str]:
    """Return the colour of each model, the same in all figures of the study."""
    models = _looks.get("model", {})
    return {name: models.get(name, {}).get("colour", DARK) for name in names}


def save(figure: Figure, table: pd.DataFrame, output: Any) -> None:
    """Write a figure and the table that it draws.

    Args:
        figure: what to write.
        table: the numbers in it.
        output: has the paths svg, png and csv.
    """
    write_table(table, output.csv)
    # Found once; else each format would find the places of everything twice, and draw for that.
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine(None)
    for path, kind in ((output.svg, "svg"), (output.png, "png")):
        with atomic(path) as partial:
            figure.savefig(partial, format=kind, metadata={"Date": None} if kind == "svg" else None)
