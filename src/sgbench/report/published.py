"""The published numbers of the literature beside those measured here."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.report.summary import over_seeds

#: Metric of a row that is no score: the share of records that a dedup removes.
REMOVED = "removed"


def tabulate(
    rows: Sequence[Mapping[str, Any]], scores: pd.DataFrame, kept: Mapping[tuple[str, str], pd.DataFrame]
) -> pd.DataFrame:
    """Return a row for each published number.

    Args:
        rows: the section ``published`` of the configuration.
        scores: the scores of all trainings; has ``judged``, the modality that a model was judged on.
        kept: the dedup tables by modality and dedup, for the rows about records removed.

    Returns:
        row, what, source, metric, published, measured (mean over seeds), half_width (of its 95 % interval; NaN for one
        seed), seeds, differs.
    """
    table = []
    for row in rows:
        measured = {"mean": np.nan, "half_width": np.nan, "seeds": 0}
        cell = row["cell"]
        if row["metric"] == REMOVED:
            measured |= {"mean": 1 - kept[cell["modality"], cell["dedup"]]["kept"].mean(), "seeds": 1}
        else:
            wanted = {"judged": cell["modality"], **cell}
            chosen = scores[(scores[list(wanted)] == pd.Series(wanted)).all(axis=1)]
            averaged = over_seeds(chosen, list(wanted), f"test_{row['metric']}")
            if len(averaged) == 1:
                measured = averaged.iloc[0]
        table.append(
            {
                **{key: row[key] for key in ("row", "what", "source", "metric", "published")},
                "measured": measured["mean"],
                "half_width": measured["half_width"],
                "seeds": int(measured["seeds"]),
                "differs": row["differs"],
            }
        )
    return pd.DataFrame(table)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a line a number, from the published (ring) to the measured one (dot, with its 95 % interval)."""
    figure = style.new_figure(style.PAGE, 0.9 + 0.24 * len(table))
    axes = figure.subplots()
    y = np.arange(len(table))
    axes.hlines(y, table["published"], table["measured"], color=style.GREY, linewidth=1)
    axes.plot(table["published"], y, "o", markersize=6, markerfacecolor="white", color=style.DARK, label="published")
    axes.errorbar(
        table["measured"],
        y,
        xerr=table["half_width"],
        fmt="o",
        markersize=4,
        capsize=2,
        color=style.ACCENT,
        label="measured here",
    )
    axes.set_yticks(y, table["row"] + ": " + table["what"] + ", " + table["metric"].map(style.label), fontsize=6.5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xlabel("score, or share")
    figure.legend(loc="outside upper right", ncols=2)
    return figure
