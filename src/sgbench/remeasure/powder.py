"""Powder patterns of other specimens and instruments: preferred orientation (Dollase 1986), and another peak width."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sgbench.crystals.crystal import Crystal
from sgbench.remeasure import Conditions
from sgbench.samples.store import settings_of
from sgbench.simulate.instrument import RESOLUTIONS, Settings
from sgbench.simulate.powder import simulate
from sgbench.simulate.specimen import Distortion


def measure(
    crystal: Crystal, made_by: Mapping[str, Any], conditions: Conditions, rng: np.random.Generator
) -> tuple[dict[str, Any], np.ndarray | str]:
    """Draw a specimen and an instrument, and simulate the pattern; see :mod:`sgbench.remeasure`."""
    measured = settings_of(Settings, made_by)
    march, width = float(rng.uniform(*conditions.march)), float(rng.uniform(*conditions.width))
    if measured.shape_of_peaks == "line":
        width = 1.0
    elif width != 1:
        measured = _widened(measured, width)
    pattern = simulate(crystal, measured, int(rng.integers(2**62)), distortion=Distortion(march=(march, march)))
    return {"march": round(march, 6), "width": round(width, 6)}, pattern


def _widened(settings: Settings, factor: float) -> Settings:
    """Return the settings with an instrument whose peaks are wider by a factor."""
    if settings.optics:
        u, v, w, x, y = settings.optics.profile
        profile = factor**2 * u, factor**2 * v, factor**2 * w, factor * x, factor * y
        return replace(settings, instrument=replace(settings.optics, profile=profile))
    own = settings.resolution
    caglioti = RESOLUTIONS.get(own, (0.0, 0.0, 0.0)) if isinstance(own, str) else own
    if not any(caglioti):
        return settings
    return replace(settings, resolution=tuple(factor**2 * value for value in caglioti))
