"""What the balance variants make of a rare group: beside the real patterns, among them, and how far from copies."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.balance.variant import Variant
from sgbench.files import read_table
from sgbench.report import style
from sgbench.samples.items import Items, plan_items
from sgbench.samples.store import Store

REAL, HELD_OUT = "training samples", "dev samples"
_SHOWN = 6
_MADE = "#E69F00"


def variant_items(store: Store, samples: pd.DataFrame, changes: Sequence[Mapping[str, Any]], plan: str | Path) -> Items:
    """Return the training items of a variant.

    Args:
        store: the real images.
        samples: the task's samples, with id and row.
        changes: the variant's steps that change items as they are read, as the configuration gives them.
        plan: path of its plan; what it generated lies beside.
    """
    table, second = read_table(plan), Path(plan).with_name("generated.h5")
    is_generated = not table["id"].isin(samples["id"]).all()
    generated = (Store(second), read_table(second.with_suffix(".parquet"))) if is_generated else None
    return plan_items(store, samples, table, Variant(changes).augmenter(store.made_by), generated)


def tabulate_distances(table: pd.DataFrame) -> pd.DataFrame:
    """Return, for each kind, quantiles of the distance to the nearest training sample.

    Args:
        table: see :func:`sgbench.report.closeness.measure`.

    Returns:
        kind, items, q10, q25, median, q75, q90, and copies: the share within a hundredth of the dev median.
    """
    drawn = table[table["drawn"]]
    near = 0.01 * drawn.loc[drawn["kind"] == HELD_OUT, "distance"].median()
    quantiles = {"q10": 0.1, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.9}
    rows = []
    for kind, distance in drawn.groupby("kind", sort=False)["distance"]:
        values = {name: distance.quantile(share) for name, share in quantiles.items()}
        rows.append({"kind": kind, "items": len(distance), **values, "copies": (distance < near).mean()})
    return pd.DataFrame(rows)


def draw_distances(table: pd.DataFrame) -> Figure:
    """Draw the quantiles of :func:`tabulate_distances`, a line a kind; the dev samples' median is dotted."""
    figure = style.new_figure(style.PAGE * 0.75, 0.7 + 0.22 * len(table))
    axes = figure.subplots()
    place = np.arange(len(table))[::-1]
    colours = [_colour(kind) for kind in table["kind"]]
    axes.hlines(place, table["q10"], table["q90"], colors=colours, linewidth=1)
    axes.hlines(place, table["q25"], table["q75"], colors=colours, linewidth=4)
    axes.scatter(table["median"], place, s=16, color="white", edgecolors=colours, zorder=3)
    for median in table.loc[table["kind"] == HELD_OUT, "median"]:
        axes.axvline(median, color=style.DARK, linewidth=0.6, linestyle=":", zorder=0)
    names = [f"{style.label('balance', row.kind)}, {100 * row.copies:.0f} % copies" for row in table.itertuples()]
    axes.set_yticks(place, names)
    axes.set_xlim(left=0)
    axes.set_xlabel("distance to the nearest training sample")
    return figure


def tabulate_points(table: pd.DataFrame) -> pd.DataFrame:
    """Return the points of :func:`draw_points`: of the rare class all, of the others the training samples drawn."""
    kept = table[table["rare"] | (table["kind"] == REAL)]
    return kept[["kind", "id", "label", "rare", "pc1", "pc2"]].reset_index(drop=True)


def draw_points(points: pd.DataFrame, name: str) -> Figure:
    """Draw the class on the first two principal components of the training samples, a panel a variant.

    Args:
        points: see :func:`tabulate_points`.
        name: the class.
    """
    real = points["kind"] == REAL
    # Where the classes are of one size already, nothing is made.
    kinds = list(dict.fromkeys(points["kind"][~real & (points["kind"] != HELD_OUT)])) or ["nothing made"]
    columns = min(4, len(kinds))
    lines = -(-len(kinds) // columns)
    figure = style.new_figure(style.PAGE, 0.5 + 1.75 * lines)
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    others, own = points[real & ~points["rare"]], points[real & points["rare"]]
    held = points[points["kind"] == HELD_OUT]
    for axes, kind in zip(panels, kinds, strict=False):
        made = points[points["kind"] == kind]
        axes.scatter(others["pc1"], others["pc2"], s=2, color=style.GREY, linewidths=0, label="other training samples")
        axes.scatter(made["pc1"], made["pc2"], s=4, color=_MADE, linewidths=0, label="made")
        axes.scatter(own["pc1"], own["pc2"], s=8, color=style.ACCENT, linewidths=0, label=f"training samples of {name}")
        axes.scatter(
            held["pc1"], held["pc2"], s=14, marker="x", color=style.DARK, linewidths=0.8, label="its dev samples"
        )
        axes.set_title(f"{style.label('balance', kind)}: {len(made)}", loc="left")
    style.label_lowest(panels[: len(kinds)], columns)
    for axes in panels[len(kinds) :]:
        axes.set_visible(False)
    figure.supxlabel("first principal component", fontsize=8)
    figure.supylabel("second principal component", fontsize=8)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, markerscale=1.5)
    return figure


def choose_gallery(table: pd.DataFrame) -> pd.DataFrame:
    """Return up to six items of the rare class of each kind but dev, of a variant those spread over its plan."""
    rare = table[table["rare"] & (table["kind"] != HELD_OUT)]
    chosen = [
        rows.iloc[np.unique(np.linspace(0, len(rows) - 1, _SHOWN).astype(int))]
        for _, rows in rare.groupby("kind", sort=False)
    ]
    return pd.concat(chosen, ignore_index=True)[["kind", "position", "id", "label", "distance", "nearest"]]


def draw_gallery(images: Mapping[str, np.ndarray], angles: np.ndarray | None) -> Figure:
    """Draw images in a row a kind, powder patterns as curves above each other in a panel a kind.

    Args:
        images: those that :func:`choose_gallery` names, of each kind, (n, C, H, W).
        angles: two-theta of each bin of a powder pattern, degrees; None for images.
    """
    return _curves(images, angles) if angles is not None else _pictures(images)


def _pictures(images: Mapping[str, np.ndarray]) -> Figure:
    side = style.PAGE / (_SHOWN + 1.5)
    figure = style.new_figure(style.PAGE, side * len(images))
    panels = figure.subplots(len(images), _SHOWN, squeeze=False)
    for row, (kind, own) in zip(panels, images.items(), strict=True):
        for axes in row:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        for axes, image in zip(row, own, strict=False):
            axes.imshow(np.sqrt(np.clip(_in_colour(image), 0, 1)), interpolation="nearest")
        row[0].set_ylabel(style.label("balance", kind), rotation=0, ha="right", va="center")
    return figure


def _curves(images: Mapping[str, np.ndarray], angles: np.ndarray) -> Figure:
    columns = min(3, len(images))
    lines = -(-len(images) // columns)
    figure = style.new_figure(style.PAGE, 0.3 + 2.0 * lines)
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    # Wide enough for several peaks, narrow enough to tell them apart.
    window = slice(len(angles) // 8, 5 * len(angles) // 8)
    for axes, (kind, own) in zip(panels, images.items(), strict=False):
        for number, image in enumerate(own):
            axes.plot(angles[window], image[0, 0, window] - 1.1 * number, color=_colour(kind), linewidth=0.5)
        axes.set_title(style.label("balance", kind), loc="left")
        axes.set_yticks([])
        axes.margins(x=0)
    style.label_lowest(panels[: len(images)], columns)
    for axes in panels[len(images) :]:
        axes.set_visible(False)
    figure.supxlabel("scattering angle two-theta (degrees)", fontsize=8)
    figure.supylabel("intensity, as stored", fontsize=8)
    return figure


def _in_colour(image: np.ndarray) -> np.ndarray:
    """Return an image (C, H, W) as (H, W, 3): three channels in colour, else the mean in grey."""
    return (image if len(image) == 3 else np.repeat(image.mean(axis=0)[None], 3, axis=0)).transpose(1, 2, 0)


def _colour(kind: str) -> str:
    return {REAL: style.ACCENT, HELD_OUT: style.DARK}.get(kind, _MADE)
