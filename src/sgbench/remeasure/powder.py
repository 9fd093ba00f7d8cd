"""Powder patterns of other specimens and instruments: preferred orientation (Dollase 1986), and another peak width."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sgbench.crystals.crystal import Crystal
from sgbench.remeasure import Conditions
from sgbench.samples.store import settings_of
from sgbench.simulate.powder import RESOLUTIONS, Distortion, Settings, simulate


def measure(
    crystal: Crystal, made_by: Mapping[str, Any], conditions: Conditions, rng: np.random.Generator
) -> tuple[dict[str, Any], np.ndarray | str]:
    """Draw a specimen and an instrument, and simulate the pattern; see :mod:`sgbench.remeasure`."""
    measured = settings_of(Settings, made_by)
    march, width = float(rng.uniform(*conditions.march)), float(rng.uniform(*conditions.width))
    if measured.resolution == "none":
        width = 1.0
    elif width != 1:
        own = measured.resolution
        caglioti = RESOLUTIONS[own] if isinstance(own, str) else own
        measured = replace(measured, resolution=tuple(width**2 * value for value in caglioti))
    pattern = simulate(crystal, measured, int(rng.integers(2**62)), distortion=Distortion(march=(march, march)))
    return {"march": round(march, 6), "width": round(width, 6)}, pattern
