"""CBED patterns against abTEM: how well they agree, and how long one material's full set takes on one core.

Run from the root of the repository: ``python -m benchmarks.cbed``; takes some minutes. Both have the same slab (100 Å),
slices, band, projection and grid of spatial frequencies. The set is that of the original data: three directions, ten
energies. abTEM builds the potential once for each direction and sends one probe through for each energy; where disks
overlap it would need more, for the average over positions.

Agreement is the R-factor of intensities at 100 keV, Σ|I - I_abTEM| / Σ I_abTEM. abTEM spreads an atom over the four
grid points around it; it is given a potential free of that, made on a grid eight times as fine and cut to the same
spatial frequencies, and beside it the one that it makes on the grid itself (``plain``). What is left at 0.2 Å is the
grid: the phase at a heavy atom varies too fast for it, and the two codes sample it at different points.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.results import result
from sgbench.crystals import read
from sgbench.crystals.crystal import Crystal
from sgbench.simulate import cbed, multislice
from sgbench.simulate.cbed import PRESETS
from sgbench.simulate.multislice import Detector
from sgbench.simulate.zone import Zone, zones
from tests.simulate.abtem_reference import TABLE, Specimen, pattern, potential, real, residual, specimen

CRYSTALS = {
    "cubic": ("Si", 227),
    "cubic, heavy": ("Cu", 225),
    "tetragonal": ("ZrSiO4", 141),
    "orthorhombic": ("NaNbO3", 26),
    "hexagonal": ("GaN", 186),
    "trigonal": ("SiO2", 154),
    "monoclinic": ("ZrO2", 14),
    "triclinic": ("MnP4", 2),
}
SLAB_A = 100
SAMPLINGS_A = (0.2, 0.1)
ENERGIES_KEV = np.arange(100.0, 200, 10)
ROUNDS = 3
SAMPLE = 40


def main() -> None:
    torch.set_num_threads(1)
    for system, (formula, group) in CRYSTALS.items():
        agreement(system, real(formula, group))
    for pixels in (128, 256):
        full_set(real("GaN", 186), pixels)
    cost()
    if torch.cuda.is_available():
        graphics()


def agreement(system: str, crystal: Crystal) -> None:
    """Print the R-factors of the zone of the strongest reflection."""
    cell = cbed._conventional(crystal)
    zone = zones(cell, 1, (1, 5))[0]
    print(f"{system:12} {crystal.formula:7} {zone.hkl.tolist()!s:11}", end="")
    for sampling in SAMPLINGS_A:
        of = specimen(cell, zone, SLAB_A, sampling, 12)
        fine, plain = (pattern(of, potential(of, finer), 100, semi_angle(zone)) for finer in (8, 1))
        mine = {degree: drawn(of, of.detector, of.band, ENERGIES_KEV[:1], degree)[0] for degree in (2, 5)}
        print(
            f"; at {sampling} Å agrees to {residual(mine[5], fine):.2%} (degree 2: {residual(mine[2], fine):.2%};"
            f" plain: {residual(mine[5], plain):.1%}), total {mine[5].sum():.4f}, abTEM {fine.sum():.4f}",
            end="",
        )
    print(flush=True)


def full_set(crystal: Crystal, pixels: int) -> None:
    """Print the times for three directions and ten energies, taken in turn."""
    cell = cbed._conventional(crystal)
    specimens = []
    for zone in zones(cell, 3, (1, 5)):
        of = specimen(cell, zone, SLAB_A, SAMPLINGS_A[0], 0.93 * pixels * SAMPLINGS_A[0])
        of.points = (pixels, pixels)
        specimens.append(of)

    waves: list[float] = []

    def theirs() -> None:
        spent = 0.0
        for of in specimens:
            slices = potential(of)
            start = time.perf_counter()
            for energy in ENERGIES_KEV:
                pattern(of, slices, energy, semi_angle(of.zone), average=False)
            spent += time.perf_counter() - start
        waves.append(spent)

    def mine(degree: int) -> Callable[[], None]:
        def run() -> None:
            cell = cbed._conventional(crystal)
            for of, zone in zip(specimens, zones(cell, 3, (1, 5)), strict=True):
                drawn(of, of.detector, of.band, ENERGIES_KEV, degree, zone)

        return run

    runs = {"abTEM": theirs, "degree 2": mine(2), "degree 5": mine(5)}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    middle = {name: statistics.median(values) for name, values in times.items()}
    for name in ("degree 2", "degree 5"):
        ratios = [a / b for a, b in zip(times["abTEM"], times[name], strict=True)]
        apart = [a / b for a, b in zip(waves, times[name], strict=True)]
        result(
            f"{crystal.formula}, 30 patterns of {pixels} px, {name}",
            f"{middle[name]:.2f} s, {statistics.median(ratios):.1f} times as fast as abTEM"
            f" ({statistics.median(apart):.1f} without its potentials)",
        )


def cost() -> None:
    """Print what the presets cost on one core, and how many crystals they leave out."""
    found = [crystal for crystal in read([str(TABLE)]) if isinstance(crystal, Crystal)]
    chosen = [found[i] for i in np.random.default_rng(0).choice(len(found), SAMPLE, replace=False)]
    for name, most in (("small", SAMPLE), ("original", 6)):
        taken, seconds = 0, 0.0
        for crystal in chosen[:most]:
            start = time.process_time()
            taken += not isinstance(cbed.simulate(crystal, PRESETS[name]), str)
            seconds += time.process_time() - start
        result(f"preset {name}, {taken} of {most} crystals", f"{seconds / taken:.2f} s of processor time each")


def graphics() -> None:
    """Print the patterns a second of the original preset on the GPU."""
    crystal, settings = real("GaN", 186), PRESETS["original"]
    cbed.simulate(crystal, settings, device="cuda")
    start = time.perf_counter()
    for _ in range(ROUNDS):
        cbed.simulate(crystal, settings, device="cuda")
    seconds = (time.perf_counter() - start) / ROUNDS
    result("GPU, preset original", f"{30 / seconds:.0f} patterns/s")


def semi_angle(zone: Zone) -> float:
    """The aperture of the original data."""
    return float(multislice.wavelength(100)) / (4 * zone.spacing)


def drawn(
    of: Specimen, detector: Detector, band: float, energies: np.ndarray, degree: int, zone: Zone | None = None
) -> np.ndarray:
    """Compute patterns as the simulator does, on the given detector."""
    zone = zone or of.zone
    margin = 0.5 * np.sqrt(np.prod(detector.pixel))
    disks = multislice.disks(zone, of.layers, energies, semi_angle(zone), band, degree, margin)
    return multislice.draw(disks, degree, detector).numpy()


if __name__ == "__main__":
    main()
