"""CBED of a slab of another thickness at another beam energy.

The directions of the beam follow from the crystal: other elements make other reflections the strongest ones.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sgbench.crystals.crystal import Crystal
from sgbench.ingest.cbed import Settings, to_image
from sgbench.remeasure import Conditions
from sgbench.samples.store import settings_of
from sgbench.simulate.cbed import microscope, simulate


def measure(
    crystal: Crystal, made_by: Mapping[str, Any], conditions: Conditions, rng: np.random.Generator
) -> tuple[dict[str, Any], np.ndarray | str]:
    """Draw an energy and a thickness, and simulate the stack; see :mod:`sgbench.remeasure`.

    The store's ``made_by`` says how stacks become images; its ``microscope``, how they are simulated.
    """
    usual = microscope(**made_by["microscope"])
    energy = float(rng.uniform(min(usual.energies_kev), max(usual.energies_kev)))
    slab = usual.slab_angstrom * float(rng.uniform(*conditions.thickness))
    found = simulate(crystal, replace(usual, energies_kev=(energy,), slab_angstrom=slab))
    drawn = {"energy_kev": round(energy, 3), "slab_angstrom": round(slab, 3)}
    return drawn, found if isinstance(found, str) else to_image(found.stacks[0], settings_of(Settings, made_by))
