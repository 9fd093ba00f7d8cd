"""Every balance variant with every model: test macro-F1 as a map."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import compared


def tabulate(scores: pd.DataFrame) -> pd.DataFrame:
    """Average test macro-F1 over seeds, and compare: a row for each balance and model, in the order of the matrix.

    Args:
        scores: the trainings of one modality, task, dedup and split.
    """
    return compared(scores, ["balance", "model"], "test_macro_f1")


def draw(table: pd.DataFrame) -> Figure:
    """Draw a field a training, lighter for a higher score, with mean and 95 % interval; empty where none was trained.

    Numbers are bold where they differ from those of the reference.
    """
    models, balances = table["model"].unique(), table["balance"].unique()
    means = table.pivot_table(index="balance", columns="model", values="mean").reindex(balances, columns=models)
    rows = table.set_index(["balance", "model"])
    # A second line says what has not converged.
    height = 0.27 if table["converged"].all() else 0.36
    figure = style.new_figure(min(style.PAGE, 1.9 + 0.85 * len(models)), 0.9 + height * len(balances))
    axes = figure.subplots()
    values = means.to_numpy()
    top = max(np.nanmax(values), 1e-9)
    field = axes.imshow(values, cmap="cividis", vmin=0, vmax=top, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        training = rows.loc[(balances[row], models[column])]
        text = f"{value:.2f}" + ("" if np.isnan(training["half_width"]) else f" ± {training['half_width']:.2f}")
        text += "" if training["converged"] else f"\n{style.NOT_CONVERGED}"
        colour, weight = "white" if value < 0.6 * top else "black", "bold" if training["differs"] else "normal"
        axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour, weight=weight)
    axes.set_xticks(range(len(models)), [style.label("model", name) for name in models], rotation=30, ha="right")
    axes.set_yticks(range(len(balances)), [style.label("balance", name) for name in balances])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(field, ax=axes, label="test macro-F1", pad=0.02)
    return figure
