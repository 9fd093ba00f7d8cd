"""How many crystals nature gives of each space group."""

import pandas as pd
from matplotlib.figure import Figure

from sgbench.crystals.symmetry import CRYSTAL_SYSTEMS, N_SPACE_GROUPS, crystal_system, symbol
from sgbench.report import style


def tabulate(crystals: pd.DataFrame) -> pd.DataFrame:
    """Return a row a space group, 1 to 230: space_group, symbol, crystal_system, records, materials.

    Args:
        crystals: has formula and space_group; a material is one formula in one group.
    """
    numbers = pd.RangeIndex(1, N_SPACE_GROUPS + 1)
    materials = crystals[["formula", "space_group"]].drop_duplicates()
    return pd.DataFrame(
        {
            "space_group": numbers,
            "symbol": [symbol(number) for number in numbers],
            "crystal_system": [crystal_system(number) for number in numbers],
            "records": crystals["space_group"].value_counts().reindex(numbers, fill_value=0).to_numpy(),
            "materials": materials["space_group"].value_counts().reindex(numbers, fill_value=0).to_numpy(),
        }
    )


def draw(census: pd.DataFrame) -> Figure:
    """Draw the census as bars on a logarithmic axis, crystal systems side by side."""
    figure = style.new_figure(style.PAGE, 2.6)
    axes = figure.add_subplot()
    axes.bar(census["space_group"], census["records"], width=1, color=style.GREY, label="records")
    axes.bar(census["space_group"], census["materials"], width=1, color=style.ACCENT, label="distinct materials")
    style.count_scale(axes, "y", census["records"].max())
    axes.set_xlim(0.5, N_SPACE_GROUPS + 0.5)
    counts = census["records"]
    axes.set_xlabel(
        f"space group number ({(counts > 0).sum()} of {N_SPACE_GROUPS} present; records of all {N_SPACE_GROUPS}: "
        f"mean {counts.mean():.0f}, 25th percentile {counts.quantile(0.25):.0f})"
    )
    axes.set_ylabel("number")
    for system in CRYSTAL_SYSTEMS:
        groups = census.loc[census["crystal_system"] == system, "space_group"]
        axes.axvline(groups.max() + 0.5, color=style.DARK, linewidth=0.4, linestyle=":")
        narrow = system == "triclinic"
        axes.annotate(
            "" if narrow else system,
            ((groups.min() + groups.max()) / 2, 1.01),
            xycoords=("data", "axes fraction"),
            ha="center",
            fontsize=6.5,
        )
    # No group near number 110 is large.
    axes.legend(loc="upper center", bbox_to_anchor=(0.45, 1.0))
    return figure
