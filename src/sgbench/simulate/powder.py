"""Powder diffraction patterns of crystals, with neutrons (default) or X-rays.

Kinematic theory without absorption, thermal motion (Debye-Waller factor) or magnetism: De Graef & McHenry,
*Structure of Materials*, 2nd ed. (2012), chapters 11 to 13. The scattering lengths (Neutron Data Booklet,
2nd ed., 2003) and the X-ray form factors (De Graef & McHenry) are those that pymatgen ships (Ong et al.,
Comput. Mater. Sci. 68, 314, 2013), so that the peaks agree with its ``NDCalculator`` and ``XRDCalculator``.
"""

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
import spglib
from pymatgen.core.periodic_table import Element
from scipy.special import ndtr

from sgbench.crystals.crystal import Crystal
from sgbench.errors import SgbenchError

RESOLUTIONS: dict[str, tuple[float, float, float]] = {
    "low": (0.4430, -0.2464, 0.1344),
    "high": (0.1143, -0.1013, 0.0590),
}
"""Caglioti (U, V, W) in deg² of two real reactor powder diffractometers.

``low``: HB-2A at HFIR, Ge(113), 2.41 Å: FWHM 0.32 deg at best, 0.83 deg at two-theta 110 deg. ``high``: 3T2
at LLB Saclay, 1.23 Å: 0.19 deg at best, 0.38 deg at 110 deg. From the instrument files of the GSAS-II
tutorials (Toby & Von Dreele, J. Appl. Cryst. 46, 544, 2013), whose variances in centidegree² become FWHM² in
deg² on multiplication by 8 ln 2 / 10⁴.
"""

_DEUTERIUM_FM = 6.671
_PEAK_MERGING_DEG = 1e-5  # reflections this close are one peak, as in pymatgen
_WEAKEST_PEAK = 1e-5  # of the strongest; below it lie systematic absences that fail to cancel exactly
_SHORTEST_DISTANCE_A = 0.5  # the shortest known bond, H-H, is 0.74 Å
_SMALLEST_ATOM_A3 = 1.0
_MOST_ATOMS = 2_000
_MOST_NODES = 30_000_000  # of the reciprocal-lattice grid, about 0.5 GB
_SIGMA_PER_FWHM = 1 / np.sqrt(8 * np.log(2))
_PEAK_REACH_SIGMA = 5.0  # beyond it lies 6e-7 of a Gaussian
_SYMMETRY_PRECISION_A = 0.01


@dataclass(frozen=True)
class Settings:
    """How a powder pattern is measured and stored.

    Attributes:
        radiation: ``neutron`` or ``xray``.
        wavelength_A: wavelength, Å.
        two_theta_deg: first and last scattering angle, degrees, 0 < first < last < 180.
        bins: bins of a pattern, at least 2.
        axis: ``two_theta`` for bins even in angle; ``log_q`` for bins even in the logarithm of the momentum
            transfer q = 4 pi sin(theta) / wavelength, where a uniform scaling of the cell is a mere shift.
        resolution: ``none``: each peak is one line, shared linearly between the two nearest bins, so that its
            position survives the binning; ``low`` or ``high``: Gaussian peaks with the widths in
            ``RESOLUTIONS``; or one's own Caglioti (U, V, W) in deg², FWHM² = U tan²(theta) + V tan(theta) + W
            (Caglioti, Paoletti & Ricci, Nucl. Instrum. 3, 223, 1958).
        scale_exponent: patterns are stored as (I / max I) ** exponent, which lifts weak peaks; above 0.
        deuterium: take all hydrogen as deuterium (b = 6.671 fm, not -3.739 fm). X-rays see no difference.

    Raises:
        SgbenchError: a value is out of its range.
    """

    radiation: Literal["neutron", "xray"] = "neutron"
    wavelength_A: float = 1.54184
    two_theta_deg: tuple[float, float] = (10.0, 110.0)
    bins: int = 1024
    axis: Literal["two_theta", "log_q"] = "two_theta"
    resolution: str | tuple[float, float, float] = "none"
    scale_exponent: float = 0.5
    deuterium: bool = False

    def __post_init__(self) -> None:
        first, last = self.two_theta_deg
        checks = {
            "radiation must be neutron or xray": self.radiation in ("neutron", "xray"),
            "wavelength_A must be positive": self.wavelength_A > 0,
            "two_theta_deg must be two rising angles between 0 and 180": 0 < first < last < 180,
            "bins must be at least 2": self.bins >= 2,
            "axis must be two_theta or log_q": self.axis in ("two_theta", "log_q"),
            "scale_exponent must be positive": self.scale_exponent > 0,
            "resolution must be none, low, high, or U, V, W of a positive width": self._has_width(),
        }
        for rule, kept in checks.items():
            if not kept:
                raise SgbenchError(f"powder settings: {rule}")

    def _has_width(self) -> bool:
        if isinstance(self.resolution, str):
            return self.resolution in ("none", *RESOLUTIONS)
        u, v, w = self.resolution
        return u >= 0 and w > 0 and (v >= 0 or v**2 < 4 * u * w)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a pattern."""
        return 1, 1, self.bins

    @property
    def angles_deg(self) -> np.ndarray:
        """Two-theta at the centre of each bin, degrees, shape (bins,)."""
        return np.degrees(2 * np.arcsin(self.sine(np.arange(self.bins))))

    def fwhm(self, two_theta: np.ndarray) -> np.ndarray:
        """Width of a peak at half its height, degrees, at the given angles, degrees."""
        u, v, w = RESOLUTIONS[self.resolution] if isinstance(self.resolution, str) else self.resolution
        tan = np.tan(np.radians(two_theta) / 2)
        return np.sqrt(u * tan**2 + v * tan + w)

    def position(self, sine: np.ndarray) -> np.ndarray:
        """Where sin(theta) lies on the axis, in bins: i at the centre of bin i; not limited to the range."""
        first, last = np.radians(self.two_theta_deg) / 2
        if self.axis == "two_theta":
            fraction = (np.arcsin(sine) - first) / (last - first)
        else:
            fraction = np.log(sine / np.sin(first)) / np.log(np.sin(last) / np.sin(first))
        return fraction * self.bins - 0.5

    def sine(self, position: np.ndarray) -> np.ndarray:
        """The inverse of ``position``: sin(theta) at a place on the axis."""
        first, last = np.radians(self.two_theta_deg) / 2
        fraction = (position + 0.5) / self.bins
        if self.axis == "two_theta":
            return np.sin(first + (last - first) * fraction)
        return np.sin(first) * (np.sin(last) / np.sin(first)) ** fraction


@dataclass(frozen=True)
class Distortion:
    """How far a specimen may be from the ideal crystal; what it is in fact is drawn at random.

    Attributes:
        strain: standard deviation of the components of the strain tensor; about 0.001 to 0.02. The tensor is
            averaged over the point group, as Neumann's principle demands of the thermal and chemical
            expansion that it stands for, so the space group stays what it is.
        march: range of the March parameter r, uniform, of a preferred orientation about a random low-index
            plane normal; 1 is a random powder, smaller for plates, larger for needles; about 0.5 to 1.5
            (Dollase, J. Appl. Cryst. 19, 267, 1986).
    """

    strain: float = 0.0
    march: tuple[float, float] = (1.0, 1.0)


def peaks(
    crystal: Crystal,
    settings: Settings,
    distortion: Distortion | None = None,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Bragg peaks of a crystal's powder: where they are and how strong.

    Intensity = multiplicity x |F|² x Lorentz factor 1 / (sin²(theta) cos(theta)), with X-rays also x the
    polarisation factor 1 + cos²(2 theta). Reflections that agree to 1e-5 deg are merged, and peaks below 1e-5
    of the strongest dropped.

    Args:
        crystal: the crystal; any cell, primitive or not.
        settings: radiation, wavelength and angular range.
        distortion: what to draw strain and preferred orientation from, if any.
        seed: of that draw.

    Returns:
        Angles two-theta in degrees, rising, and intensities (fm², with X-rays electrons²), both (peaks,).

    Raises:
        SgbenchError: the crystal has no pattern; the message says why.
    """
    lattice, numbers, coords = _checked(crystal)
    _check_elements(numbers, settings)
    rng = np.random.default_rng(seed)
    if distortion and distortion.strain:
        lattice = lattice @ (np.eye(3) + _strain(lattice, numbers, coords, distortion.strain, rng))

    sin_min, sin_max = np.sin(np.radians(settings.two_theta_deg) / 2)
    to_sine = settings.wavelength_A / 2
    axes, hkl, g_length = _reflections(lattice, len(numbers), sin_min / to_sine, sin_max / to_sine)
    amplitude = np.zeros(len(hkl), complex)
    for number in np.unique(numbers):
        geometric = _geometric_factor(coords[numbers == number], axes)
        amplitude += _form_factor(number, g_length, settings) * geometric[tuple(hkl.T)]

    sine = g_length * to_sine
    # Friedel's law: -h, -k, -l is as strong as h, k, l; only the plane h = 0 was listed whole.
    friedel = np.where(hkl[:, 0] > 0, 2, 1)
    intensity = friedel * (amplitude.real**2 + amplitude.imag**2) / (sine**2 * np.sqrt(1 - sine**2))
    if settings.radiation == "xray":
        intensity *= 1 + (1 - 2 * sine**2) ** 2
    if distortion and distortion.march != (1.0, 1.0):
        intensity *= _march_dollase(hkl, lattice, distortion.march, rng)
    return _merged(np.degrees(2 * np.arcsin(sine)), intensity)


def pattern(crystal: Crystal, settings: Settings, distortion: Distortion | None = None, seed: int = 0) -> np.ndarray:
    """Powder pattern of a crystal: its peaks, broadened, binned and scaled to a maximum of 1.

    Args:
        crystal: the crystal.
        settings: how it is measured and stored.
        distortion: what to draw strain and preferred orientation from, if any.
        seed: of that draw.

    Returns:
        float32, shape (1, 1, bins): channels, height, width; values from 0 to 1.

    Raises:
        SgbenchError: the crystal has no pattern; the message says why.
    """
    if settings.resolution == "none":
        histogram = lines(*peaks(crystal, settings, distortion, seed), settings)
    else:
        histogram = gaussians(*peaks(crystal, _with_tails(settings), distortion, seed), settings)
    if not histogram.max() > 0:
        raise SgbenchError("no Bragg peak in the angular range")
    scaled = (histogram / histogram.max()) ** settings.scale_exponent
    return scaled.astype(np.float32).reshape(1, 1, -1)


def simulate(
    crystal: Crystal, settings: Settings, seed: int = 0, distortion: Distortion | None = None
) -> np.ndarray | str:
    """Return the ``pattern`` of a crystal, or in plain words the reason why it has none."""
    try:
        return pattern(crystal, settings, distortion, seed)
    except SgbenchError as reason:
        return str(reason)


def lines(two_theta: np.ndarray, intensity: np.ndarray, settings: Settings) -> np.ndarray:
    """Histogram of sharp peaks, each shared between the two nearest bins so that its centre of mass is kept.

    Args:
        two_theta: angles of the peaks within the range, degrees, shape (peaks,).
        intensity: their integrated intensities, shape (peaks,).
        settings: the axis.

    Returns:
        Intensity in each bin, shape (bins,); its sum is that of the peaks.
    """
    place = np.clip(settings.position(np.sin(np.radians(two_theta) / 2)), 0, settings.bins - 1)
    left = np.minimum(place.astype(int), settings.bins - 2)
    share = place - left
    return np.bincount(left, intensity * (1 - share), settings.bins) + np.bincount(
        left + 1, intensity * share, settings.bins
    )


def gaussians(two_theta: np.ndarray, intensity: np.ndarray, settings: Settings) -> np.ndarray:
    """Histogram of Gaussian peaks, integrated over each bin, with the instrument's width at each angle.

    Args:
        two_theta: angles of the peaks, degrees, shape (peaks,); those outside the range lend it their tails.
        intensity: their integrated intensities, shape (peaks,).
        settings: the axis and the resolution.

    Returns:
        Intensity in each bin, shape (bins,); its sum is that of the peaks, but for tails out of the range.
    """
    edges = np.degrees(2 * np.arcsin(settings.sine(np.arange(settings.bins + 1) - 0.5)))
    sigma = settings.fwhm(two_theta) * _SIGMA_PER_FWHM
    reach = _PEAK_REACH_SIGMA * sigma
    first = np.maximum(np.searchsorted(edges, two_theta - reach, side="right") - 1, 0)
    last = np.minimum(np.searchsorted(edges, two_theta + reach), settings.bins)
    width = np.maximum(last - first, 0)
    # One row for each (peak, bin) within reach of each other: windows differ in length, hence no rectangle.
    peak = np.repeat(np.arange(len(two_theta)), width)
    bin_ = np.arange(len(peak)) - np.repeat(np.cumsum(width) - width - first, width)
    centre, spread = two_theta[peak], sigma[peak]
    share = ndtr((edges[bin_ + 1] - centre) / spread) - ndtr((edges[bin_] - centre) / spread)
    return np.bincount(bin_, intensity[peak] * share, settings.bins)


def _with_tails(settings: Settings) -> Settings:
    """The settings with a range that holds the peaks whose tails reach into the original one."""
    first, last = settings.two_theta_deg
    before, after = _PEAK_REACH_SIGMA * _SIGMA_PER_FWHM * settings.fwhm(np.array([first, last]))
    wider = max(first - before, first / 2), min(last + after, (last + 180) / 2)
    return replace(settings, two_theta_deg=wider)


def _checked(crystal: Crystal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lattice (3, 3), atomic numbers (N,) and coordinates (N, 3) of a possible crystal, else SgbenchError."""
    try:
        lattice = np.asarray(crystal.lattice, float).reshape(3, 3)
        numbers = np.asarray(crystal.numbers, int).reshape(-1)
        coords = np.asarray(crystal.frac_coords, float).reshape(len(numbers), 3)
    except (TypeError, ValueError, OverflowError) as error:
        raise SgbenchError("lattice, numbers or coordinates are not arrays of matching shapes") from error
    if len(numbers) == 0:
        raise SgbenchError("no atoms")
    if len(numbers) > _MOST_ATOMS:
        raise SgbenchError(f"cell too large: {len(numbers)} atoms")
    if not np.isfinite(lattice).all():
        raise SgbenchError("lattice is not finite")
    if not np.isfinite(coords).all():
        raise SgbenchError("coordinates are not finite")
    volume = abs(np.linalg.det(lattice))
    if volume < _SMALLEST_ATOM_A3 * len(numbers):
        raise SgbenchError(f"cell volume {volume:.3g} Å³ is too small for {len(numbers)} atoms")
    nearest = _nearest_distance(lattice, coords)
    if nearest < _SHORTEST_DISTANCE_A:
        raise SgbenchError(f"atoms overlap: two are {nearest:.2g} Å apart")
    return lattice, numbers, coords


def _nearest_distance(lattice: np.ndarray, coords: np.ndarray) -> float:
    """Least distance between two sites, Å; where it exceeds half the cell's thickness, perhaps too large."""
    one, other = np.triu_indices(len(coords), 1)
    difference = coords[one] - coords[other]
    difference -= np.rint(difference)
    return float(np.sqrt(((difference @ lattice) ** 2).sum(1).min(initial=np.inf)))


def _check_elements(numbers: np.ndarray, settings: Settings) -> None:
    """Raise SgbenchError unless the tables have an entry for every element."""
    known = _scattering_lengths() if settings.radiation == "neutron" else _form_factor_terms()
    for number in set(numbers.tolist()) - known.keys():
        if not 1 <= number <= 118:
            raise SgbenchError(f"unknown species: no element has atomic number {number}")
        kind = "neutron scattering length" if settings.radiation == "neutron" else "X-ray form factor"
        raise SgbenchError(f"no {kind} for {Element.from_Z(number).symbol}")


def _reflections(
    lattice: np.ndarray, atoms: int, g_min: float, g_max: float
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
    """Reciprocal-lattice vectors g with g_min <= |g| <= g_max (1/Å) in the half-space h >= 0.

    Returns:
        The grid's axes h, k, l; Miller indices (M, 3) of the vectors; their lengths (M,), 1/Å.
    """
    most = np.floor(g_max * np.linalg.norm(lattice, axis=1)) + 0.0  # h = g . a, hence |h| <= |g| |a|
    nodes = (most[0] + 1) * (2 * most[1] + 1) * max(2 * most[2] + 1, atoms)
    if not nodes <= _MOST_NODES:
        raise SgbenchError("cell too large: too many reflections to list")
    top = most.astype(int)
    # Negative indices lie behind the positive ones, where an index of -1 finds them.
    axes = (np.arange(top[0] + 1), _signed(top[1]), _signed(top[2]))
    reciprocal = np.linalg.inv(lattice).T
    metric = reciprocal @ reciprocal.T
    h, k, l = np.ix_(*axes)  # noqa: E741
    square = h * (h * metric[0, 0] + 2 * (k * metric[0, 1] + l * metric[0, 2]))
    square = square + k * (k * metric[1, 1] + 2 * l * metric[1, 2]) + l * l * metric[2, 2]
    inside = np.nonzero((square >= g_min**2) & (square <= g_max**2))
    if len(inside[0]) == 0:
        raise SgbenchError("no Bragg peak in the angular range")
    hkl = np.stack([axis[index] for axis, index in zip(axes, inside, strict=True)], axis=1)
    return axes, hkl, np.sqrt(square[inside])


def _signed(top: int) -> np.ndarray:
    """0, 1, ..., top, -top, ..., -1."""
    return np.concatenate([np.arange(top + 1), np.arange(-top, 0)])


def _geometric_factor(coords: np.ndarray, axes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """Sum over sites of exp(2 pi i (hx + ky + lz)) on the whole grid, shape (H, K, L).

    The exponential is a product of one factor an axis: few are evaluated, and the rest is a matrix product.
    """
    along_h, along_k, along_l = (np.exp(2j * np.pi * np.outer(axis, x)) for axis, x in zip(axes, coords.T, strict=True))
    plane = (along_h[:, None] * along_k[None]).reshape(-1, len(coords))
    return (plane @ along_l.T).reshape([len(axis) for axis in axes])


def _form_factor(number: int, g_length: np.ndarray, settings: Settings) -> np.ndarray | float:
    """What one atom scatters: b in fm, or f(s) in electrons (De Graef & McHenry, chapter 12), s = |g| / 2."""
    if settings.radiation == "neutron":
        return _DEUTERIUM_FM if settings.deuterium and number == 1 else _scattering_lengths()[number]
    square = (g_length / 2) ** 2
    a, b = _form_factor_terms()[number]
    return number - 41.78214 * square * (np.exp(-np.outer(square, b)) @ a)


def _merged(two_theta: np.ndarray, intensity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Peaks in rising order, those at one angle summed, negligible ones dropped."""
    order = np.argsort(two_theta, kind="stable")
    two_theta, intensity = two_theta[order], intensity[order]
    start = np.flatnonzero(np.diff(np.rint(two_theta / _PEAK_MERGING_DEG), prepend=-1))
    two_theta, intensity = two_theta[start], np.add.reduceat(intensity, start)
    strong = intensity > _WEAKEST_PEAK * intensity.max()
    return two_theta[strong], intensity[strong]


def _strain(
    lattice: np.ndarray, numbers: np.ndarray, coords: np.ndarray, sigma: float, rng: np.random.Generator
) -> np.ndarray:
    """Random symmetric strain tensor (3, 3), Cartesian, that the crystal's point group leaves unchanged."""
    draw = rng.normal(0, sigma, (3, 3))
    symmetry = spglib.get_symmetry((lattice, coords, numbers.astype(np.int32)), symprec=_SYMMETRY_PRECISION_A)
    if symmetry is None:
        raise SgbenchError("no symmetry operations found")
    rotations = lattice.T @ symmetry["rotations"] @ np.linalg.inv(lattice.T)
    return (rotations @ ((draw + draw.T) / 2) @ rotations.swapaxes(1, 2)).mean(0)


def _march_dollase(
    hkl: np.ndarray, lattice: np.ndarray, march: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """Factor (M,) of preferred orientation (Dollase, 1986); its mean over all directions is 1."""
    r = rng.uniform(*march)
    low_index = np.array([1, *rng.integers(-1, 2, 2)])[rng.permutation(3)]
    reciprocal = np.linalg.inv(lattice).T
    normal, g = low_index @ reciprocal, hkl @ reciprocal
    cos2 = (g @ normal) ** 2 / (g**2).sum(1) / (normal**2).sum()
    return (r**2 * cos2 + (1 - cos2) / r) ** -1.5


@cache
def _scattering_lengths() -> dict[int, float]:
    """Bound coherent scattering length in fm of each atomic number that has one."""
    table = _packaged("neutron_scattering_length.json")
    return {element.Z: table[element.symbol] for element in Element if element.symbol in table}


@cache
def _form_factor_terms() -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """The four a and the four b of the X-ray form factor of each atomic number that has them."""
    table = _packaged("atomic_scattering_params.json")
    return {element.Z: tuple(np.array(table[element.symbol]).T) for element in Element if element.symbol in table}


def _packaged(name: str) -> dict:
    """One of the tables that pymatgen ships."""
    return json.loads(files("pymatgen.analysis.diffraction").joinpath(name).read_text())
