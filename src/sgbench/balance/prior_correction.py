"""Prior correction (King & Zeng 2001): learn from balanced items, and answer by how frequent classes are in nature.

Items that were made or repeated tell what a small class looks like; they also say that it is frequent. The second is
taken back from the probabilities, by Bayes' rule.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Settings:
    """There is nothing to set."""


def expected(classes: pd.DataFrame) -> np.ndarray:
    """Return how frequent each class is to be in the answers, int (classes,): its samples before balancing.

    Args:
        classes: see :func:`sgbench.balance.plan.class_table`.
    """
    return classes["samples"].to_numpy()
