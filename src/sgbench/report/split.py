"""How the parts of a split are made up of space groups."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sgbench.report import style
from sgbench.samples.redistribute import PARTS


def tabulate(samples: pd.DataFrame, splits: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Count samples: a row for each split, space group and part.

    Args:
        samples: has id and space_group.
        splits: the table (id, part) of each split by its name.
    """
    groups = samples[["id", "space_group"]]
    tables = [split.merge(groups, on="id").assign(split=name) for name, split in splits.items()]
    keys = ["split", "space_group", "part"]
    return pd.concat(tables).groupby(keys, sort=True).size().rename("samples").reset_index()


def draw(counts: pd.DataFrame, audits: Mapping[str, dict]) -> Figure:
    """Draw the samples of each part over the space groups, the largest first, one panel a split.

    Args:
        counts: see :func:`tabulate`.
        audits: the leak audit of each split, as :func:`sgbench.samples.redistribute.audit` gives it.
    """
    figure = style.new_figure(style.PAGE, 0.5 + 1.7 * len(audits))
    panels = figure.subplots(len(audits), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, audit) in zip(panels, audits.items(), strict=True):
        table = counts[counts["split"] == name]
        table = table.pivot_table(index="space_group", columns="part", values="samples", fill_value=0, aggfunc="sum")
        table = table.reindex(columns=PARTS, fill_value=0)
        table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
        rank = np.arange(1, len(table) + 1)
        for part in PARTS:
            values = table[part].replace(0, np.nan)
            axes.scatter(rank, values, s=5, color=style.PART_COLOURS[part], label=f"{part} ({table[part].sum():,})")
        style.count_scale(axes, "y", table.to_numpy().max())
        axes.set_ylabel("samples")
        leaked = f"{100 * audit['test']['share_in_train']:.0f} % of test samples show a training material"
        if "share_of_types_in_train" in audit["test"]:
            leaked += f", {100 * audit['test']['share_of_types_in_train']:.0f} % a training structure type"
        axes.set_title(f"{style.label('split', name)}: {leaked}", loc="left")
        axes.legend(loc="upper right", ncols=3)
    panels[-1].set_xlabel("space groups, from the largest to the smallest")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure
