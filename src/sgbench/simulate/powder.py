"""Powder diffraction patterns of crystals, with neutrons (default) or X-rays.

Kinematic theory without absorption, thermal motion (Debye-Waller factor) or magnetism: De Graef & McHenry,
*Structure of Materials*, 2nd ed. (2012), chapters 11 to 13. What atoms scatter is taken from pymatgen's tables, so that
the peaks agree with its ``NDCalculator`` and ``XRDCalculator``.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pymatgen.core.periodic_table import Element
from scipy.special import ndtr

from sgbench.crystals.crystal import SPECIES_OF_DEUTERIUM, Crystal
from sgbench.errors import SgbenchError
from sgbench.simulate.reflections import checked, geometric_factor, reflections
from sgbench.simulate.scattering import form_factor_terms, scattering_lengths
from sgbench.simulate.specimen import Distortion, march_dollase, strain

RESOLUTIONS: dict[str, tuple[float, float, float]] = {
    "low": (0.4430, -0.2464, 0.1344),
    "high": (0.1143, -0.1013, 0.0590),
}
"""Caglioti (U, V, W) in deg² of a coarse and a fine reactor diffractometer whose monochromator deflects by 90 deg.

Of such an instrument they depend on collimation, mosaic and the Bragg angle of the monochromator (U as 1 / tan²,
V as 1 / tan, W not), and not on the wavelength (Caglioti, Paoletti & Ricci, Nucl. Instrum. 3, 223, 1958). Both were
measured at another wavelength and nearly the same deflection: HB-2A at HFIR with Ge(113) at 2.41 Å, 89.7 deg, and 3T2
at LLB Saclay with Ge(335) at 1.23 Å, 90.6 deg. At the 90.1 deg with which Ge(115) gives 1.54 Å they would be 1 %
wider and 1 % narrower, which is left out; a monochromator turned to another angle would be another instrument.

FWHM at best and at two-theta 110 deg: ``low`` 0.32 and 0.83 deg, ``high`` 0.19 and 0.38 deg. From the instrument files
of the GSAS-II tutorials (Toby & Von Dreele, J. Appl. Cryst. 46, 544, 2013), whose variances in centidegree² become
FWHM² in deg² on multiplication by 8 ln 2 / 10⁴.
"""

_PEAK_MERGING_DEG = 1e-5  # reflections this close are one peak, as in pymatgen
_WEAKEST_PEAK = 1e-5  # of the strongest; below it lie systematic absences that fail to cancel exactly
_SIGMA_PER_FWHM = 1 / np.sqrt(8 * np.log(2))
_PEAK_REACH_SIGMA = 5.0  # beyond it lies 6e-7 of a Gaussian


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
        deuterium: take all hydrogen as deuterium (b = 6.671 fm, not -3.739 fm), as atoms that are deuterium in the
            crystal always are. X-rays see no difference.

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
    lattice, kinds, coords = checked(crystal)
    _check_elements(kinds, settings)
    rng = np.random.default_rng(seed)
    if distortion and distortion.strain:
        lattice = lattice @ (np.eye(3) + strain(lattice, kinds, coords, distortion.strain, rng))

    sin_min, sin_max = np.sin(np.radians(settings.two_theta_deg) / 2)
    to_sine = settings.wavelength_A / 2
    axes, hkl, g_length = reflections(lattice, len(kinds), sin_min / to_sine, sin_max / to_sine)
    amplitude = np.zeros(len(hkl), complex)
    for kind in np.unique(kinds):
        geometric = geometric_factor(coords[kinds == kind], axes)
        amplitude += _form_factor(kind, g_length, settings) * geometric[tuple(hkl.T)]

    sine = g_length * to_sine
    # Friedel's law: -h, -k, -l is as strong as h, k, l; only the plane h = 0 was listed whole.
    friedel = np.where(hkl[:, 0] > 0, 2, 1)
    intensity = friedel * (amplitude.real**2 + amplitude.imag**2) / (sine**2 * np.sqrt(1 - sine**2))
    if settings.radiation == "xray":
        intensity *= 1 + (1 - 2 * sine**2) ** 2
    if distortion and distortion.march != (1.0, 1.0):
        intensity *= march_dollase(hkl, lattice, distortion.march, rng)
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


def _check_elements(kinds: np.ndarray, settings: Settings) -> None:
    """Raise SgbenchError unless the tables have an entry for every species."""
    known = scattering_lengths() if settings.radiation == "neutron" else form_factor_terms()
    for number in set(kinds.tolist()) - known.keys():
        if not 1 <= number <= 118:
            raise SgbenchError(f"unknown species: no element has atomic number {number}")
        kind = "neutron scattering length" if settings.radiation == "neutron" else "X-ray form factor"
        raise SgbenchError(f"no {kind} for {Element.from_Z(number).symbol}")


def _form_factor(kind: int, g_length: np.ndarray, settings: Settings) -> np.ndarray | float:
    """What one atom scatters: b in fm, or f(s) in electrons (De Graef & McHenry, chapter 12), s = |g| / 2."""
    if settings.radiation == "neutron":
        return scattering_lengths()[SPECIES_OF_DEUTERIUM if settings.deuterium and kind == 1 else kind]
    square = (g_length / 2) ** 2
    a, b = form_factor_terms()[kind]
    charge = 1 if kind == SPECIES_OF_DEUTERIUM else kind
    return charge - 41.78214 * square * (np.exp(-np.outer(square, b)) @ a)


def _merged(two_theta: np.ndarray, intensity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Peaks in rising order, those at one angle summed, negligible ones dropped."""
    order = np.argsort(two_theta, kind="stable")
    two_theta, intensity = two_theta[order], intensity[order]
    start = np.flatnonzero(np.diff(np.rint(two_theta / _PEAK_MERGING_DEG), prepend=-1))
    two_theta, intensity = two_theta[start], np.add.reduceat(intensity, start)
    strong = intensity > _WEAKEST_PEAK * intensity.max()
    return two_theta[strong], intensity[strong]
