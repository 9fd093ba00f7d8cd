"""Speed and agreement of the powder simulator against pymatgen on the same random crystals, one process each.

Run from the repository root: ``python -m benchmarks.powder [TABLE ...]``; takes a minute. All distinct crystals of
the tables, those that ship with the project if none are given, are simulated by two processes.
"""

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from pymatgen.analysis.diffraction.neutron import NDCalculator
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Structure

from benchmarks.results import result
from sgbench.crystals import read
from sgbench.crystals.crystal import Crystal
from sgbench.simulate import simulate_all
from sgbench.simulate.augment import PowderAmplitudes, augment_powder
from sgbench.simulate.instrument import Settings
from sgbench.simulate.measurement import PRESETS, Measurer
from sgbench.simulate.powder import peaks, simulate

SAMPLE = 200
SEED = 1
TABLE = Path(__file__).parents[1] / "resources" / "materials_project.parquet"
CALCULATORS = {"neutron": NDCalculator(1.54184), "xray": XRDCalculator(1.54184)}


def read_crystals(tables: list[str]) -> list[Crystal]:
    """The crystals of the tables, one for each material."""
    found = (crystal for crystal in read(tables) if isinstance(crystal, Crystal))
    return list({crystal.id: crystal for crystal in found}.values())


def simulate_everything(crystals: list[Crystal], settings: Settings) -> None:
    """Print how long two processes take, and why crystals have no pattern."""
    ids = [crystal.id for crystal in crystals]
    start = time.perf_counter()
    patterns = list(simulate_all("powder", settings, crystals, ids, workers=2))
    seconds = time.perf_counter() - start
    reasons = Counter(reason for reason in patterns if isinstance(reason, str))
    result(f"all {len(crystals)} crystals, resolution {settings.resolution}", f"{seconds:.1f} s on 2 cores")
    for reason, count in reasons.most_common():
        print(f"  {count} have no pattern: {reason}")


def deviation(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Largest difference in angle (degrees) and intensity (relative); a missing peak is an infinite one.

    Peaks below 1e-4 of the strongest are left out: both sides drop the weakest.
    """
    (angle, height), (their_angle, their_height) = (
        (angle[strong], height[strong]) for angle, height in (ours, theirs) for strong in [height > 1e-4 * height.max()]
    )
    if len(angle) != len(their_angle):
        return np.inf, np.inf
    return np.abs(angle - their_angle).max(), np.abs(height / their_height - 1).max()


def compare(radiation: str, sample: list[Crystal]) -> None:
    """Print the speeds and the largest deviation for one radiation."""
    settings = Settings(radiation=radiation)
    structures = [Structure(c.lattice, c.numbers, c.frac_coords) for c in sample]

    start = time.perf_counter()
    theirs = []
    for structure in structures:
        try:
            found = CALCULATORS[radiation].get_pattern(structure, scaled=False, two_theta_range=(10, 110))
            theirs.append((found.x, found.y))
        except ValueError:
            theirs.append(None)
    their_speed = len(sample) / (time.perf_counter() - start)

    start = time.perf_counter()
    made = [simulate(crystal, settings) for crystal in sample]
    our_speed = len(sample) / (time.perf_counter() - start)

    pairs = [
        (peaks(crystal, settings), their)
        for crystal, their, ours in zip(sample, theirs, made, strict=True)
        if their is not None and not isinstance(ours, str)
    ]
    angles, heights = np.array([deviation(*pair) for pair in pairs]).T
    result(f"{radiation} patterns", f"{our_speed:.0f}/s")
    result("  against pymatgen", f"{our_speed / their_speed:.1f} times as fast")
    result(f"  largest deviation of {len(pairs)}", f"{angles.max():.1e} deg, {heights.max():.1e} relative")


def main() -> None:
    crystals = read_crystals(sys.argv[1:] or [str(TABLE)])
    sample = [crystals[i] for i in np.random.default_rng(SEED).choice(len(crystals), SAMPLE, replace=False)]
    simulate(sample[0], Settings())  # reads the tables
    for radiation in CALCULATORS:
        compare(radiation, sample)

    for resolution in ("none", "low"):
        simulate_everything(crystals, Settings(resolution=resolution))

    laboratory = {"radiation": "xray", "wavelength_A": "CuKa", "instrument": "laboratory", "axis": "log_q"}
    simulate(sample[0], Settings(**laboratory))  # compiles
    start = time.perf_counter()
    patterns = [made for crystal in sample if not isinstance(made := simulate(crystal, Settings(**laboratory)), str)]
    result("laboratory patterns", f"{len(sample) / (time.perf_counter() - start):.0f}/s")
    patterns = np.stack(patterns)
    for name, measurement in PRESETS.items():
        measurer = Measurer({"simulate": "powder", **laboratory}, measurement).among(
            patterns.__getitem__, len(patterns)
        )
        measurer(patterns[:2], np.arange(2))  # compiles
        start = time.perf_counter()
        for first in range(0, 5000, len(patterns)):
            measurer(patterns, np.arange(first, first + len(patterns)))
        made = -(-5000 // len(patterns)) * len(patterns)
        result(f"measured as {name}", f"{made / (time.perf_counter() - start):.0f} patterns/s")

    settings = Settings(resolution="low")
    batch = np.stack(
        [made for made in (simulate(crystal, settings) for crystal in crystals[:300]) if not isinstance(made, str)][
            :256
        ]
    )
    start = time.perf_counter()
    for first in range(0, 40 * 256, 256):
        augment_powder(batch, np.arange(first, first + 256), PowderAmplitudes(), settings)
    result("augmentation in batches of 256", f"{40 * 256 / (time.perf_counter() - start):.0f} patterns/s")


if __name__ == "__main__":
    main()
