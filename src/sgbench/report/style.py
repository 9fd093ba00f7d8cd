"""How figures look, in one place: sizes, colours, fonts, and how they are saved."""

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from sgbench.files import atomic, write_table

#: Width of a printed page, inches.
PAGE = 7.2

# Okabe & Ito's palette, distinguishable in every common form of colour blindness.
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
GREY, DARK, ACCENT, ACCENT_2 = "#BBBBBB", "#333333", "#0072B2", "#D55E00"
#: From light to dark, for things that have an order.
SEQUENCE = mpl.colormaps["YlGnBu"]
PART_COLOURS = {"train": _PALETTE[0], "dev": _PALETTE[4], "test": _PALETTE[1]}
_MODEL_COLOURS = {
    "autoencoder_kmeans": "#7A5195",
    "autoencoder4_kmeans": "#955196",
    "autoencoder8_kmeans": "#5C3A73",
    "autoencoder32_kmeans": "#3D2352",
    "cnn1d": "#7FB800",
    "cnn_xgboost": _PALETTE[5],
    "conv_autoencoder_kmeans": "#B79AD0",
    "defectnet": "#8C564B",
    "extratrees": _PALETTE[2],
    "kernel_pca_kmeans": "#555555",
    "linear": _PALETTE[4],
    "pca_kmeans": _PALETTE[7],
    "pca_kmeans28": "#CFCFCF",
    "prior": _PALETTE[6],
    "resnet1d": "#2E5E8C",
    "resnet50": _PALETTE[0],
    "tdc": _PALETTE[3],
    "tdc_extratrees": "#E5B8D2",
    "tdc_hard": "#8B3A62",
    "ziletti": _PALETTE[1],
}
_LABELS = {
    "autoencoder_kmeans": "autoencoder + KMeans",
    "autoencoder4_kmeans": "autoencoder (4) + KMeans",
    "autoencoder8_kmeans": "autoencoder (8) + KMeans",
    "autoencoder32_kmeans": "autoencoder (32) + KMeans",
    "cnn1d": "1-D CNN",
    "cnn_xgboost": "CNN-XGBoost",
    "conv_autoencoder_kmeans": "conv. autoencoder + KMeans",
    "defectnet": "DefectNet",
    "extratrees": "ExtraTrees",
    "kernel_pca_kmeans": "kernel PCA + KMeans",
    "linear": "logistic regression",
    "pca_kmeans": "PCA + KMeans",
    "pca_kmeans28": "PCA + KMeans (28)",
    "prior": "class frequencies",
    "resnet1d": "1-D ResNet",
    "resnet50": "ResNet-50",
    "tdc": "TDC",
    "tdc_extratrees": "TDC of ExtraTrees",
    "tdc_hard": "TDC, hard routing",
    "ziletti": "Ziletti CNN",
    "none": "no balancing",
    "under": "under-sampling",
    "over": "over-sampling",
    "smote": "SMOTE",
    "cluster": "by clusters",
    "borderline": "Borderline-SMOTE",
    "adasyn": "ADASYN",
    "medium": "the medium",
    "augment": "augmentation",
    "physics": "simulated again",
    "varied": "varied crystals",
    "gan": "GAN",
    "by_material": "split by material",
    "by_sample": "split by sample",
    "original": "original parts",
    "published": "published split",
    "cbed": "CBED",
    "powder_log": "powder (log q)",
    "all_records": "all records",
    "high": "high resolution",
    "low": "low resolution",
    "bravais_lattice": "Bravais lattice",
    "largest20": "20 largest space groups",
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "top3": "top-3 accuracy",
    "removed": "share",
    "mean_per_group": "mean",
    "quartile_per_group": "25th percentile",
}

_RC = {
    "font.size": 8,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "lines.linewidth": 1.2,
    "savefig.dpi": 200,
    "svg.fonttype": "none",
    # The same figure gives the same bytes.
    "svg.hashsalt": "sgbench",
}
mpl.rcParams.update(_RC)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that size in inches; no window system is needed."""
    return Figure(figsize=(width, height), layout="constrained")


def count_scale(axes: Axes, which: str, largest: float) -> None:
    """Make an axis of counts logarithmic, from just below 1, with plain numbers at powers of ten.

    Args:
        axes: the panel.
        which: x or y.
        largest: the largest count to show.
    """
    axes.set(**{f"{which}scale": "log", f"{which}lim": (0.8, 1.4 * largest)})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.set_minor_formatter(NullFormatter())


def label_lowest(panels: Sequence[Axes], columns: int) -> None:
    """Number the x axis of the lowest panel of each column, where panels in rows of ``columns`` share it."""
    for axes in panels[-columns:]:
        axes.tick_params(labelbottom=True)


def name_rows(axes: Axes, rows: pd.DataFrame, by: list[str]) -> None:
    """Name the rows of a panel of horizontal lines, the first on top.

    Args:
        axes: the panel.
        rows: a row each, with its place ``y`` and the columns ``by``, whose labels are its name.
        by: names of columns.
    """
    names = [", ".join(map(label, row)) for row in rows[by].itertuples(index=False)]
    axes.set_yticks(rows["y"], names, fontsize=6.5)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()


def label(name: str) -> str:
    """Return the text of a name of the configuration, e.g. ``20 largest space groups`` for ``largest20``."""
    return _LABELS.get(name, name.replace("_", " "))


def many_colours(count: int) -> list[Any]:
    """Return that many colours, told apart as well as so many can be."""
    if count <= len(_PALETTE):
        return list(_PALETTE[:count])
    colours = mpl.colormaps["tab20"].colors
    return [colours[number % len(colours)] for number in range(count)]


def model_colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each model, the same in every figure for the models that the project knows."""
    # As text: three points would take a triple of numbers for a value each.
    spare = [to_hex(colour) for colour in mpl.colormaps["tab20b"].colors[::2]]
    unknown = sorted(set(names) - set(_MODEL_COLOURS))
    return _MODEL_COLOURS | {name: spare[number % len(spare)] for number, name in enumerate(unknown)}


def save(figure: Figure, table: pd.DataFrame, output: Any) -> None:
    """Write a figure and the table that it draws.

    Args:
        figure: what to write.
        table: the numbers in it.
        output: has the paths svg, png and csv.
    """
    write_table(table, output.csv)
    for path, kind in ((output.svg, "svg"), (output.png, "png")):
        with atomic(path) as partial:
            figure.savefig(partial, format=kind, metadata={"Date": None} if kind == "svg" else None)
