"""Plans: what training reads, as a table.

A plan has a row for each training item:

==========  ===========================================================================
id          the sample whose image is read
label       its class index
neighbour   a second sample of the same class, or "" for none
weight      the item is image + weight * (neighbour's image - image), 0 to 1
augment     seed of the item's augmentation, or -1 for none
==========  ===========================================================================
"""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from sgbench.errors import SgbenchError

Target = int | str


def real(ids: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return a plan of real samples, each as it is."""
    return pd.DataFrame(
        {
            "id": ids,
            "label": labels.astype(np.int64),
            "neighbour": "",
            "weight": np.float32(0),
            "augment": np.int64(-1),
        }
    )


def target_size(labels: np.ndarray, target: Target) -> int:
    """Return the class size that a target stands for.

    Args:
        labels: class index of each training row.
        target: a number of items, or "smallest", "median", "mean" or "largest" of the class sizes.

    Raises:
        SgbenchError: the target is neither.
    """
    sizes = np.bincount(labels)
    sizes = sizes[sizes > 0]
    rules: dict[str, Any] = {"smallest": np.min, "median": np.median, "mean": np.mean, "largest": np.max}
    if isinstance(target, int):
        return target
    if target not in rules:
        raise SgbenchError(f"balance target {target!r}: give a number or one of {', '.join(rules)}")
    return max(1, round(float(rules[target](sizes))))


def lowered(labels: np.ndarray, target: Target) -> dict[int, int]:
    """Return the size to reach of each class larger than ``target``."""
    size = target_size(labels, target)
    return {label: size for label, count in sorted(Counter(labels.tolist()).items()) if count > size}


def raised(labels: np.ndarray, target: Target) -> dict[int, int]:
    """Return the size to reach of each class smaller than ``target``."""
    size = target_size(labels, target)
    return {label: size for label, count in sorted(Counter(labels.tolist()).items()) if count < size}


def class_table(names: list[str], rows: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Describe the classes before and after balancing, a row a class.

    Args:
        names: the classes as figures show them.
        rows: the training rows; has label, formula and space_group.
        plan: the plan made from them.

    Returns:
        label, name, materials (distinct formula and space group), samples (training rows), items (rows of the plan),
        made (items that are no plain sample) and loss_weight (1 where the variant changes no loss).
    """
    index = pd.RangeIndex(len(names))
    material = rows["formula"].str.cat(rows["space_group"].astype(str), "/")
    made = plan[(plan["neighbour"] != "") | (plan["augment"] >= 0)]
    return pd.DataFrame(
        {
            "label": index,
            "name": names,
            "materials": material.groupby(rows["label"]).nunique().reindex(index, fill_value=0),
            "samples": rows["label"].value_counts().reindex(index, fill_value=0),
            "items": plan["label"].value_counts().reindex(index, fill_value=0),
            "made": made["label"].value_counts().reindex(index, fill_value=0),
            "loss_weight": 1.0,
        }
    )
