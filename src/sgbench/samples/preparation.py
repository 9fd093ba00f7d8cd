"""What becomes of a powder pattern before a model sees it: the one way for measured and simulated ones."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.interpolate import PchipInterpolator

from sgbench.errors import SgbenchError
from sgbench.samples.pattern import Pattern, wavelength_of

UNMEASURED = 0.0
"""The value of bins that were not measured."""

LEAST_MEASURED = 0.2
"""The share of its bins that a pattern has to have measured; less says too little."""

_GAP = 10  # steps of this many times the median are gaps that nothing was measured in
_WHOLE = 1e-9  # of a bin; rounding may take as much from one that is measured as a whole


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The bins of a model's patterns, as :class:`sgbench.simulate.powder.Settings` defines them.

    Attributes:
        wavelength_A: wavelength at which its angles are, Å, or of an anode, e.g. ``CuKa``.
        two_theta_deg: first and last scattering angle, degrees, 0 < first < last < 180.
        bins: number of bins, at least 2.
        axis: ``two_theta`` for bins even in angle, ``log_q`` for bins even in the logarithm of q.

    Raises:
        SgbenchError: a value is out of its range.
    """

    wavelength_A: float | str = 1.54184
    two_theta_deg: tuple[float, float] = (10.0, 110.0)
    bins: int = 1024
    axis: Literal["two_theta", "log_q"] = "two_theta"

    def __post_init__(self) -> None:
        first, last = self.two_theta_deg
        if not (wavelength_of(self.wavelength_A) > 0 and 0 < first < last < 180 and self.bins >= 2):
            raise SgbenchError("axis: two_theta_deg must be two rising angles between 0 and 180, bins at least 2")

    @property
    def edges(self) -> np.ndarray:
        """The edges of the bins as q = 4 pi sin(theta) / wavelength, 1/Å, rising, (bins + 1,)."""
        first, last = np.radians(self.two_theta_deg) / 2
        if self.axis == "two_theta":
            sine = np.sin(np.linspace(first, last, self.bins + 1))
        else:
            sine = np.geomspace(np.sin(first), np.sin(last), self.bins + 1)
        return 4 * np.pi / wavelength_of(self.wavelength_A) * sine

    @property
    def middles(self) -> np.ndarray:
        """The middles of the bins as q, 1/Å, (bins,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    def angles(self, q: np.ndarray) -> np.ndarray:
        """Return two-theta of momentum transfers (1/Å) as the axis counts it, degrees; NaN beyond 180."""
        return two_theta(q, wavelength_of(self.wavelength_A))


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How intensities in bins become what a model sees.

    Attributes:
        background: ``keep``, or ``snip`` to subtract what :func:`sgbench.samples.snip.background` finds.
        scale_exponent: intensities relative to the largest are raised to this power, which lifts weak peaks; above 0.
    """

    background: Literal["keep", "snip"] = "keep"
    scale_exponent: float = 0.5

    def __call__(self, areas: np.ndarray, measured: np.ndarray | None = None) -> np.ndarray:
        """Return what a model sees of a pattern.

        Args:
            areas: intensity in each bin, (bins,), not negative but for noise.
            measured: which bins were measured, bool (bins,); None for all.

        Returns:
            float32 (1, 1, bins): channels, height, width; 0 to 1, ``UNMEASURED`` where nothing was measured.

        Raises:
            SgbenchError: nothing above 0 is left.
        """
        measured = np.ones(len(areas), bool) if measured is None else measured
        kept = np.where(measured, areas, 0)
        if self.background == "snip":
            # Slow to import, and most patterns keep theirs.
            from sgbench.samples.snip import background

            for run in _runs(measured):
                kept[run] -= background(kept[run], len(areas))
        kept = np.maximum(kept, 0)
        if not kept.max(initial=0) > 0:
            raise SgbenchError("no intensity above 0 in the range of the model")
        seen = np.where(measured, (kept / kept.max()) ** self.scale_exponent, UNMEASURED)
        return seen.astype(np.float32).reshape(1, 1, -1)


def prepare(
    pattern: Pattern, axis: Axis, preparation: Preparation, wavelength_A: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a model sees of a measured pattern.

    Args:
        pattern: the pattern.
        axis: the model's bins.
        preparation: what becomes of their intensities.
        wavelength_A: the wavelength of a pattern that states none, Å.

    Returns:
        float32 (1, 1, bins), and which bins were measured, bool (bins,).

    Raises:
        SgbenchError: angles without a wavelength, or nothing measured in the range of the axis.
    """
    areas, measured = resample(pattern, axis, wavelength_A)
    return preparation(areas, measured), measured


def resample(pattern: Pattern, axis: Axis, wavelength_A: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Share the intensity of a measured pattern among the bins of an axis, so that areas stay what they are.

    A point stands for the stretch to halfway to its neighbours. Areas are over the angle two-theta at which the pattern
    was measured, as integrated intensities of peaks are; those of a pattern in q over the angle of the axis.

    Args:
        pattern: the pattern.
        axis: the bins.
        wavelength_A: the wavelength of a pattern that states none, Å.

    Returns:
        Intensity x degrees in each bin, 0 where it was not measured as a whole, (bins,), and whether it was, bool.

    Raises:
        SgbenchError: angles without a wavelength, or nothing measured in the range of the axis.
    """
    edges = axis.edges
    if pattern.unit == "two_theta":
        wavelength = pattern.wavelength_A or wavelength_A
        if wavelength is None:
            raise SgbenchError("states no wavelength, without which angles say nothing of spacings")
        positions, edges = pattern.positions, two_theta(edges, wavelength)
    else:
        positions, edges = axis.angles(pattern.positions), axis.angles(edges)
    seen = np.isfinite(positions)
    areas, measured = np.zeros(axis.bins), np.zeros(axis.bins, bool)
    for stretch, lower, upper in cells(positions[seen]):
        parts = rebin(np.append(lower, upper[-1]), pattern.intensities[seen][stretch] * (upper - lower), edges)
        slack = _WHOLE * np.diff(edges)
        whole = (edges[:-1] >= lower[0] - slack) & (edges[1:] <= upper[-1] + slack)
        areas[whole] = parts[whole]
        measured |= whole
    if not measured.any():
        raise SgbenchError(
            f"is measured from {positions[seen].min(initial=np.inf):.4g} to {positions[seen].max(initial=0):.4g} "
            f"degrees, and nowhere in the range of the model, {np.nanmin(edges):.4g} to {np.nanmax(edges):.4g}"
        )
    return areas, measured


def two_theta(q: np.ndarray, wavelength_A: float) -> np.ndarray:
    """Return scattering angles, degrees, of momentum transfers, 1/Å; NaN beyond what the wavelength reaches."""
    sine = q * wavelength_A / (4 * np.pi)
    return np.degrees(2 * np.arcsin(np.where(sine <= 1, sine, np.nan)))


def cells(positions: np.ndarray) -> list[tuple[slice, np.ndarray, np.ndarray]]:
    """Divide an axis among the points measured on it, gaps left out.

    Args:
        positions: of at least two points, rising, (n,).

    Returns:
        For each stretch without a gap: its points, and the lower and upper edges of their cells.
    """
    steps = np.diff(positions)
    gaps = np.flatnonzero(steps > _GAP * np.median(steps)) + 1
    stretches = []
    for first, end in zip([0, *gaps], [*gaps, len(positions)], strict=True):
        if end - first < 2:
            continue
        points = positions[first:end]
        middles = (points[1:] + points[:-1]) / 2
        lower = np.concatenate([[points[0] - (points[1] - points[0]) / 2], middles])
        upper = np.append(middles, points[-1] + (points[-1] - points[-2]) / 2)
        stretches.append((slice(first, end), lower, upper))
    return stretches


def rebin(edges: np.ndarray, areas: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Share areas among other bins, so that their sum over any stretch between common edges is kept.

    The sum up to an edge is interpolated by monotone cubics (Fritsch & Carlson, SIAM J. Numer. Anal. 17, 238, 1980),
    so that nothing positive becomes negative, and bins finer than the steps of a measurement show no stairs.

    Args:
        edges: of the bins as they are, rising, (n + 1,).
        areas: in them, (n,).
        onto: edges of the other bins, rising, (m + 1,); NaN, or beyond ``edges``, there is nothing.

    Returns:
        The area in each of the other bins, (m,).
    """
    sums = PchipInterpolator(edges, np.concatenate([[0], np.cumsum(areas)]))
    return np.diff(sums(np.clip(np.nan_to_num(onto, nan=edges[-1]), edges[0], edges[-1])))


def _runs(measured: np.ndarray) -> list[slice]:
    """Return the stretches of bins that were measured."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], measured.astype(np.int8), [0]])))
    return [slice(*run) for run in ends.reshape(-1, 2)]
