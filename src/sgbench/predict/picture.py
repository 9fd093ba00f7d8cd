"""A pattern as a model sees it, and the model's answer."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sgbench.predict.answers import NAMED
from sgbench.report import style
from sgbench.samples.pattern import wavelength_of
from sgbench.samples.preparation import Axis
from sgbench.samples.store import settings_of


def draw(image: np.ndarray, row: pd.Series, about: dict[str, Any]) -> Figure:
    """Draw a pattern beside the likeliest classes.

    Args:
        image: as the model sees it, (C, H, W).
        row: see :func:`sgbench.predict.asking.ask`.
        about: see :class:`sgbench.predict.modelfile.ModelFile`.
    """
    figure = style.new_figure(style.PAGE, 2.2)
    pattern, bars = figure.subplots(1, 2, width_ratios=[2.2, 1])
    (_line if image.shape[1] == 1 else _picture)(pattern, image, about)
    places = [place for place in range(1, NAMED + 1) if f"class_{place}" in row]
    bars.barh(places, [row[f"p_{place}"] for place in places], color=style.ACCENT, height=0.6)
    bars.set_yticks(places, [row[f"class_{place}"] for place in places])
    bars.set(xlim=(0, 1), xlabel="calibrated probability")
    bars.invert_yaxis()
    figure.suptitle(f"{Path(row['file']).name}: {row['answer']}", fontsize=8)
    return figure


def _line(axes: Axes, image: np.ndarray, about: dict[str, Any]) -> None:
    if "two_theta_deg" not in about["made_by"]:
        axes.plot(image.ravel(), color=style.DARK, linewidth=0.7)
        return
    axis = settings_of(Axis, about["made_by"])
    if axis.axis == "log_q":
        place, what = axis.middles, "q, 1/Å"
        axes.set_xscale("log")
    else:
        place, what = axis.angles(axis.middles), f"two-theta at {wavelength_of(axis.wavelength_A):.4f} Å, degrees"
    axes.plot(place, image.ravel(), color=style.DARK, linewidth=0.7)
    axes.set_xlabel(what)
    axes.set(ylabel="intensity, as the model sees it", ylim=(0, 1.05))


def _picture(axes: Axes, image: np.ndarray, about: dict[str, Any]) -> None:
    shown = np.sqrt(image / max(image.max(), 1e-12)) if "scale_exponent" not in about["made_by"] else image
    axes.imshow(shown.transpose(1, 2, 0)[..., :3] if len(image) >= 3 else shown[0], cmap="gray")
    axes.set_axis_off()
