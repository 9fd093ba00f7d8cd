"""Physical over-sampling: the crystals of a small class, simulated again as their relatives and other specimens.

No pixel is mixed: a crystal is changed in ways that keep its space group, :mod:`sgbench.crystals.vary`, and is measured
anew under other conditions, :mod:`sgbench.remeasure`.
"""

import importlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sgbench.balance.plan import Growth, Made, raised, with_generated
from sgbench.crystals.crystal import Cell, Crystal, cell_parameters, conventional_cell, of_species, species
from sgbench.crystals.formula import symbols
from sgbench.crystals.vary import Variation, vary
from sgbench.errors import SgbenchError
from sgbench.remeasure import Conditions
from sgbench.samples.items import Images
from sgbench.seeds import derive, generator

logger = logging.getLogger(__name__)

_ATTEMPTS = 8


@dataclass(frozen=True)
class Settings(Conditions, Growth):
    """Settings of physical over-sampling; the conditions are those of :class:`sgbench.remeasure.Conditions`.

    Attributes:
        scale: see :class:`sgbench.crystals.vary.Variation`, as for the next three.
        strain: standard deviation of the components of the strain tensor.
        displacement_A: standard deviation of the atoms' displacements, Å.
        substitution: probability of each species to become another element.
    """

    scale: float = 0.06
    strain: float = 0.03
    displacement_A: float = 0.02
    substitution: float = 0.7


#: Gives the crystals of positions in a table of samples.
Crystals = Callable[[np.ndarray], list[Crystal]]


def generate(
    rows: pd.DataFrame,
    settings: Settings,
    seed: int,
    images: Images,
    crystals: Crystals,
    made_by: Mapping[str, Any],
) -> Iterator[Made]:
    """Simulate the crystals of each class below its target again, each equally often, to within one.

    A crystal that has no pattern under what was drawn gets another draw, and none after the eighth.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draws.
        images: not used; the method needs no pixels.
        crystals: gives the crystals of positions in ``rows``.
        made_by: how the store of the real images was made; for CBED, with ``microscope``, the arguments of
            :func:`sgbench.simulate.cbed.microscope`.

    Yields:
        The images one by one, with the crystal's sample as the parent.
    """
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    for label, size in raised(rows, settings).items():
        members = np.flatnonzero(labels == label)
        order = generator(seed, "physics", label).permutation(len(members))
        parents = dict(zip(members.tolist(), crystals(members), strict=True))
        failed = 0
        for number, parent in enumerate(np.resize(members[order], size - len(members)).tolist()):
            made = _again(parents[parent], settings, made_by, derive(seed, "physics", label, number))
            if made is None:
                failed += 1
            else:
                yield Made(label, ids[parent], *made)
        if failed:
            logger.info("class %d: %d items have no pattern under any of %d draws", label, failed, _ATTEMPTS)


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images, generated: pd.DataFrame) -> pd.DataFrame:
    """Return a plan of all ``rows`` and the generated items; see :func:`sgbench.balance.plan.with_generated`."""
    return with_generated(rows, generated, raised(rows, settings))


def _again(
    crystal: Crystal, settings: Settings, made_by: Mapping[str, Any], seed: int
) -> tuple[dict[str, Any], np.ndarray] | None:
    """Draw until a changed crystal has a pattern; return what was drawn and the pattern."""
    kind = made_by["simulate"]
    # A powder needs no particular cell, and the one given is often primitive and so quicker.
    original = crystal if kind == "powder" else replace(crystal, **conventional_cell(crystal)._asdict())
    modality = importlib.import_module(f"sgbench.remeasure.{kind}")
    variation = Variation(settings.scale, settings.strain, settings.displacement_A, settings.substitution)
    for attempt in range(_ATTEMPTS):
        rng = generator(seed, attempt)
        try:
            changed = vary(original, variation, derive(seed, "vary", attempt))
        except SgbenchError:
            return None
        if kind != "powder":
            changed = replace(changed, standard=Cell.of(changed))
        conditions, image = modality.measure(changed, made_by, settings, rng)
        if not isinstance(image, str):
            return _drawn(original, changed) | conditions, image
    return None


def _drawn(original: Crystal, changed: Crystal) -> dict[str, Any]:
    """Say what a change made of a crystal: the cell (Å, degrees), and the elements that changed, ``Na>K Cl>Br``."""
    before, after = (species(crystal.numbers, crystal.isotopes) for crystal in (original, changed))
    swaps = sorted({(old, new) for old, new in zip(before.tolist(), after.tolist(), strict=True) if old != new})
    return {
        "cell": [round(float(value), 5) for value in cell_parameters(changed.lattice)],
        "elements": " ".join(">".join(symbols(*of_species(np.array(swap)))) for swap in swaps),
    }
