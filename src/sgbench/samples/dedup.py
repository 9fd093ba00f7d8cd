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


def by_image(samples: pd.DataFrame) -> pd.DataFrame:
    """Keep the first of the samples whose stored images are equal to the last bit, whatever they are called.

    Args:
        samples: has id and image, a hash of the image.

    Returns:
        As :func:`by_cell`.
    """
    original = samples.groupby("image", sort=False)["id"].transform("first")
    kept = keep_all(samples)
    kept["kept"] = (samples["id"] == original).to_numpy()
    kept["duplicate_of"] = original.where(~kept["kept"].to_numpy(), "").to_numpy()
    kept["reason"] = np.where(kept["kept"], "", "same image")
    return kept


def by_cell(samples: pd.DataFrame, tolerance: CellTolerance) -> pd.DataFrame:
    """Keep the first of the samples that share formula, space group and, within ``tolerance``, the cell.

    Samples are compared within their bucket of formula and space group only, and with the kept ones there, so the
    time grows with the number of samples, not of pairs. Patterns of one crystal at several beam energies are no
    duplicates: where there is an energy, it is part of the bucket.

    Args:
        samples: has id, formula, space_group and the conventional cell a, b, c (Å), alpha, beta, gamma (degrees);
            perhaps energy_kev.
        tolerance: how equal cells must be.

    Returns:
        A row a sample, in the order of ``samples``: id, kept, duplicate_of (the id it repeats, or ""), reason.
    """
    keys = [key for key in ("formula", "space_group", "energy_kev") if key in samples]
    buckets = samples.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    cells = samples[_LENGTHS + _ANGLES].to_numpy(float)
    original = np.arange(len(samples))
    # In each round the first row of every bucket is kept, and the rows there that repeat it are told.
    rows = np.argsort(buckets, kind="stable")
    while len(rows):
        first = np.diff(buckets[rows], prepend=-1) != 0
        kept = rows[first][np.cumsum(first) - 1]
        repeats = ~first & _same(cells[rows], cells[kept], tolerance)
        original[rows[repeats]] = kept[repeats]
        rows = rows[~first & ~repeats]
    repeated = original != np.arange(len(samples))
    strain = np.abs(cells[:, :3] / cells[original, :3] - 1).max(axis=1, initial=0)
    reason = [
        f"same formula and space group, cell edges within {100 * value:.2f} %" if known else ""
        for known, value in zip(repeated, strain, strict=True)
    ]
    ids = samples["id"].to_numpy()
    duplicate_of = np.where(repeated, ids[original], "")
    return keep_all(samples).assign(kept=~repeated, duplicate_of=duplicate_of, reason=reason)


def _same(cells: np.ndarray, others: np.ndarray, tolerance: CellTolerance) -> np.ndarray:
    lengths = np.abs(others[:, :3] / cells[:, :3] - 1) <= tolerance.length
    angles = np.abs(others[:, 3:] - cells[:, 3:]) <= tolerance.angle_deg
    return lengths.all(axis=1) & angles.all(axis=1)
