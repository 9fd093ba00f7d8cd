"""De-duplication: records of one formula and space group with nearly equal cells are one crystal (Friedman 2022)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

_LENGTHS = ["a", "b", "c"]
_ANGLES = ["alpha", "beta", "gamma"]


@dataclass(frozen=True)
class CellTolerance:
    """How equal two conventional cells must be.

    Attributes:
        length: largest relative difference of a, b and c, above 0.
        angle_deg: largest difference of alpha, beta and gamma, degrees, above 0.
    """

    length: float = 0.02
    angle_deg: float = 1.0


def keep_all(samples: pd.DataFrame) -> pd.DataFrame:
    """Keep every sample; returns a table as :func:`by_cell` does."""
    return pd.DataFrame({"id": samples["id"], "kept": True, "duplicate_of": "", "reason": ""})


def by_cell(samples: pd.DataFrame, tolerance: CellTolerance) -> pd.DataFrame:
    """Keep the first of the samples that share formula, space group and, within ``tolerance``, the cell.

    Samples are compared within their bucket of formula and space group only, and with the kept ones there, so the
    time grows with the number of samples, not of pairs.

    Args:
        samples: has id, formula, space_group and the conventional cell a, b, c (Å), alpha, beta, gamma (degrees).
        tolerance: how equal cells must be.

    Returns:
        A row a sample, in the order of ``samples``: id, kept, duplicate_of (the id it repeats, or ""), reason.
    """
    kept = keep_all(samples)
    duplicate_of, reason = np.full(len(samples), "", object), np.full(len(samples), "", object)
    cells = samples[_LENGTHS + _ANGLES].to_numpy(float)
    ids = samples["id"].to_numpy(object)
    for bucket in samples.groupby(["formula", "space_group"], sort=False).indices.values():
        for row, original in _repeats(cells, bucket, tolerance):
            duplicate_of[row] = ids[original]
            strain = np.abs(cells[row, :3] / cells[original, :3] - 1).max()
            reason[row] = f"same formula and space group, cell edges within {100 * strain:.2f} %"
    kept["kept"] = duplicate_of == ""
    kept["duplicate_of"], kept["reason"] = duplicate_of.astype(str), reason.astype(str)
    return kept


def _repeats(cells: np.ndarray, bucket: np.ndarray, tolerance: CellTolerance) -> list[tuple[int, int]]:
    """Return (row, the kept row that it repeats) for each repeat in a bucket of rows."""
    originals: list[int] = []
    repeats = []
    for row in bucket:
        match = np.flatnonzero(_same(cells[row], cells[originals], tolerance))
        if len(match):
            repeats.append((row, originals[match[0]]))
        else:
            originals.append(row)
    return repeats


def _same(cell: np.ndarray, others: np.ndarray, tolerance: CellTolerance) -> np.ndarray:
    lengths = np.abs(others[:, :3] / cell[:3] - 1) <= tolerance.length
    angles = np.abs(others[:, 3:] - cell[3:]) <= tolerance.angle_deg
    return lengths.all(axis=1) & angles.all(axis=1)
