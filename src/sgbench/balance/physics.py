"""Physical over-sampling: the crystals of a small class, simulated again as their relatives and other specimens.

No pixel is mixed: a crystal is changed in ways that keep its space group, :mod:`sgbench.crystals.vary`, and is measured
anew under other conditions, :mod:`sgbench.remeasure`.

The items are made before training, and stored, or as a stream beside it: ``fresh`` of the settings. The id of a
streamed item is that of the sample whose crystal is changed.
"""

import importlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sgbench.balance.plan import Growth, Made, raised, real, streamed, with_generated, with_streamed
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
        fresh: share of the items that are other crystals in the next epoch, above 0, up to 1; None makes them once,
            before training.
    """

    scale: float = 0.06
    strain: float = 0.03
    displacement_A: float = 0.02
    substitution: float = 0.7
    fresh: float | None = None


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
    ids = rows["id"].to_numpy()
    parents = _parents(rows, settings, crystals)
    failed: Counter[int] = Counter()
    for label, parent, draw_seed in _draws(rows, settings, seed):
        made = _again(parents[ids[parent]], settings, made_by, draw_seed)
        if made is None:
            failed[label] += 1
        else:
            yield Made(label, ids[parent], *made)
    for label, count in failed.items():
        logger.info("class %d: %d items have no pattern under any of %d draws", label, count, _ATTEMPTS)


@dataclass(frozen=True)
class Maker:
    """Makes the items of a stream.

    Attributes:
        parents: the crystals that are changed, by the id of their sample.
        settings: see :class:`Settings`.
        made_by: how the store of the real images was made.
    """

    parents: Mapping[str, Crystal]
    settings: Settings
    made_by: Mapping[str, Any]

    def __call__(self, name: str, seed: int) -> np.ndarray:
        """Return an image, float32 (C, H, W), of the changed crystal of a sample, which ``name`` is the id of.

        One that has no pattern under any draw is measured again as it is.

        Raises:
            SgbenchError: it has no pattern then either.
        """
        parent = self.parents[name]
        same = replace(self.settings, scale=0.0, strain=0.0, displacement_A=0.0, substitution=0.0)
        made = _again(parent, self.settings, self.made_by, seed) or _again(parent, same, self.made_by, seed)
        if made is None:
            raise SgbenchError(f"balance physics: {name} has no pattern when it is measured again")
        return made[1]


def maker(
    rows: pd.DataFrame,
    settings: Settings,
    seed: int,
    images: Images,
    crystals: Crystals,
    made_by: Mapping[str, Any],
) -> Maker:
    """Return what makes the items of a stream; arguments as for :func:`generate`."""
    return Maker(_parents(rows, settings, crystals), settings, made_by)


def plan(
    rows: pd.DataFrame, settings: Settings, seed: int, images: Images, generated: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return a plan of all ``rows`` and the generated or streamed items."""
    if generated is not None:
        return with_generated(rows, generated, raised(rows, settings))
    ids = rows["id"].to_numpy()
    drawn = _draws(rows, settings, seed)
    stream = streamed((label, ids[parent], draw_seed) for label, parent, draw_seed in drawn)
    return with_streamed(real(ids, rows["label"].to_numpy()), stream)


def _parents(rows: pd.DataFrame, settings: Settings, crystals: Crystals) -> dict[str, Crystal]:
    """Return the crystals of the classes below their target, by the id of their sample."""
    members = np.flatnonzero(rows["label"].isin(raised(rows, settings)))
    return dict(zip(rows["id"].iloc[members], crystals(members), strict=True))


def _draws(rows: pd.DataFrame, settings: Settings, seed: int) -> Iterator[tuple[int, int, int]]:
    """Yield the label, the place of the parent and the seed of each item."""
    labels = rows["label"].to_numpy()
    for label, size in raised(rows, settings).items():
        members = np.flatnonzero(labels == label)
        order = generator(seed, "physics", label).permutation(len(members))
        for number, parent in enumerate(np.resize(members[order], size - len(members)).tolist()):
            yield label, parent, derive(seed, "physics", label, number)


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
