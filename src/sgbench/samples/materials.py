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
    return linked(by_id, by_formula)


def linked(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Number what two relations link, both followed to their end.

    Args:
        one: numbers from 0, equal where one relation holds, int (n,).
        other: the same of the other relation.

    Returns:
        Numbers that samples share where a chain of both leads from one to the other, int (n,).
    """
    if len(one) == 0:
        return one
    offset = one.max() + 1
    size = offset + other.max() + 1
    graph = coo_array((np.ones(len(one), bool), (one, other + offset)), shape=(size, size))
    return connected_components(graph, directed=False)[1][one]
