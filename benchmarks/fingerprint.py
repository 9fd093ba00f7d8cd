"""Fingerprints a second of elemental solids on one core, and how many times faster than a plain loop.

Run from the root of the repository: ``python -m benchmarks.fingerprint``. The plain loop is the reference of
the tests: numpy, double precision, one atom at a time over all pixels. Both need the standard cell, which
spglib takes long to find: ``searched`` includes that on both sides; ``known`` is a fingerprint of prototypes in a
study, which bring their cell along.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch

from benchmarks.results import result
from sgbench.crystals.crystal import conventional_cell
from sgbench.crystals.prototypes import elemental_solids
from sgbench.simulate import fingerprint as module
from sgbench.simulate.fingerprint import PUBLISHED, Settings, simulate
from tests.simulate.test_fingerprint import plain_fingerprint

LOOPED = 10
SETTINGS = {"perfect": PUBLISHED, "25 % vacancies": Settings(vacancies=0.25)}


def main() -> None:
    torch.set_num_threads(1)
    known = elemental_solids(0, divisor=25)
    known = [known[i] for i in np.random.default_rng(0).permutation(len(known))]
    bare = [replace(crystal, standard=None) for crystal in known]
    simulate(bare[0])  # not to time the reading of tables

    _, search = timed(conventional_cell, bare)
    result("search for the standard cell", f"{1e3 * search:.2f} ms")
    for name, settings in SETTINGS.items():
        specimens = [(module.atoms(crystal, settings), crystal.numbers[0]) for crystal in known[:LOOPED]]
        _, loop = timed(lambda atoms: plain_fingerprint(atoms[0], np.full(len(atoms[0]), atoms[1])), specimens)
        _, searched = timed(lambda crystal, of=settings: simulate(crystal, of, 0), bare)
        _, whole = timed(lambda crystal, of=settings: simulate(crystal, of, 0), known)
        result(f"{name}, cell searched", f"{1 / searched:.0f}/s, {(search + loop) / searched:.0f} times the plain loop")
        result(f"{name}, cell known", f"{1 / whole:.0f}/s, {loop / whole:.0f} times the plain loop")


def timed(function: Callable, items: Sequence) -> tuple[list, float]:
    """Return the results and the seconds of processor time an item, which other processes don't disturb."""
    start = time.process_time()
    results = [function(item) for item in items]
    return results, (time.process_time() - start) / len(items)


if __name__ == "__main__":
    main()
