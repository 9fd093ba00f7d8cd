"""Crystals as the simulators see them: a cell, its atoms and a label."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Crystal:
    """One ordered crystal structure with its space group.

    Attributes:
        id: the record's id in its source, e.g. ``mp-1234``; need not be unique.
        source: the data set or file that the record comes from.
        formula: reduced formula, e.g. ``Fe2O3``.
        space_group: international number, 1 to 230.
        lattice: lattice vectors as rows, shape (3, 3), Å.
        numbers: atomic numbers, shape (N,).
        frac_coords: fractional coordinates, shape (N, 3).
    """

    id: str
    source: str
    formula: str
    space_group: int
    lattice: np.ndarray
    numbers: np.ndarray
    frac_coords: np.ndarray
