"""One powder pattern as each preset of a measurement shows it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style
from sgbench.simulate.instrument import Settings
from sgbench.simulate.measurement import PRESETS, Measurer

SEEDS = np.arange(3)
_COLOURS = ("#0072B2", "#D55E00", "#009E73")


def apply(image: np.ndarray, others: np.ndarray, made_by: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Measure a pattern under each preset with several seeds.

    Args:
        image: a stored pattern, (1, 1, bins).
        others: patterns to take impurities from, (n, 1, 1, bins).
        made_by: the store's settings.

    Returns:
        By preset, the patterns, (seeds, bins).
    """
    batch = np.repeat(image[None], len(SEEDS), axis=0)
    measurers = {name: Measurer(made_by, ranges) for name, ranges in PRESETS.items()}
    return {
        name: measurer.among(others.__getitem__, len(others))(batch, SEEDS)[:, 0, 0]
        for name, measurer in measurers.items()
    }


def tabulate(measured: Mapping[str, np.ndarray], settings: Settings) -> pd.DataFrame:
    """Return a row a bin: preset, seed, two_theta_deg and the stored value."""
    tables = [
        pd.DataFrame({"preset": name, "seed": seed, "two_theta_deg": settings.angles_deg, "value": values})
        for name, rows in measured.items()
        for seed, values in zip(SEEDS, rows, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row a preset and in it a panel a seed, over the pattern as simulated; see :func:`tabulate`."""
    presets = list(dict.fromkeys(table["preset"]))
    figure = style.new_figure(style.PAGE, 0.6 + 1.1 * len(presets))
    panels = figure.subplots(len(presets), len(SEEDS), sharex=True, sharey=True, squeeze=False)
    plain = table[(table["preset"] == presets[0]) & (table["seed"] == SEEDS[0])]
    for row, preset in zip(panels, presets, strict=True):
        for axes, seed, colour in zip(row, SEEDS, _COLOURS, strict=True):
            line = table[(table["preset"] == preset) & (table["seed"] == seed)]
            axes.fill_between(plain["two_theta_deg"], plain["value"], color=style.GREY, linewidth=0)
            axes.plot(line["two_theta_deg"], line["value"], color=colour, linewidth=0.6)
            axes.set_yticks([])
            axes.set_ylim(0, 1.05)
            axes.margins(x=0)
        row[0].set_title(preset, loc="left")
    figure.supxlabel("scattering angle two-theta (degrees)", fontsize=8)
    figure.supylabel("intensity, as stored", fontsize=8)
    return figure
