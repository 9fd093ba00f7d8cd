"""A share of the training crystals, as nature gives them: for learning curves, on the same dev and test samples."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sgbench.balance.plan import real
from sgbench.samples.items import Images
from sgbench.seeds import generator


@dataclass(frozen=True)
class Settings:
    """Settings of the share.

    Attributes:
        share: share of the materials of each class that stay, above 0, up to 1; rounded, and one at least.
    """

    share: float = 0.5


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images) -> pd.DataFrame:
    """Return a plan of all rows of a share of each class's materials; a smaller share is part of a larger one.

    Args:
        rows: training rows with id, label, formula and space_group, which tell materials apart.
        settings: see :class:`Settings`.
        seed: the seed of the draw.
        images: not used; the method needs no pixels.
    """
    names = ["label", "formula", "space_group"]
    materials = rows[names].drop_duplicates().sort_values(names)
    materials = materials.iloc[generator(seed, "share").permutation(len(materials))]
    place = materials.groupby("label").cumcount()
    size = materials.groupby("label")["label"].transform("size")
    kept = materials[place < np.maximum(1, np.rint(settings.share * size))]
    chosen = rows[pd.MultiIndex.from_frame(rows[names]).isin(pd.MultiIndex.from_frame(kept))]
    return real(chosen["id"].to_numpy(), chosen["label"].to_numpy())
