"""What a score costs: the time of training against macro-F1."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from sgbench.report import style
from sgbench.report.summary import converged


def tabulate(scores: pd.DataFrame, benchmarks: Sequence[Sequence[str | Path]]) -> pd.DataFrame:
    """Return what each training took and scored.

    Args:
        scores: the trainings of one modality, task, dedup and split.
        benchmarks: Snakemake's benchmark files of each, in the same order: its own, and that of each training that it
            starts from.

    Returns:
        model, balance, seed, seconds (wall time of all these jobs), train_items, macro_f1 (test), converged (see
        :func:`sgbench.report.summary.converged`).
    """
    seconds = [sum(map(_seconds, files)) for files in benchmarks]
    table = scores[["model", "balance", "seed", "train_items"]].assign(
        macro_f1=scores["test_macro_f1"], seconds=seconds, converged=converged(scores)
    )
    columns = ["model", "balance", "seed", "seconds", "train_items", "macro_f1", "converged"]
    return table[columns].reset_index(drop=True)


def _seconds(benchmark: str | Path) -> float:
    """Return how long a job took; one tried again has appended a line, and the last one ended well."""
    return json.loads(Path(benchmark).read_text(encoding="utf-8").splitlines()[-1])["s"]


def draw(table: pd.DataFrame) -> Figure:
    """Draw a dot a training, its area growing with the items of an epoch; hollow where it did not converge."""
    figure = style.new_figure(style.PAGE * 0.75, 2.9)
    axes = figure.subplots()
    colours = style.model_colours(table["model"])
    largest = table["train_items"].max()
    for (model, learnt), rows in table.groupby(["model", "converged"], sort=False):
        area = 8 + 60 * rows["train_items"] / largest
        name = style.marked(style.label("model", model), learnt)
        colour = colours[model]
        face = colour if learnt else "none"
        axes.scatter(rows["seconds"], rows["macro_f1"], area, face, edgecolors=colour, alpha=0.75, label=name)
    axes.set_xscale("log")
    low, high = np.log10(table["seconds"].min()), np.log10(table["seconds"].max())
    decades = 10.0 ** np.arange(np.floor(low), np.ceil(high) + 1)
    axes.set_xticks(decades, [f"{value:,.0f}" if value >= 1 else f"{value:g}" for value in decades])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("training, seconds (whole job, with what it starts from)")
    axes.set_ylabel("test macro-F1")
    axes.set_ylim(0, 1.1 * table["macro_f1"].max() or 1)
    axes.grid()
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), markerscale=0.8)
    return figure
