"""Recall against the number of training crystals of a class: what becomes of classes with few, or none at all.

Classes are binned by their distinct training materials. In each bin the recall is the mean over its classes, each with
the same weight.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from sgbench.report import style
from sgbench.report.summary import class_recalls, compared

#: The least number of materials of each bin: none, one, and then about twice as many from bin to bin.
BINS = np.array([0, 1, *(step * 10**power for power in range(5) for step in (2, 5, 10))])
_TRAINING = ["split", "model", "balance"]
# Where none stands on the logarithmic axis, and what sets it apart.
_NONE, _APART = 0.3, 0.55


def tabulate(scores: pd.DataFrame, found: Iterable[tuple[pd.DataFrame, pd.DataFrame]]) -> pd.DataFrame:
    """Average the recall of the classes of each bin over seeds, and compare it with the same model without balancing.

    Args:
        scores: trainings of one modality, task and dedup.
        found: of each, in the same order, its predictions, see :func:`sgbench.scores.evaluation.predict`, and its
            class table, see :func:`sgbench.balance.plan.class_table`.

    Returns:
        A row for each split, model, balance and bin that has classes with test samples: those names, from_materials and
        to_materials (the bin, both ends in it), classes (their mean number), what
        :func:`sgbench.report.summary.compared` gives of their recall, and chance, what naming a class at random gets.
    """
    recalls, counts, chance = [], [], 1.0
    for predictions, classes in found:
        of_class = class_recalls(predictions)
        of_class = of_class[of_class.index < len(classes)]
        bins = np.searchsorted(BINS, classes["materials"].to_numpy()[of_class.index], side="right") - 1
        recalls.append(of_class.groupby(bins).mean())
        counts.append(of_class.groupby(bins).size())
        chance = 1 / len(classes)
    recall, count = (pd.DataFrame(rows).set_axis(scores.index) for rows in (recalls, counts))
    tables = []
    for place in sorted(recall.columns):
        rows = scores.assign(recall=recall[place], classes=count[place]).dropna(subset=["recall"])
        table = compared(rows, _TRAINING, "recall")
        sizes = rows.groupby(_TRAINING, sort=False)["classes"].mean().reset_index()
        ends = {"from_materials": BINS[place], "to_materials": max(BINS[place], BINS[place + 1] - 1)}
        tables.append(table.merge(sizes, on=_TRAINING).assign(**ends, chance=chance))
    return pd.concat(tables, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a line a balance in a panel for each model and split; what the classes without materials get, apart."""
    splits, models, balances = (list(table[name].unique()) for name in _TRAINING)
    colours = dict(zip(balances, style.many_colours(len(balances)), strict=True))
    figure = style.new_figure(style.PAGE, 0.7 + 2.3 * len(models))
    panels = figure.subplots(len(models), len(splits), sharex=True, sharey=True, squeeze=False)
    for row, model in zip(panels, models, strict=True):
        for axes, split in zip(row, splits, strict=True):
            rows = table[(table["model"] == model) & (table["split"] == split)]
            axes.set_visible(len(rows) > 0)
            _panel(axes, rows, colours)
            name = style.marked(style.label("model", model), bool(rows["converged"].all()))
            axes.set_title(f"{name}\n{style.label('split', split)}", loc="left", pad=12)
    for column in panels.T:
        next(axes for axes in column[::-1] if axes.get_visible()).tick_params(labelbottom=True)
    _scale(panels[0, 0], table["to_materials"].max(), table["mean"].max())
    figure.supxlabel("training materials of the class", fontsize=8)
    figure.supylabel("mean test recall of the classes", fontsize=8)
    handles = {handle.get_label(): handle for axes in panels.flat for handle in axes.get_legend_handles_labels()[0]}
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=min(len(handles), 5))
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, colours: dict[str, Any]) -> None:
    shown = [balance for balance in colours if (rows["balance"] == balance).any()]
    for place, balance in enumerate(shown):
        own = rows[rows["balance"] == balance].sort_values("from_materials")
        # Side by side, so that no interval hides another.
        x = _middle(own) * 1.08 ** (place - (len(shown) - 1) / 2)
        some = own["from_materials"] > 0
        axes.plot(x[some], own["mean"][some], color=colours[balance], linewidth=1)
        for differs in (False, True):
            of = own["differs"] == differs
            axes.errorbar(
                x[of],
                own["mean"][of],
                yerr=own["half_width"][of],
                fmt="o",
                markersize=3.5,
                color=colours[balance],
                markerfacecolor=colours[balance] if differs else "white",
                linewidth=0.8,
            )
        axes.plot([], [], "o-", color=colours[balance], markersize=3.5, label=style.label("balance", balance))
    if len(rows):
        axes.axhline(rows["chance"].iloc[0], color=style.DARK, linewidth=0.8, linestyle=":", label="a class at random")
        axes.axvline(_APART, color=style.GREY, linewidth=0.6)
        largest = rows.sort_values("classes").drop_duplicates("from_materials", keep="last")
        for x, count in zip(_middle(largest), largest["classes"], strict=True):
            axes.annotate(f"{count:.0f}", (x, 1.01), xycoords=("data", "axes fraction"), ha="center", fontsize=6)


def _middle(rows: pd.DataFrame) -> pd.Series:
    """Return where bins stand on the axis."""
    return np.sqrt(rows["from_materials"] * rows["to_materials"]).where(rows["from_materials"] > 0, _NONE)


def _scale(axes: Axes, largest: int, highest: float) -> None:
    """Make the axis of materials logarithmic, with a place for none; that of recall ends above the highest mean."""
    ticks = [10**power for power in range(6) if 10**power <= largest]
    axes.set_xscale("log")
    axes.set_xlim(0.18, max(1.5 * ticks[-1], largest))
    axes.xaxis.set_major_locator(FixedLocator([_NONE, *ticks]))
    axes.xaxis.set_major_formatter(FixedFormatter(["0", *(f"{tick:,}" for tick in ticks)]))
    axes.xaxis.set_minor_locator(NullLocator())
    top = min(1.02, 1.2 * highest + 0.02)
    axes.set_ylim(-0.03 * top, top)
