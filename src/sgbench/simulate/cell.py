"""The shape of the conventional cell, and nothing of the atoms in it: what a fingerprint gives away by its axes.

The cell is the one that spglib found together with the space group, so much of the label is in it: three equal edges
and three right angles are cubic. It is no measurement but a yardstick for patterns that are drawn along the same axes.
"""

from dataclasses import dataclass

import numpy as np

from sgbench.crystals.crystal import Crystal, cell_parameters, conventional_cell
from sgbench.errors import SgbenchError


@dataclass(frozen=True)
class Settings:
    """Nothing can be set."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width: one row of five numbers."""
        return 1, 1, 5


def simulate(crystal: Crystal, settings: Settings, seed: int = 0) -> np.ndarray | str:
    """Return the shape of a crystal's standard conventional cell.

    Args:
        crystal: the crystal; its stored cell may be another one.
        settings: none.
        seed: unused, for nothing is random.

    Returns:
        b/a, c/a, and alpha, beta and gamma in degrees, float32, shape (1, 1, 5); or a string that says why the crystal
        has none.
    """
    try:
        a, b, c, *angles = cell_parameters((crystal.standard or conventional_cell(crystal)).lattice)
    except SgbenchError as reason:
        return str(reason)
    return np.array([b / a, c / a, *angles], np.float32).reshape(settings.shape)
