"""The published numbers of the literature beside those measured here."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgbench.crystals.symmetry import N_SPACE_GROUPS
from sgbench.report import style
from sgbench.report.summary import died, of_way, over_seeds, with_deaths
from sgbench.study.config import COUNTED, REMOVED

_SCORES, _COUNTS = "score, or share", "samples a space group"


def tabulate(
    rows: Sequence[Mapping[str, Any]],
    scores: pd.DataFrame,
    kept: Mapping[tuple[str, str], pd.DataFrame],
    groups: Mapping[tuple[str, str, str], np.ndarray],
) -> pd.DataFrame:
    """Return a row for each published number.

    Args:
        rows: the section ``published`` of the configuration.
        scores: the scores of all trainings; has ``judged``, the modality that a model was judged on.
        kept: the dedup tables by modality and dedup, for the rows about records removed.
        groups: the space group of each row of a split's table, by modality, dedup and split, for the rows about them.

    Returns:
        row, what, source, metric, published, measured (mean over seeds), half_width (of its 95 % interval; NaN for one
        seed), seeds, converged (see :func:`over_seeds`), differs and, where a model tells, died: in how many of
        the seeds the first network died.
    """
    table, deaths = [], []
    for row in rows:
        measured = {"mean": np.nan, "half_width": np.nan, "seeds": 0, "converged": True}
        chosen = pd.DataFrame()
        cell = row["cell"]
        if row["metric"] == REMOVED:
            measured |= {"mean": 1 - kept[cell["modality"], cell["dedup"]]["kept"].mean(), "seeds": 1}
        elif row["metric"] in COUNTED:
            found = groups[cell["modality"], cell["dedup"], cell["split"]]
            counts = np.bincount(found, minlength=N_SPACE_GROUPS + 1)[1:]
            mean = counts.mean() if row["metric"] == "mean_per_group" else np.percentile(counts, 25)
            measured |= {"mean": mean, "seeds": 1}
        else:
            wanted = {"judged": cell["modality"], **cell}
            chosen = of_way(scores, wanted)
            averaged = over_seeds(chosen, list(wanted), f"test_{row['metric']}")
            if len(averaged) == 1:
                measured = averaged.iloc[0]
        deaths.append(died(chosen))
        table.append(
            {
                **{key: row[key] for key in ("row", "what", "source", "metric", "published")},
                "measured": measured["mean"],
                "half_width": measured["half_width"],
                "seeds": int(measured["seeds"]),
                "converged": bool(measured["converged"]),
                "differs": row["differs"],
            }
        )
    return with_deaths(pd.DataFrame(table), deaths)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a line a number, from the published (ring) to the measured one (dot, with its 95 % interval)."""
    counted = table["metric"].isin(COUNTED)
    shown = [(rows, text) for rows, text in ((table[~counted], _SCORES), (table[counted], _COUNTS)) if len(rows)]
    heights = [len(rows) + 1.5 for rows, _ in shown]
    figure = style.new_figure(style.PAGE, 0.4 + 0.24 * sum(heights))
    panels = figure.subplots(len(shown), squeeze=False, height_ratios=heights)[:, 0]
    for axes, (rows, text) in zip(panels, shown, strict=True):
        _draw(axes, rows)
        axes.set_xlabel(text)
        if text == _SCORES:
            axes.set_xlim(0, 1)
        else:
            # Some counts are 0.
            axes.set_xscale("symlog", linthresh=1)
            axes.set_xlim(-0.2, 1.5 * rows[["published", "measured"]].max(axis=None))
            axes.xaxis.set_major_formatter("{x:,.0f}")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    y = np.arange(len(rows))
    axes.hlines(y, rows["published"], rows["measured"], color=style.GREY, linewidth=1)
    axes.plot(rows["published"], y, "o", markersize=6, markerfacecolor="white", color=style.DARK, label="published")
    axes.errorbar(
        rows["measured"],
        y,
        xerr=rows["half_width"],
        fmt="o",
        markersize=4,
        capsize=2,
        color=style.ACCENT,
        label="measured here",
    )
    names = rows["row"] + ": " + rows["what"] + ", " + rows["metric"].map(style.metric)
    axes.set_yticks(y, names.combine(rows["converged"], style.marked), fontsize=6.5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.5, -0.5)
