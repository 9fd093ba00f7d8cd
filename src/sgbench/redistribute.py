"""Redistribution: which sample serves for training, development and test, and what leaks between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sgbench.seeds import generator
from sgbench.sources import PARTS


@dataclass(frozen=True)
class Ratio:
    """Relative sizes of the parts, whole numbers of 1 or more; 7:1:1 as in Costa et al. 2019."""

    train: int = 7
    dev: int = 1
    test: int = 1

    @property
    def slots(self) -> np.ndarray:
        """Return the part numbers (0 train, 1 dev, 2 test) in their proportion, e.g. 0 0 0 0 0 0 0 1 2."""
        return np.repeat(np.arange(3), [self.train, self.dev, self.test])


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


def by_material(samples: pd.DataFrame, ratio: Ratio, seed: int) -> pd.DataFrame:
    """Draw whole materials, so that no crystal is on two sides (the default of the study).

    Materials are put in the order of their space group, shuffled within it, and dealt in blocks of
    train + dev + test: each block fills every part in its ratio, in random order. A large group thus meets the ratio
    closely, and rare ones meet it together.

    Args:
        samples: has id, material, formula, space_group.
        ratio: relative sizes of the parts, in materials.
        seed: the seed of the draw.

    Returns:
        A row a sample, in the order of ``samples``: id, part.
    """
    numbers = materials(samples)
    groups = samples["space_group"].to_numpy()
    unique, first = np.unique(numbers, return_index=True)
    rng = generator(seed, "split", "material")
    order = np.lexsort((rng.random(len(unique)), groups[first]))
    blocks = -(-len(unique) // len(ratio.slots))
    dealt = rng.permuted(np.tile(ratio.slots, (blocks, 1)), axis=1).ravel()[: len(unique)]
    part = np.empty(len(unique), int)
    part[order] = dealt
    return _table(samples["id"], part[np.searchsorted(unique, numbers)])


def by_sample(samples: pd.DataFrame, ratio: Ratio, copy_below: int, seed: int) -> pd.DataFrame:
    """Draw each sample on its own and copy small groups into every part (Costa et al. 2019).

    This is the policy of the original study. It puts the same crystal on both sides; :func:`audit` counts how often.

    Args:
        samples: has id and space_group.
        ratio: relative probabilities of the parts.
        copy_below: a space group with fewer samples than this is copied whole into all three parts; 0 copies none.
        seed: the seed of the draw.

    Returns:
        id, part: a row a sample, three for a copied one; ids in the order of ``samples``.
    """
    rng = generator(seed, "split", "sample")
    part = rng.choice(ratio.slots, len(samples))
    size = samples.groupby("space_group")["id"].transform("size").to_numpy()
    copied = size < copy_below
    rows = np.repeat(np.arange(len(samples)), np.where(copied, 3, 1))
    parts = part[rows]
    parts[copied[rows]] = np.tile(np.arange(3), copied.sum())
    return _table(samples["id"].iloc[rows], parts)


def _table(ids: pd.Series, part: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"id": ids.to_numpy(), "part": np.asarray(PARTS)[part]})


def audit(split: pd.DataFrame, samples: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Count what stands on both sides of a split.

    Args:
        split: id, part.
        samples: has id, material, formula, space_group.

    Returns:
        For each part: samples, materials, space_groups; for dev and test also materials_in_train and
        share_in_train, the share of the part's samples (0 to 1) whose material is in the training part as well.
    """
    table = split.merge(samples.assign(number=materials(samples))[["id", "number", "space_group"]], on="id")
    members = {part: table[table["part"] == part] for part in PARTS}
    trained = set(members["train"]["number"])
    report = {}
    for part, rows in members.items():
        report[part] = {
            "samples": len(rows),
            "materials": rows["number"].nunique(),
            "space_groups": rows["space_group"].nunique(),
        }
        if part != "train":
            leaked = rows["number"].isin(trained)
            report[part]["materials_in_train"] = rows.loc[leaked, "number"].nunique()
            report[part]["share_in_train"] = float(leaked.mean()) if len(rows) else 0.0
    return report
