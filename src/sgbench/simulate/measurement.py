"""What a real specimen and a real diffractometer make of stored powder patterns, anew for each seed.

In the order of nature: the powder is textured and holds an impurity, its crystallites and the optics broaden the peaks,
the cell, the zero of the angle and the height of the specimen move them, a background comes below, photons are counted,
the detector spikes, and only a part of the range is measured. What happens to a pattern depends on its own seed alone,
never on the batch that it is in. Every change acts on intensities, and the result is stored as the patterns were.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.samples.store import settings_of
from sgbench.simulate.instrument import SCHERRER, Settings
from sgbench.simulate.spread import kernels, scaled_by_knots

_BINS_A_KNOT = 6  # a peak is about as wide, so that neighbours are textured each for itself
_CHEBYSHEV = 6
_UNIFORMS = 24

Range = tuple[float, float]


@dataclass(frozen=True)
class Measurement:
    """How far a pattern may be from the ideal one; 0 or None leaves a change out, and so all do by default.

    Amounts are drawn uniformly, of a range log-uniformly. The ranges of ``PRESETS``, and why, stand in the schema of
    the step of balance variants, ``diffractometer``.

    Attributes:
        zero_shift_deg: largest error of the zero of two-theta, either way, degrees; 0 to 0.5.
        displacement: largest distance of the specimen from the centre of the diffractometer, either way, as a share of
            its radius; moves peaks by 2 displacement cos(theta); 0 to 0.01.
        broadening_deg: width at half height of the Gaussian that the optics add, degrees of two-theta.
        background: height of scattering by air and holder, a decay and a polynomial, of the strongest peak, both in
            steps of equal angle.
        counts: photons in the strongest step of the detector.
        step_deg: a step of the detector, degrees.
        spikes: mean number of false counts; 0 to 10.
        start_deg: most degrees at the start of the range that are not measured, and are 0; 0 to 90.
        end_deg: as ``start_deg``, at its end.
        expansion: largest relative change of all lattice spacings, either way; 0 to 0.1.
        size_A: size of the crystallites, Å; see :class:`sgbench.simulate.instrument.Settings`.
        microstrain: largest relative spread of lattice spacings; 0 to 0.02.
        b_iso_A2: largest isotropic displacement parameter, beyond the one that the pattern was simulated with, Å²; see
            :class:`sgbench.simulate.instrument.Settings`; 0 to 10.
        texture: largest standard deviation of the logarithm of a factor that each peak has for itself; 0 to 2. A stored
            pattern no longer knows its hkl, on which :mod:`sgbench.remeasure.powder` lets preferred orientation act.
        amorphous: height of the hump of an amorphous part, of the strongest peak.
        impurity: largest share of the intensity that comes from another crystal; 0 to 0.5.

    Raises:
        SgbenchError: a range does not rise.
    """

    zero_shift_deg: float = 0.0
    displacement: float = 0.0
    broadening_deg: Range | None = None
    background: Range | None = None
    counts: Range | None = None
    step_deg: Range = (0.01, 0.05)
    spikes: float = 0.0
    start_deg: float = 0.0
    end_deg: float = 0.0
    expansion: float = 0.0
    size_A: Range | None = None
    microstrain: float = 0.0
    b_iso_A2: float = 0.0
    texture: float = 0.0
    amorphous: Range | None = None
    impurity: float = 0.0

    def __post_init__(self) -> None:
        for name in ("broadening_deg", "background", "counts", "step_deg", "size_A", "amorphous"):
            limits = getattr(self, name)
            if limits is not None and not 0 < limits[0] <= limits[1]:
                raise SgbenchError(
                    f"balance diffractometer: {name} must be two numbers above 0, the second not smaller"
                )


_INSTRUMENT = Measurement(
    zero_shift_deg=0.1,
    displacement=0.001,
    broadening_deg=(0.02, 0.2),
    background=(0.005, 1.0),
    counts=(50, 2e4),
    spikes=0.5,
    start_deg=20.0,
    end_deg=30.0,
)
_SPECIMEN = replace(
    _INSTRUMENT,
    expansion=0.02,
    size_A=(150, 5000),
    microstrain=0.002,
    b_iso_A2=1.5,
    texture=0.6,
    amorphous=(0.005, 0.5),
)
#: Each holds the changes of the one before.
PRESETS: dict[str, Measurement] = {
    "clean": Measurement(),
    "instrument": _INSTRUMENT,
    "specimen": _SPECIMEN,
    "impurity": replace(_SPECIMEN, impurity=0.1),
}


class Measurer:
    """Measures the patterns of a store.

    Calling it changes a batch of patterns, (B, 1, 1, bins), each by its seed, (B,).
    """

    def __init__(self, made_by: Mapping[str, Any], measurement: Measurement) -> None:
        """Prepare for the patterns of a store.

        Args:
            made_by: the store's settings.
            measurement: how far patterns may be changed.

        Raises:
            SgbenchError: the store does not hold powder patterns.
        """
        if made_by.get("simulate") != "powder":
            raise SgbenchError("balance diffractometer: these are no powder patterns")
        self._made_by, self._measurement = made_by, measurement
        self._settings = settings_of(Settings, made_by)
        self._others: tuple[Callable[[np.ndarray], np.ndarray], int] | None = None
        theta = np.arcsin(self._settings.sine(np.arange(self._settings.bins)))
        edges = np.degrees(2 * np.arcsin(self._settings.sine(np.arange(self._settings.bins + 1) - 0.5)))
        self._theta, self._angles, self._per_degree = theta, np.degrees(2 * theta), 1 / np.diff(edges)
        self._gaussians, self._lorentzians = kernels("gaussian"), kernels("lorentzian")

    def among(self, images: Callable[[np.ndarray], np.ndarray], count: int) -> Self:
        """Return one that takes impurities from other patterns.

        Args:
            images: gives the stored patterns, (n, 1, 1, bins), of positions from 0 to ``count`` - 1.
            count: number of patterns.
        """
        made = type(self)(self._made_by, self._measurement)
        made._others = images, count
        return made

    def __call__(self, patterns: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Return the patterns as measured, float32 (B, 1, 1, bins), values from 0 to 1.

        Raises:
            ValueError: there is to be an impurity, and nothing says of which patterns.
        """
        wanted = self._measurement
        rngs = [np.random.default_rng(seed) for seed in seeds]
        draws = np.stack([rng.random(_UNIFORMS) for rng in rngs])
        rows = self._intensity(patterns)
        if wanted.b_iso_A2:
            half_g = np.sin(self._theta) / self._settings.mean_wavelength_A
            rows *= np.exp(-2 * wanted.b_iso_A2 * draws[:, 20:21] * half_g**2).astype(np.float32)
        if wanted.texture:
            normal = np.stack([rng.standard_normal(rows.shape[1] // _BINS_A_KNOT + 2) for rng in rngs])
            scaled_by_knots(rows, np.exp(wanted.texture * draws[:, :1] * normal), _BINS_A_KNOT)
        if wanted.impurity:
            rows = self._with_impurity(rows, wanted.impurity * draws[:, 1:2], draws[:, 2])
        rows = self._broadened(rows, draws[:, 3:6])
        rows = self._moved(rows, draws[:, 6:9])
        # A detector counts in steps of angle, whatever the bins: a level background is more in wider ones.
        rows *= self._per_degree
        rows /= _or_one(rows.max(axis=1, keepdims=True))
        rows += self._background(draws[:, 9:16], rngs)
        if wanted.counts:
            self._count(rows, _between(wanted.counts, draws[:, 16]), _between(wanted.step_deg, draws[:, 17]), rngs)
        if wanted.spikes:
            self._spike(rows, rngs)
        rows /= self._per_degree
        return self._prepared(rows, self._measured(draws[:, 18:20])).reshape(patterns.shape)

    def _intensity(self, patterns: np.ndarray) -> np.ndarray:
        """Undo the stored scale; float32 (B, bins)."""
        rows = patterns.reshape(len(patterns), -1).astype(np.float32)
        return rows ** np.float32(1 / self._settings.scale_exponent)

    def _with_impurity(self, rows: np.ndarray, share: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Rows with shares (B, 1) of their intensity from other patterns that ``which`` (B,), 0 to 1, chooses."""
        if self._others is None:
            raise ValueError("no patterns to take impurities from")
        images, count = self._others
        others = self._intensity(images((which * count).astype(np.int64)))
        rows, others = (of / _or_one(of.sum(axis=1, keepdims=True)) for of in (rows, others))
        return ((1 - share) * rows + share * others).astype(np.float32)

    def _broadened(self, rows: np.ndarray, draws: np.ndarray) -> np.ndarray:
        wanted = self._measurement
        if wanted.size_A or wanted.microstrain:
            width = np.degrees(4 * wanted.microstrain) * draws[:, :1] * np.tan(self._theta)
            if wanted.size_A:
                scherrer = np.degrees(SCHERRER * self._settings.mean_wavelength_A) / np.cos(self._theta)
                width = width + scherrer / _between(wanted.size_A, draws[:, 1])[:, None]
            rows = self._lorentzians.spread(rows, width * self._per_degree)
        if wanted.broadening_deg:
            rows = self._gaussians.spread(
                rows, _between(wanted.broadening_deg, draws[:, 2])[:, None] * self._per_degree
            )
        return rows

    def _moved(self, rows: np.ndarray, draws: np.ndarray) -> np.ndarray:
        wanted = self._measurement
        zero, height, strain = (2 * draws - 1).T[:, :, None] * np.array(
            [np.radians(wanted.zero_shift_deg), 2 * wanted.displacement, wanted.expansion]
        ).reshape(3, 1, 1)
        if not (zero.any() or height.any() or strain.any()):
            return rows
        # What is read at two-theta was at an angle smaller by the shifts; Bragg's law for the spacings.
        before = np.clip(self._theta - (zero + height * np.cos(self._theta)) / 2, 1e-6, np.pi / 2)
        places = self._settings.position(np.clip(np.sin(before) * (1 + strain), 1e-9, 1))
        bins = np.arange(rows.shape[1])
        return np.stack(
            [np.interp(place, bins, row, left=0, right=0) for place, row in zip(places, rows, strict=True)]
        ).astype(np.float32)

    def _background(self, draws: np.ndarray, rngs: list[np.random.Generator]) -> np.ndarray:
        """Background (B, bins), of the strongest peak; 0 where there is none."""
        wanted, made = self._measurement, np.zeros((len(draws), self._settings.bins), np.float32)
        if wanted.background:
            x = np.interp(self._angles, self._angles[[0, -1]], [-1, 1])
            decay = np.exp(-(self._angles - self._angles[0]) / (3 + 17 * draws[:, :1]))
            terms = np.polynomial.chebyshev.chebvander(x, _CHEBYSHEV - 1).T.astype(np.float32)
            weights = np.stack([rng.standard_normal(_CHEBYSHEV) for rng in rngs]) / np.arange(1, _CHEBYSHEV + 1)
            # Not a matrix product, whose rounding depends on the size of the batch.
            curve = sum(
                weight[:, None] * term for weight, term in zip(weights.T.astype(np.float32), terms, strict=True)
            )
            curve -= curve.min(axis=1, keepdims=True)
            curve = curve / _or_one(curve.max(axis=1, keepdims=True)) + draws[:, 1:2]
            mixed = draws[:, 2:3] * decay + (1 - draws[:, 2:3]) * curve / (1 + draws[:, 1:2])
            made += _between(wanted.background, draws[:, 3])[:, None] * mixed / mixed.max(axis=1, keepdims=True)
        if wanted.amorphous:
            centre, width = 15 + 25 * draws[:, 4:5], 3 + 5 * draws[:, 5:6]
            hump = np.exp(-0.5 * ((self._angles - centre) / width) ** 2)
            made += _between(wanted.amorphous, draws[:, 6])[:, None] * hump
        return made

    def _count(self, rows: np.ndarray, counts: np.ndarray, steps: np.ndarray, rngs: list[np.random.Generator]) -> None:
        """Count photons, in place: in a bin those of all its steps, in a step those of all its bins."""
        for row, count, step, rng in zip(rows, counts, steps, rngs, strict=True):
            highest = row.max()
            mean = row * (count / (highest or 1))
            # Bins become wider with the angle or stay as wide.
            narrow = int(np.searchsorted(-self._per_degree, -1 / step))
            share = 1 / (step * self._per_degree[narrow:])
            row[narrow:] = rng.poisson(mean[narrow:] * share) / share
            if narrow:
                places = np.arange(self._angles[0], self._angles[narrow - 1] + step, step)
                counted = rng.poisson(np.interp(places, self._angles, mean))
                row[:narrow] = np.interp(self._angles[:narrow], places, counted)
            row *= (highest or 1) / count

    def _spike(self, rows: np.ndarray, rngs: list[np.random.Generator]) -> None:
        for row, rng in zip(rows, rngs, strict=True):
            number = rng.poisson(self._measurement.spikes)
            row[rng.integers(len(row), size=number)] += rng.exponential(0.3, number) * row.max()

    def _measured(self, draws: np.ndarray) -> np.ndarray:
        """Return which bins lie in the measured range, bool (B, bins)."""
        first = self._angles[0] + self._measurement.start_deg * draws[:, :1]
        last = self._angles[-1] - self._measurement.end_deg * draws[:, 1:]
        return (self._angles >= first) & (self._angles <= last)

    def _prepared(self, rows: np.ndarray, measured: np.ndarray) -> np.ndarray:
        """Return what a model sees of intensities in bins, as of patterns that were measured; float32 (B, bins)."""
        made = np.zeros_like(rows)
        for target, row, seen in zip(made, rows, measured, strict=True):
            # Of a pattern without a peak in the measured range nothing is left.
            with suppress(SgbenchError):
                target[:] = self._settings.preparation(row, seen)[0, 0]
        return made


def _between(limits: Range, uniform: np.ndarray) -> np.ndarray:
    """Values that uniform (B,), 0 to 1, places between two limits, on a logarithmic scale."""
    low, high = np.log(limits)
    return np.exp(low + (high - low) * uniform)


def _or_one(values: np.ndarray) -> np.ndarray:
    """Values to divide by: 1 where they are 0."""
    return np.where(values > 0, values, 1).astype(np.float32)
