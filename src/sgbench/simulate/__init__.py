"""Diffraction patterns from crystals, one module a modality.

Each has a dataclass ``Settings``, with the ``shape`` of a pattern, and a function
``simulate(crystal, settings, seed)`` that returns a float32 array of that shape, or in plain words the reason why the
crystal has none.
"""

import importlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from sgbench.crystals.crystal import Crystal
from sgbench.parallel import ordered_map
from sgbench.seeds import derive


def settings(kind: str, values: dict[str, Any]) -> Any:
    """Return the ``Settings`` of the module ``sgbench.simulate.KIND`` with ``values`` set."""
    return importlib.import_module(f"sgbench.simulate.{kind}").Settings(**values)


def seed_of(name: str) -> int:
    """Return the seed of what is random in the pattern of the crystal with this unique id."""
    return derive(0, "simulate", name)


def simulate_all(
    kind: str, settings: Any, crystals: Sequence[Crystal], ids: Sequence[str], workers: int
) -> Iterator[np.ndarray | str]:
    """Simulate crystals side by side; what is random in a pattern follows from the crystal's id alone.

    Args:
        kind: a module of this package.
        settings: its settings.
        crystals: the crystals.
        ids: the unique id of each.
        workers: number of processes.

    Yields:
        The pattern of each crystal, or the reason why it has none, in their order.
    """
    seeded = [(crystal, seed_of(name)) for crystal, name in zip(crystals, ids, strict=True)]
    yield from ordered_map(partial(_simulate, kind, settings), seeded, workers)


def _simulate(kind: str, settings: Any, seeded: tuple[Crystal, int]) -> np.ndarray | str:
    crystal, seed = seeded
    return importlib.import_module(f"sgbench.simulate.{kind}").simulate(crystal, settings, seed)
