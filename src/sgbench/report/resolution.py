"""Powder patterns of one Bravais lattice as instruments of several resolutions see them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sgbench.report import style

_CRYSTALS = 3
_COLOURS = ("#E69F00", style.ACCENT, style.DARK)


def choose(samples: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return three crystals of the Bravais lattice with the most samples: bravais_lattice, formula, id.

    They are those at the quarters of the order by volume per atom, so that their peaks lie apart.

    Args:
        samples: the samples of each modality, with those columns and volume_per_atom.
    """
    shared = set.intersection(*(set(table["id"]) for table in samples))
    members = samples[0][samples[0]["id"].isin(shared)]
    members = members[members["bravais_lattice"] == members["bravais_lattice"].mode()[0]]
    members = members.sort_values(["volume_per_atom", "id"])
    places = np.linspace(0, len(members) - 1, _CRYSTALS + 2).astype(int)[1:-1]
    return members.iloc[np.unique(places)][["bravais_lattice", "formula", "id"]].reset_index(drop=True)


def tabulate(
    chosen: pd.DataFrame, angles: Mapping[str, np.ndarray], patterns: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Return a row a bin: modality, what :func:`choose` gave, two_theta_deg and the stored value.

    Args:
        chosen: the crystals.
        angles: by modality, two-theta of each bin, degrees.
        patterns: by modality, the patterns of the crystals, shape (crystals, bins).
    """
    tables = [
        pd.DataFrame({"two_theta_deg": angles[name], "value": pattern}).assign(modality=name, **crystal._asdict())
        for name, rows in patterns.items()
        for crystal, pattern in zip(chosen.itertuples(index=False), rows, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a panel a crystal, with a line a modality; see :func:`tabulate`."""
    crystals = list(table.groupby("id", sort=False))
    figure = style.new_figure(style.PAGE, 0.8 + 1.1 * len(crystals))
    panels = figure.subplots(len(crystals), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (_, rows) in zip(panels, crystals, strict=True):
        for (name, line), colour in zip(rows.groupby("modality", sort=False), _COLOURS, strict=False):
            axes.plot(
                line["two_theta_deg"], line["value"], color=colour, linewidth=0.7, label=style.label("modality", name)
            )
        axes.set_title(f"{rows['formula'].iloc[0]} ({rows['bravais_lattice'].iloc[0]})", loc="left")
        axes.set_yticks([])
        axes.set_ylim(0, 1.05)
        axes.margins(x=0)
    panels[-1].set_xlabel("scattering angle two-theta (degrees)")
    figure.supylabel("intensity, as stored", fontsize=8)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(_COLOURS))
    return figure
