"""What a model says of patterns, as a table: the likeliest classes, and what they have in common."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sgbench.crystals.extinction import extinction_group
from sgbench.crystals.symmetry import crystal_system, symbol

#: How many of the likeliest classes are named.
NAMED = 5


def answers(probabilities: np.ndarray, classes: Sequence[int | str], predicts: str) -> pd.DataFrame:
    """Name the likeliest classes of patterns.

    Args:
        probabilities: calibrated ones, (n, classes).
        classes: what each column stands for: numbers of space groups, or names.
        predicts: what the model tells, e.g. space_group.

    Returns:
        A row a pattern: class_1 to class_5 and p_1 to p_5, the likeliest first, fewer where there are fewer classes;
        of space groups also extinction_group, the numbers of those that a powder pattern cannot tell apart, and
        crystal_system, the likeliest of each, with p_extinction_group and p_crystal_system, the sums of their classes.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :NAMED]
    names = np.array([name(value) for value in classes])
    rows = np.arange(len(order))
    table = {}
    for place in range(order.shape[1]):
        table[f"class_{place + 1}"] = names[order[:, place]]
        table[f"p_{place + 1}"] = probabilities[rows, order[:, place]]
    if predicts == "space_group":
        extinct = [" ".join(map(str, extinction_group(number))) for number in classes]
        table |= _likeliest(probabilities, extinct, "extinction_group")
        table |= _likeliest(probabilities, [crystal_system(number) for number in classes], "crystal_system")
    return pd.DataFrame(table)


def name(value: int | str) -> str:
    """Return a class as people write it, e.g. ``Fm-3m (225)``."""
    return value if isinstance(value, str) else f"{symbol(value)} ({value})"


def _likeliest(probabilities: np.ndarray, unions: Sequence[str], column: str) -> dict[str, np.ndarray]:
    names, number = np.unique(unions, return_inverse=True)
    together = probabilities.astype(float) @ np.eye(len(names))[number]
    best = together.argmax(axis=1)
    return {column: names[best], f"p_{column}": together[np.arange(len(best)), best].astype(np.float32)}
