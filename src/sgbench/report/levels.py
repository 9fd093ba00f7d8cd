"""Where the samples of each class stop in a classifier of several levels."""

from collections.abc import Mapping
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.models.tdc import level_classes
from sgbench.report import style
from sgbench.training.f1 import right

# Panels of a row at most; more would leave no room for the names of classes.
_BESIDE = 3


def tabulate(predictions: pd.DataFrame, classes: pd.DataFrame, sizes: int | list[int]) -> pd.DataFrame:
    """Count the test samples: a row for each class and level at which one of them could stop.

    Args:
        predictions: see :func:`sgbench.scores.evaluation.predict`; has level.
        classes: the class table, see :func:`sgbench.balance.plan.class_table`.
        sizes: see :class:`sgbench.models.tdc.Settings`.

    Returns:
        class, train_samples, own_level (that of the class, from 1), level, samples (that stop there) and right (of
        them, in expectation where classes tie), classes from the most to the least frequent.
    """
    rows = predictions[predictions["part"] == "test"]
    share_right = right(rows["label"].to_numpy(), rows.filter(regex=r"^p\d+$").to_numpy())
    levels = level_classes(classes["samples"].to_numpy(), sizes)
    table = []
    for own_level, labels in enumerate(levels, start=1):
        for label in labels:
            for level in range(1, len(levels) + 1):
                here = ((rows["label"] == label) & (rows["level"] == level)).to_numpy()
                name, samples = classes.loc[label, ["name", "samples"]]
                table.append((name, samples, own_level, level, here.sum(), share_right[here].sum()))
    return pd.DataFrame(table, columns=["class", "train_samples", "own_level", "level", "samples", "right"])


def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw for each class the shares of its test samples that stop at each level, a panel a model.

    Args:
        tables: see :func:`tabulate`, by model; with converged, whether the trainings of all levels did.
    """
    classes = max(table["class"].nunique() for table in tables.values())
    rows = ceil(len(tables) / _BESIDE)
    figure = style.new_figure(style.PAGE, 0.4 + rows * (0.8 + 0.14 * classes))
    grid = figure.subplots(rows, min(len(tables), _BESIDE), squeeze=False)
    panels, spare = np.split(grid.ravel(), [len(tables)])
    n_levels = max(table["level"].max() for table in tables.values())
    colours = [style.SEQUENCE(shade) for shade in np.linspace(0.15, 0.9, n_levels)]
    for axes, (model, table) in zip(panels, tables.items(), strict=True):
        names = list(dict.fromkeys(table["class"]))
        y = np.arange(len(names))
        count = table.pivot_table(index="class", columns="level", values="samples").loc[names]
        share = count.div(count.sum(axis=1).clip(lower=1), axis=0)
        left = np.zeros(len(names))
        for level in share.columns:
            axes.barh(y, share[level], left=left, height=0.8, color=colours[level - 1], label=f"level {level}")
            left += share[level].to_numpy()
        own = table.drop_duplicates("class")["own_level"].to_numpy()
        for edge in np.flatnonzero(np.diff(own)):
            axes.axhline(edge + 0.5, color=style.ACCENT_2, linewidth=0.8)
        for level in np.unique(own):
            middle = y[own == level].mean()
            axes.text(1.01, middle, f"own\nlevel {level}", va="center", fontsize=6, color=style.ACCENT_2)
        accuracy = table["right"].sum() / max(table["samples"].sum(), 1)
        name = style.marked(style.label("model", model), table["converged"].all())
        axes.set_title(f"{name}:\n{100 * accuracy:.1f} % right", loc="left", fontsize=7)
        axes.set_yticks(y, names, fontsize=6.5)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of the class's test samples")
    for axes in spare:
        axes.set_axis_off()
    deepest = max(panels, key=lambda axes: len(axes.containers))
    handles, labels = deepest.get_legend_handles_labels()
    figure.legend(
        handles, [f"stop at {label}" for label in labels], loc="outside lower center", ncols=min(len(labels), 6)
    )
    return figure
