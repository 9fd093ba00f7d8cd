"""The shapes of Bragg peaks, integrated over the bins of a pattern."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.special import ndtr

from sgbench.simulate.instrument import Settings

_SIGMA_PER_FWHM = 1 / np.sqrt(8 * np.log(2))
_REACH_SIGMA = 5.0  # beyond it lies 6e-7 of a Gaussian
_REACH_FWHM = 20.0  # beyond it lies 1.6 % of a Lorentzian, which is given to the rest
_MOST_RAYS = 24
_RAYS = [np.polynomial.legendre.leggauss(n) for n in range(1, _MOST_RAYS + 1)]
_MIXING = np.array([0.0, 1.36603, -0.47719, 0.11116])
_WIDTH = np.array([1.0, 2.69269, 2.42843, 4.47163, 0.07842, 1.0])


def histogram(two_theta: np.ndarray, intensity: np.ndarray, settings: Settings) -> np.ndarray:
    """Histogram of peaks of the shape that the settings ask for; see the functions below."""
    shapes = {"line": lines, "gaussian": gaussians, "pseudo_voigt": pseudo_voigts}
    return shapes[settings.shape_of_peaks](two_theta, intensity, settings)


def with_tails(settings: Settings) -> Settings:
    """The settings with a range that holds the peaks whose tails reach into the original one."""
    if settings.shape_of_peaks == "line":
        return settings
    (first, last), ends = settings.two_theta_deg, np.array(settings.two_theta_deg)
    if settings.shape_of_peaks == "gaussian":
        before, after = _REACH_SIGMA * _SIGMA_PER_FWHM * settings.fwhm(ends)
    else:
        before, after = _REACH_FWHM * mixed(settings.fwhm(ends), settings.lorentzian_fwhm(ends))[0]
    wider = max(first - before, first / 2), min(last + after, (last + 180) / 2)
    return replace(settings, two_theta_deg=wider)


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
    edges = _edges_deg(settings)
    sigma = settings.fwhm(two_theta) * _SIGMA_PER_FWHM
    reach = _REACH_SIGMA * sigma
    first = np.maximum(np.searchsorted(edges, two_theta - reach, side="right") - 1, 0)
    last = np.minimum(np.searchsorted(edges, two_theta + reach), settings.bins)
    width = np.maximum(last - first, 0)
    # One row for each (peak, bin) within reach of each other: windows differ in length, hence no rectangle.
    peak = np.repeat(np.arange(len(two_theta)), width)
    bin_ = np.arange(len(peak)) - np.repeat(np.cumsum(width) - width - first, width)
    centre, spread = two_theta[peak], sigma[peak]
    share = ndtr((edges[bin_ + 1] - centre) / spread) - ndtr((edges[bin_] - centre) / spread)
    return np.bincount(bin_, intensity[peak] * share, settings.bins)


def pseudo_voigts(two_theta: np.ndarray, intensity: np.ndarray, settings: Settings) -> np.ndarray:
    """Histogram of asymmetric pseudo-Voigt peaks, integrated over each bin.

    Widths as of Thompson, Cox & Hastings (1987), axial divergence as of Finger, Cox & Jephcoat (J. Appl. Cryst. 27,
    892, 1994): a peak is a sum of symmetric ones, one for each of some rays that leave the plane of diffraction.

    Args:
        two_theta: angles of the peaks, degrees, shape (peaks,); those outside the range lend it their tails.
        intensity: their integrated intensities, shape (peaks,).
        settings: the axis, the instrument and the specimen.

    Returns:
        Intensity in each bin, shape (bins,); its sum is that of the peaks, but for tails out of the range.
    """
    # Slow to import, and most patterns have no such peaks.
    from sgbench.simulate.voigt import add_peaks

    width, lorentzian = mixed(settings.fwhm(two_theta), settings.lorentzian_fwhm(two_theta))
    made = np.zeros(settings.bins)
    edges = _edges_deg(settings)
    for peaks, places, shares in rays(two_theta, width, *(settings.optics.axial if settings.optics else (0.0, 0.0))):
        add_peaks(made, edges, places, intensity[peaks][:, None] * shares, width[peaks], lorentzian[peaks], _REACH_FWHM)
    return made


def mixed(gaussian: np.ndarray, lorentzian: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Width at half height of a pseudo-Voigt peak, and the share of the Lorentzian in it (Thompson et al. 1987).

    Args:
        gaussian: width of the Gaussian that is convolved, any unit, any shape.
        lorentzian: width of the Lorentzian, as ``gaussian``.
    """
    powers = np.arange(6)
    width = sum(_WIDTH[n] * gaussian ** (5 - n) * lorentzian**n for n in powers) ** 0.2
    return width, np.polynomial.polynomial.polyval(lorentzian / width, _MIXING)


def rays(
    two_theta: np.ndarray, width: np.ndarray, specimen: float, slit: float
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Where the rays of a peak arrive that leave the plane of diffraction, and how strong they are (Finger et al.).

    A ray that is h out of the plane, as a share of the radius, arrives at cos(two-phi) = cos(two-theta) sqrt(1 + h²).
    Integrated over h rather than over the angle, their peak has no singularity, and a few points of a Gauss-Legendre
    rule do: the more, the wider the spread is against the peak.

    Args:
        two_theta: angles of the peaks, degrees, shape (peaks,).
        width: their widths at half height, degrees, shape (peaks,).
        specimen: half height of the specimen as a share of the radius, S/L.
        slit: half height of the detector slit, H/L.

    Yields:
        Peaks that need as many rays: which, (n,); two-theta of their rays, degrees, (n, rays); shares of each peak's
        intensity, (n, rays), which add up to 1.
    """
    cos = np.cos(np.radians(two_theta))
    highest, even = specimen + slit, 2 * min(specimen, slit)
    spread = np.abs(np.degrees(np.arccos(np.clip(cos * np.sqrt(1 + highest**2), -1, 1))) - two_theta)
    count = np.where(spread < 0.02 * width, 1, np.clip(np.ceil(3 + 2 * spread / width), 4, _MOST_RAYS)).astype(int)
    for number in np.unique(count):
        peaks = np.flatnonzero(count == number)
        nodes, weights = _RAYS[number - 1]
        height = highest * (nodes + 1) / 2
        cos_phi = np.clip(cos[peaks, None] * np.sqrt(1 + height**2), -1 + 1e-9, 1 - 1e-9)
        seen = np.minimum((highest - height) / even, 1) if even else 1.0
        share = weights * seen / ((1 + height**2) * np.sqrt(1 - cos_phi**2))
        yield peaks, np.degrees(np.arccos(cos_phi)), share / share.sum(1, keepdims=True)


def _edges_deg(settings: Settings) -> np.ndarray:
    """Two-theta of the edges of the bins, degrees, shape (bins + 1,)."""
    return np.degrees(2 * np.arcsin(settings.sine(np.arange(settings.bins + 1) - 0.5)))
