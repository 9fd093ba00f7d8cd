"""Attentive response maps: what chosen kernels of a network answer to chosen images (Karan 2022, figure 7)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style


def layers(maps: Mapping[str, np.ndarray]) -> list[int]:
    """Return the numbers of the layers that ``maps``, as :func:`draw` takes them, holds."""
    return sorted(int(name.removeprefix("layer")) for name in maps if name.startswith("layer"))


def tabulate(maps: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return a row for each image, layer and kernel: class, id, layer, kernel; smallest, mean and largest response."""
    rows = []
    for layer in layers(maps):
        for name, id, kernels in zip(maps["names"], maps["ids"], maps[f"layer{layer}"], strict=True):
            for number, response in enumerate(kernels, start=1):
                rows.append((name, id, layer, number, response.min(), response.mean(), response.max()))
    return pd.DataFrame(rows, columns=["class", "id", "layer", "kernel", "smallest", "mean", "largest"])


def draw(maps: Mapping[str, np.ndarray]) -> Figure:
    """Draw a row an image: itself, then the responses, each from its smallest (black) to its largest value (white).

    Args:
        maps: images (n, C, H, W), names and ids (n,), and for each layer K layerK (n, kernels, h, w).
    """
    shown = [(layer, kernel) for layer in layers(maps) for kernel in range(maps[f"layer{layer}"].shape[1])]
    count = len(maps["images"])
    figure = style.new_figure(style.PAGE, 0.35 + 0.56 * count)
    panels = figure.subplots(count, 1 + len(shown), squeeze=False)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    for number, row in enumerate(panels):
        image = maps["images"][number].transpose(1, 2, 0)
        image = image if image.shape[2] == 3 else image.mean(axis=2)
        row[0].imshow(np.clip(image, 0, 1), cmap="gray", interpolation="nearest")
        row[0].set_ylabel(maps["names"][number], rotation=0, ha="right", va="center", fontsize=6.5)
        for axes, (layer, kernel) in zip(row[1:], shown, strict=True):
            axes.imshow(maps[f"layer{layer}"][number, kernel], cmap="gray", interpolation="nearest")
            if number == 0:
                axes.set_title(f"{layer}.{kernel + 1}", fontsize=6.5)
        for axes in row:
            axes.set_xticks([])
            axes.set_yticks([])
    panels[0, 0].set_title("input", fontsize=6.5)
    figure.supxlabel("convolution layer . kernel", fontsize=7)
    return figure
