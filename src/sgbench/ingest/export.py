"""A split or a plan as files in the original CBED layout, for tools that read that."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from sgbench.errors import SgbenchError
from sgbench.ingest.batchfile import attributes
from sgbench.ingest.cbed import unscale
from sgbench.samples.items import Items

_AT_ONCE = 256


def batch(items: Items, about: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, dict[str, Any]]]:
    """Yield what :func:`sgbench.ingest.batchfile.write` writes of items.

    A stack holds intensities, largest about 1, at the resolution of training. ``sample_I_J`` is the J-th item of the
    I-th material. Beside the attributes of the layout, ``sample`` is the id of the sample that an item is of, and those
    of a synthetic one name its neighbour, the neighbour's weight, or the seed of its augmentation.

    Args:
        items: what is exported.
        about: a row an item: the columns of ``samples.parquet``, and neighbour, weight and augment for items of a plan.

    Raises:
        SgbenchError: the patterns are no images.
    """
    if items.shape[1] != items.shape[2]:
        raise SgbenchError(f"patterns of shape {items.shape} are no images; only images can be exported")
    numbers = pd.factorize(about["material"])[0]
    places = about.groupby(numbers).cumcount().to_numpy()
    rows = about.to_dict("records")
    for start in range(0, len(items), _AT_ONCE):
        some = slice(start, min(start + _AT_ONCE, len(items)))
        stacks = unscale(items.images(some), items.store.made_by)
        for stack, row, number, place in zip(stacks, rows[some], numbers[some], places[some], strict=True):
            yield f"sample_{number}_{place}", stack, _attributes(row)


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    directions = {
        vector: np.array([[row.get(f"{vector}{number}_{axis}", np.nan) for axis in "xyz"] for number in (1, 2, 3)])
        for vector in "zy"
    }
    known = attributes(
        space_group=row["space_group"],
        material=row["material"],
        energy_kev=row.get("energy_kev", np.nan),
        cell=[row[name] for name in ("a", "b", "c", "alpha", "beta", "gamma")],
        formula=row.get("cell_formula") or row["formula"],
        z_dirs=directions["z"][None],
        y_dirs=directions["y"][None],
        semi_angles_rad=np.array([row.get(f"semi_angle_{number}_rad", np.nan) for number in (1, 2, 3)]),
        d_hkls_angstrom=np.array([row.get(f"d_hkl_{number}_A", np.nan) for number in (1, 2, 3)]),
    )
    known["sample"] = row["id"]
    if row.get("neighbour"):
        known |= {"neighbour": row["neighbour"], "weight": row["weight"]}
    if row.get("augment", -1) >= 0:
        known["augment"] = row["augment"]
    # What is not known has no attribute.
    return {key: value for key, value in known.items() if isinstance(value, str | bytes) or np.isfinite(value).all()}
