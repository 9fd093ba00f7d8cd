"""Fingerprints of crystals in another orientation: slightly tilted, or any, where the modality turns its crystals."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from sgbench.crystals.crystal import Crystal
from sgbench.remeasure import Conditions
from sgbench.samples.store import settings_of
from sgbench.simulate.fingerprint import Settings, simulate


def measure(
    crystal: Crystal, made_by: Mapping[str, Any], conditions: Conditions, rng: np.random.Generator
) -> tuple[dict[str, Any], np.ndarray | str]:
    """Draw an orientation, and simulate the fingerprint; see :mod:`sgbench.remeasure`."""
    measured, drawn = settings_of(Settings, made_by), {}
    if not measured.rotate:
        axis, angle = rng.normal(size=3), float(rng.uniform(0, conditions.tilt_deg))
        turn = Rotation.from_rotvec(angle * axis / np.linalg.norm(axis), degrees=True).as_matrix()
        tilted = crystal.standard._replace(lattice=crystal.standard.lattice @ turn.T)
        crystal, drawn = replace(crystal, standard=tilted), {"tilt_deg": round(angle, 6)}
    return drawn, simulate(crystal, measured, int(rng.integers(2**62)))
