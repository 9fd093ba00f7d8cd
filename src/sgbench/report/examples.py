"""One pattern of each crystal system."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.crystals.symmetry import CRYSTAL_SYSTEMS, symbol
from sgbench.report import style
from sgbench.samples.preparation import Axis
from sgbench.samples.store import settings_of


def choose(samples: pd.DataFrame) -> pd.DataFrame:
    """Return a sample of the largest space group of each crystal system, the densest, with its row in the store."""
    samples = samples.assign(row=np.arange(len(samples)))
    samples = samples[samples["crystal_system"] != ""]
    samples = samples.assign(order=samples["crystal_system"].map(CRYSTAL_SYSTEMS.index))
    samples = samples.sort_values(["order", "space_group_rank", "volume_per_atom", "id"])
    columns = ["crystal_system", "space_group", "formula", "id", "row"]
    return samples.drop_duplicates("crystal_system")[columns].reset_index(drop=True)


def draw(chosen: pd.DataFrame, images: np.ndarray, made_by: dict) -> Figure:
    """Draw one-dimensional patterns as lines under each other, images side by side.

    Args:
        chosen: see :func:`choose`.
        images: their patterns, (n, C, H, W).
        made_by: how the store was made.
    """
    titles = [f"{row.formula}\n{symbol(row.space_group)} ({row.space_group})" for row in chosen.itertuples()]
    return _lines(chosen, titles, images, made_by) if images.shape[2] == 1 else _pictures(chosen, titles, images)


def _lines(chosen: pd.DataFrame, titles: list[str], images: np.ndarray, made_by: dict) -> Figure:
    figure = style.new_figure(style.PAGE, 0.5 + 0.62 * len(chosen))
    panels = figure.subplots(len(chosen), 1, sharex=True, squeeze=False)[:, 0]
    axis = settings_of(Axis, made_by)
    angle = axis.angles(axis.middles)
    for axes, title, system, image in zip(panels, titles, chosen["crystal_system"], images, strict=True):
        axes.plot(angle, image[0, 0], color=style.ACCENT, linewidth=0.7)
        axes.set_yticks([])
        axes.set_ylim(0, 1.05)
        axes.set_xlim(angle[0], angle[-1])
        axes.set_ylabel(system, rotation=0, ha="right", va="center")
        axes.text(0.995, 0.95, title, transform=axes.transAxes, ha="right", va="top", fontsize=6.5)
    panels[-1].set_xlabel("scattering angle two-theta (degrees)")
    figure.supylabel("intensity, square root", fontsize=8)
    return figure


def _pictures(chosen: pd.DataFrame, titles: list[str], images: np.ndarray) -> Figure:
    figure = style.new_figure(style.PAGE, 1.65)
    panels = figure.subplots(1, len(chosen), squeeze=False)[0]
    for axes, title, system, image in zip(panels, titles, chosen["crystal_system"], images, strict=True):
        axes.imshow(np.clip(image.transpose(1, 2, 0), 0, 1), interpolation="nearest")
        axes.set_title(system, fontsize=7)
        axes.set_xlabel(title, fontsize=6.5)
        axes.set_xticks([])
        axes.set_yticks([])
    return figure
