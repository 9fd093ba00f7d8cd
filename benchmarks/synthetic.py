"""Synthetic crystals: how many a second, alone and with X-ray patterns, and how many attempts each space group takes.

Run from the repository root: ``python -m benchmarks.synthetic [COUNT]`` draws COUNT (20) crystals of each space group;
takes about a minute. Where pyxtal is installed (``pip install --no-deps pyxtal``), it draws crystals of the same
compositions beside, and does not look for their space groups. Times are of one core.
"""

import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.results import result
from sgbench.crystals import read
from sgbench.crystals.crystal import Crystal, find_symmetry
from sgbench.crystals.formula import symbols
from sgbench.crystals.statistics import Statistics, fit
from sgbench.crystals.symmetry import N_SPACE_GROUPS
from sgbench.crystals.synthetic import attempts, draw
from sgbench.simulate.powder import Settings, simulate

TABLE = Path(__file__).parents[1] / "resources" / "materials_project.parquet"
GROUPS = range(1, N_SPACE_GROUPS + 1)
XRAY = Settings(radiation="xray", wavelength_A=1.5406, axis="log_q", resolution="high")


def drawn(statistics: Statistics, count: int) -> list[Crystal]:
    """Draw crystals of each space group, and print how long it took and what became of the attempts."""
    for group in GROUPS:
        draw(statistics, group, 0)
    crystals, reasons, shares = [], Counter(), {}
    start = time.process_time()
    for group in GROUPS:
        outcomes = [list(attempts(statistics, group, seed)) for seed in range(count)]
        crystals += [last for *_, last in outcomes]
        failed = [reason for *before, _ in outcomes for reason in before]
        reasons.update("no room" if reason == "no room" else "another space group" for reason in failed)
        shares[group] = count / sum(map(len, outcomes))
    took = time.process_time() - start
    result("synthetic crystals a second", f"{len(crystals) / took:.0f}")
    least = min(shares, key=lambda group: shares[group])
    text = f"least {shares[least]:.2f} (group {least}), median {np.median(list(shares.values())):.2f}"
    result("share of attempts that are a crystal, by space group", text)
    total = len(crystals) + reasons.total()
    result("attempts that fail", ", ".join(f"{reason} {number / total:.2f}" for reason, number in reasons.items()))
    return crystals


def found_by_spglib(crystals: list[Crystal]) -> float:
    """Return the share of crystals in which spglib finds the space group that was asked for."""
    right = 0
    for crystal in crystals:
        found = find_symmetry(crystal.lattice, crystal.frac_coords, crystal.numbers)
        right += found is not None and found.number == crystal.space_group
    return right / len(crystals)


def by_pyxtal(crystals: list[Crystal]) -> None:
    """Print how long pyxtal takes for crystals of the same groups and compositions, and how many it makes."""
    try:
        from pyxtal import pyxtal
    except ImportError:
        print("pyxtal is not installed")
        return
    made = 0
    start = time.process_time()
    for crystal in crystals:
        kinds, counts = np.unique(crystal.standard.numbers, return_counts=True)
        structure = pyxtal()
        try:
            structure.from_random(3, crystal.space_group, symbols(kinds), counts.tolist())
        except Exception:  # whatever it says of a composition that it cannot do
            continue
        made += structure.valid
    took = time.process_time() - start
    result("pyxtal: crystals a second, of the same compositions", f"{made / took:.1f}, {made} of {len(crystals)}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    warnings.simplefilter("ignore")
    records = [record for record in read([str(TABLE)]) if isinstance(record, Crystal)]
    start = time.process_time()
    statistics = fit(records)
    result("statistics of the embedded crystals", f"{time.process_time() - start:.0f} s")
    crystals = drawn(statistics, count)
    start = time.process_time()
    patterns = [simulate(crystal, XRAY) for crystal in crystals]
    took = time.process_time() - start
    result("their X-ray powder patterns a second", f"{len(crystals) / took:.0f}")
    result("without a pattern", f"{sum(isinstance(pattern, str) for pattern in patterns)} of {len(crystals)}")
    some = crystals[:: max(1, count // 2)]
    result("space group found by spglib", f"{found_by_spglib(some):.4f} of {len(some)}", "1")
    by_pyxtal(crystals[::count])


if __name__ == "__main__":
    main()
