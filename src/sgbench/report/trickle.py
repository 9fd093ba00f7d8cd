"""When levels pay: the Trickle-Down Classifier against the same model on all classes at once, by training items."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from sgbench.report import style
from sgbench.report.summary import of_way, over_seeds, with_gains

#: Accuracy of one network on all classes, and that of TDC over it, in Dash & Dasgupta 2020.
PUBLISHED = (0.14, 0.34 / 0.14)


def tabulate(scores: pd.DataFrame, pairs: Mapping[str, str]) -> pd.DataFrame:
    """Compare models over seeds: a row for each model with levels and balance under which both were trained.

    Args:
        scores: the trainings of one modality, task, dedup and split.
        pairs: see :func:`sgbench.study.counterparts.without_levels`.

    Returns:
        model, balance, mean test accuracy, half_width, seeds and converged (see
        :func:`sgbench.report.summary.over_seeds`), naive (the other model), naive_mean, naive_converged, train_items
        (the mean), ratio (of the means), gain (their difference), gain_half_width and differs, whether it leaves out 0.
    """
    by, metric = ["model", "balance"], "test_accuracy"
    means = over_seeds(scores, by, metric)
    items = scores.groupby(by, sort=False)["train_items"].mean().rename("train_items").reset_index()
    table = means[means["model"].isin(pairs.keys())].merge(items, on=by)
    other = means[[*by, "mean", "converged"]].set_axis(["naive", "balance", "naive_mean", "naive_converged"], axis=1)
    table = table.assign(naive=table["model"].map(pairs)).merge(other, on=["naive", "balance"])
    table = table.assign(ratio=table["mean"] / table["naive_mean"])
    ours = [of_way(scores, {"model": row.model, "balance": row.balance}) for row in table.itertuples()]
    theirs = [of_way(scores, {"model": row.naive, "balance": row.balance}) for row in table.itertuples()]
    return with_gains(table, ours, theirs, metric)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the ratio of accuracies against training items and against the accuracy of the model alone.

    A dot is hollow where the difference does not hold over seeds; the published pair is a cross.
    """
    figure = style.new_figure(style.PAGE, 3.4)
    panels = figure.subplots(1, 2, sharey=True)
    colours = style.model_colours(table["model"])
    for axes, column in zip(panels, ("train_items", "naive_mean"), strict=True):
        for model, rows in table.sort_values("train_items").groupby("model", sort=False):
            learnt = bool(rows["converged"].all() and rows["naive_converged"].all())
            name = style.marked(style.label("model", model), learnt)
            if column == "train_items":
                axes.plot(rows[column], rows["ratio"], color=colours[model], linewidth=0.8)
            faces = [colours[model] if differs else "white" for differs in rows["differs"]]
            axes.scatter(rows[column], rows["ratio"], 18, faces, edgecolors=colours[model], zorder=3, label=name)
        axes.axhline(1, color=style.DARK, linewidth=0.8, linestyle=":")
    panels[0].set_xscale("log")
    sizes = sorted(set(table["train_items"].round().astype(int)))
    panels[0].set_xticks(sizes, [f"{size:,}" for size in sizes])
    panels[0].xaxis.set_minor_locator(NullLocator())
    panels[0].set_xlabel("training items")
    panels[0].set_ylabel("test accuracy, levels : one model")
    panels[1].scatter(*PUBLISHED, 30, style.ACCENT_2, marker="x", label="published")
    panels[1].set_xlabel("test accuracy of the one model")
    panels[1].set_xlim(left=0)
    panels[1].set_ylim(bottom=0)
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure
