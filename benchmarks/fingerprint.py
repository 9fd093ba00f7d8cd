"""Fingerprints a second of elemental solids on one core, and how many times faster than a plain loop.

Run from the root of the repository: ``python -m benchmarks.fingerprint``. The plain loop is the reference of
the tests: numpy, double precision, one atom at a time over all pixels. Both need the same standard cell,
whose cost is spglib's; the ratio is given for whole fingerprints and for the diffraction alone.
"""

import time
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import torch

from sgbench.simulate import fingerprint as module
from sgbench.simulate.fingerprint import PUBLISHED, Settings, simulate
from sgbench.simulate.prototypes import elemental_solids
from tests.simulate.test_fingerprint import plain_fingerprint

LOOPED = 10
SETTINGS = {"perfect": PUBLISHED, "25 % vacancies": Settings(vacancies=0.25)}


def main() -> None:
    torch.set_num_threads(1)
    crystals = elemental_solids(0, divisor=25)
    crystals = [crystals[i] for i in np.random.default_rng(0).permutation(len(crystals))]
    simulate(crystals[0])  # not to time the reading of tables

    supercells, standard = timed(lambda crystal: module._supercell(crystal, PUBLISHED), crystals)
    _, loop = timed(plain, supercells[:LOOPED])
    print(f"standard cell {1e3 * standard:.2f} ms; plain loop {1e3 * loop:.0f} ms after that")
    for name, settings in SETTINGS.items():
        _, image = timed(lambda supercell, of=settings: module._image(supercell, of, 0, "cpu"), supercells)
        _, whole = timed(lambda crystal, of=settings: simulate(crystal, of, 0), crystals)
        print(
            f"{name}: {1 / whole:.0f} a second, {(standard + loop) / whole:.0f} x the plain loop; "
            f"diffraction alone {1e3 * image:.2f} ms, {loop / image:.0f} x"
        )


def timed(function: Callable, items: Sequence) -> tuple[list, float]:
    """Return the results and the seconds an item."""
    start = time.perf_counter()
    results = [function(item) for item in items]
    return results, (time.perf_counter() - start) / len(items)


def plain(supercell: module._Supercell) -> np.ndarray:
    cells = np.array(list(product(*map(range, supercell.replicas))))
    atoms = (supercell.frac_coords[:, None] + cells).reshape(-1, 3) @ supercell.lattice
    return plain_fingerprint(atoms, np.repeat(supercell.numbers, len(cells)))


if __name__ == "__main__":
    main()
