"""A crystal of each structure class and its fingerprint, pristine and defective (figure 2 of Karan 2022)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.spatial.transform import Rotation

from sgbench.report import style

# Seen from the front, a little from the right and above.
_VIEW = Rotation.from_euler("zx", [-20, -75], degrees=True).as_matrix()
_ATOM_A = 0.6


def choose(samples: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the first crystal of each structure class that every modality has: structure_class, formula, id.

    Args:
        samples: the samples of each modality, with those columns.
    """
    shared = set.intersection(*(set(table["id"]) for table in samples))
    first = samples[0][samples[0]["id"].isin(shared) & (samples[0]["structure_class"] != "")]
    first = first.drop_duplicates("structure_class").sort_values("structure_class", ignore_index=True)
    return first[["structure_class", "formula", "id"]]


def tabulate(chosen: pd.DataFrame, atoms: Mapping[str, list[np.ndarray]]) -> pd.DataFrame:
    """Return a row a picture: the modality, what :func:`choose` gave, and the number of atoms."""
    tables = [chosen.assign(modality=name, atoms=list(map(len, places))) for name, places in atoms.items()]
    return pd.concat(tables, ignore_index=True)


def draw(
    chosen: pd.DataFrame, atoms: Mapping[str, list[np.ndarray]], images: Mapping[str, Sequence[np.ndarray]]
) -> Figure:
    """Draw, for each modality, the atoms of each crystal above its fingerprint; a column a class.

    Args:
        chosen: see :func:`choose`.
        atoms: by modality, the places of each crystal's atoms, (M, 3), in units of the neighbour distance.
        images: by modality, the fingerprint of each, (3, H, W); shown by its square root.
    """
    rows, side = 2 * len(atoms), style.PAGE / len(chosen)
    figure = style.new_figure(style.PAGE, 0.25 + rows * side)
    panels = figure.subplots(rows, len(chosen), squeeze=False)
    views = {name: [(place - place.mean(axis=0)) @ _VIEW.T for place in places] for name, places in atoms.items()}
    reach = 1.05 * max(np.abs(view[:, :2]).max() for places in views.values() for view in places)
    size = (_ATOM_A * 0.9 * 72 * side / (2 * reach)) ** 2
    for row, (name, places) in enumerate(views.items()):
        above, below = panels[2 * row], panels[2 * row + 1]
        for axes, view in zip(above, places, strict=True):
            x, y, depth = view[np.argsort(view[:, 2])].T
            axes.scatter(x, y, c=depth, s=size, cmap="Blues", vmin=-1.5 * reach, vmax=reach, linewidths=0)
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        for axes, image in zip(below, images[name], strict=True):
            axes.imshow(np.sqrt(image.transpose(1, 2, 0)), interpolation="nearest")
        above[0].set_ylabel(style.label("modality", name), fontsize=7, loc="bottom")
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for axes, crystal in zip(panels[0], chosen.itertuples(), strict=True):
        axes.set_title(f"{crystal.structure_class}\n{crystal.formula}", fontsize=6.5)
    return figure
