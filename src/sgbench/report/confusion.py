"""What the best model takes for what."""

import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.training.f1 import named

_MOST_LABELS = 40


def choose(scores: pd.DataFrame) -> pd.Series:
    """Return the training with the best dev macro-F1; test scores play no part."""
    return scores.loc[scores["dev_macro_f1"].idxmax()]


def tabulate(predictions: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Count the test samples: a row for each pair of true and predicted class, in parts where classes tie.

    Args:
        predictions: see :func:`sgbench.scores.evaluation.predict`.
        names: the classes in order.
    """
    rows = predictions[predictions["part"] == "test"]
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, rows["label"].to_numpy(), named(rows.filter(regex=r"^p\d+$").to_numpy()))
    truth, predicted = np.indices(counts.shape)
    return pd.DataFrame(
        {
            "true": np.take(names, truth.ravel()),
            "predicted": np.take(names, predicted.ravel()),
            "samples": counts.ravel(),
        }
    )


def draw(table: pd.DataFrame, chosen: pd.Series) -> Figure:
    """Draw the confusion matrix, each row as shares of its true class, with counts where they are readable.

    Args:
        table: see :func:`tabulate`.
        chosen: the training that it is of; has model, balance, modality, test_accuracy, test_macro_f1 and, where it is
            not the modality, judged.
    """
    names = list(dict.fromkeys(table["true"]))
    counts = table["samples"].to_numpy().reshape(len(names), len(names))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(style.PAGE - 1.2, 2.2 + 0.2 * len(names))
    figure = style.new_figure(side + 1.2, side)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0, 1))
    if len(names) <= _MOST_LABELS:
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=6.5)
        axes.set_yticks(range(len(names)), names, fontsize=6.5)
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if shares[row, column] > 0.45 else style.DARK
                axes.text(column, row, f"{round(count, 1):g}", ha="center", va="center", fontsize=5.5, color=colour)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    who = ", ".join(style.label(axis, chosen[axis]) for axis in ("model", "balance", "modality"))
    judged = chosen.get("judged", chosen["modality"])
    who += f" on {style.label('modality', judged)}" if judged != chosen["modality"] else ""
    score = f"accuracy {100 * chosen['test_accuracy']:.1f} %, macro-F1 {chosen['test_macro_f1']:.3f}"
    figure.suptitle(f"{who}\n{score}", fontsize=8)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.6)
    return figure
