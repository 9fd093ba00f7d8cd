"""What the model and balance that are chosen on dev take for what."""

import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import converged
from sgbench.training.f1 import named

_MOST_LABELS = 40


def tabulate(predictions: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Count the test samples: a row for each pair of true and predicted class, in parts where classes tie.

    Args:
        predictions: of one training or, pooled, of several; see :func:`sgbench.scores.evaluation.predict`.
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


def draw(table: pd.DataFrame, chosen: pd.DataFrame, best: bool) -> Figure:
    """Draw the confusion matrix, each row as shares of its true class, with counts where they are readable.

    Args:
        table: see :func:`tabulate`.
        chosen: the trainings that it is of, seeds of one model and balance; has model, balance, modality,
            test_accuracy, test_macro_f1 and, where it is not the modality, judged.
        best: whether it is the best of several on dev, and not only the one that is shown.
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
    one = chosen.iloc[0]
    who = ", ".join(style.label(axis, one[axis]) for axis in ("model", "balance", "modality"))
    judged = one.get("judged", one["modality"])
    who += f" on {style.label('modality', judged)}" if judged != one["modality"] else ""
    means = chosen[["test_accuracy", "test_macro_f1"]].mean()
    score = f"accuracy {100 * means['test_accuracy']:.1f} %, macro-F1 {means['test_macro_f1']:.3f}"
    score = style.marked(score, converged(chosen).all())
    pooled = f", {len(chosen)} seeds" if len(chosen) > 1 else ""
    figure.suptitle(f"{'highest on dev' if best else 'shown'}: {who}{pooled}\n{score}", fontsize=8)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.6)
    return figure
