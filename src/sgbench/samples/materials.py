"""Which samples show the same material."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def materials(samples: pd.DataFrame) -> np.ndarray:
    """Number the materials: samples of one source id, or of one formula and space group, are one material.

    Both relations are followed to their end, so that no copy of a crystal, re-relaxed or renamed, is missed.

    Args:
        samples: has material, formula and space_group.

    Returns:
        The material's number of each sample, int, shape (len(samples),).
    """
    by_id = samples.groupby("material", sort=False).ngroup().to_numpy()
    by_formula = samples.groupby(["formula", "space_group"], sort=False).ngroup().to_numpy()
    if len(samples) == 0:
        return by_id
    offset = by_id.max() + 1
    size = offset + by_formula.max() + 1
    graph = coo_array((np.ones(len(samples), bool), (by_id, by_formula + offset)), shape=(size, size))
    return connected_components(graph, directed=False)[1][by_id]
