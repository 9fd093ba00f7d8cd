"""How powder patterns are measured and stored: radiation, diffractometer, specimen and axis."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.samples.pattern import K_ALPHA_A
from sgbench.samples.preparation import Preparation

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


def _has_width(caglioti: tuple[float, float, float]) -> bool:
    u, v, w = caglioti
    return u >= 0 and w > 0 and (v >= 0 or v**2 < 4 * u * w)


def _require(checks: Mapping[str, bool], of: str) -> None:
    for rule, kept in checks.items():
        if not kept:
            raise SgbenchError(f"{of}: {rule}")


@dataclass(frozen=True)
class Instrument:
    """The optics of a diffractometer.

    Attributes:
        profile: (U, V, W, X, Y) of Thompson, Cox & Hastings (J. Appl. Cryst. 20, 79, 1987): widths at half height of
            the Gaussian part, sqrt(U tan²(theta) + V tan(theta) + W), and of the Lorentzian one, X tan(theta) +
            Y / cos(theta); U, V, W in deg², X, Y in deg, of two-theta.
        axial: half heights of specimen and of detector slit as shares of the radius of the diffractometer, S/L and H/L;
            0 to 0.1. They make peaks asymmetric at low angles.
        monochromator_deg: two-theta of a crystal monochromator, before or behind the specimen, 0 to 90 degrees; 0 is
            none, 26.6 graphite with copper, and 90 a beam that is polarised across the plane of diffraction.
        radiation: what it scatters.

    Raises:
        SgbenchError: a value is out of its range.
    """

    profile: tuple[float, float, float, float, float]
    axial: tuple[float, float] = (0.0, 0.0)
    monochromator_deg: float = 0.0
    radiation: Literal["neutron", "xray"] = "xray"

    def __post_init__(self) -> None:
        has_width = _has_width(self.profile[:3]) and min(self.profile[3:]) >= 0
        checks = {
            "profile must be U, V, W of a positive width, and X and Y of 0 or more": has_width,
            "axial must be two shares from 0 to 0.1": all(0 <= share <= 0.1 for share in self.axial),
            "monochromator_deg must be from 0 to 90": 0 <= self.monochromator_deg <= 90,
        }
        _require(checks, "instrument")


INSTRUMENTS: dict[str, Instrument] = {
    "laboratory": Instrument((0.0011, -0.0011, 0.0028, 0.0326, 0.0), (0.015, 0.015)),
    "synchrotron": Instrument((6.45e-4, -7.0e-5, 3.5e-5, 0.0, 0.00173), (0.0011, 0.0011), 84.3),
    "reactor": Instrument((0.1329, -0.1654, 0.1003, 0.0, 0.0), (0.04, 0.03), radiation="neutron"),
}
"""Diffractometers by name, from the instrument files of GSAS-II and its tutorials, converted as ``RESOLUTIONS``.

``laboratory``: Bragg-Brentano, what GSAS-II starts from, with the Lorentzian width of the emission line of copper,
2.29 eV of 8048 eV (Hölzer et al. 1997); 0.053 deg wide at best. No monochromator, but a filter. ``synchrotron``: 11-BM
at the APS, fitted to LaB6 at 0.414 Å; 0.007 deg; of the beam 99 % is polarised horizontally. ``reactor``: BT-1 at NIST
with Cu(311) at 1.540 Å, deflected by 90 deg; 0.22 deg.
"""

#: Width of a peak of crystallites of one size, of wavelength / (size cos(theta)) (Scherrer).
SCHERRER = 0.9

_RESOLUTIONS = {"none": (0.0, 0.0, 0.0), **RESOLUTIONS}
_NAMED = [f"{anode}Ka{line}" for anode in K_ALPHA_A for line in ("", "1", "2")]


@dataclass(frozen=True)
class Settings:
    """How a powder pattern is measured and stored.

    Attributes:
        radiation: ``neutron`` or ``xray``.
        wavelength_A: wavelength, Å, or that of an anode: ``CuKa1`` one line of ``K_ALPHA_A``, ``CuKa`` both.
        two_theta_deg: first and last scattering angle, degrees, 0 < first < last < 180.
        bins: bins of a pattern, at least 2.
        axis: ``two_theta`` for bins even in angle; ``log_q`` for bins even in the logarithm of the momentum
            transfer q = 4 pi sin(theta) / wavelength, where a uniform scaling of the cell is a mere shift.
        resolution: ``none``: each peak is one line, shared linearly between the two nearest bins, so that its
            position survives the binning; ``low`` or ``high``: Gaussian peaks with the widths in
            ``RESOLUTIONS``; or one's own Caglioti (U, V, W) in deg², FWHM² = U tan²(theta) + V tan(theta) + W
            (Caglioti, Paoletti & Ricci, Nucl. Instrum. 3, 223, 1958).
        instrument: rather than a resolution, one of ``INSTRUMENTS``, or one's own; a mapping of its attributes will do.
        kalpha2: intensity of K-alpha 2 relative to K-alpha 1, 0 to 1; 0.5 without a monochromator.
        size_A: size of the crystallites, Å; a Lorentzian width of 0.9 wavelength / (size cos(theta)) (Scherrer). None:
            large.
        microstrain: relative spread of lattice spacings; a Lorentzian width of 4 microstrain tan(theta) (Stokes &
            Wilson, Proc. Phys. Soc. 56, 174, 1944); 0 to 0.02.
        b_iso_A2: isotropic displacement parameter B of all atoms, Å²: |F|² is multiplied by exp(-2 B (sin(theta) /
            wavelength)²); 0 to 10.
        measured_as: what makes a pattern one of a real specimen, drawn by the crystal's seed: ``instrument`` or
            ``specimen`` of :data:`sgbench.simulate.measurement.PRESETS`. None: the ideal pattern.
        background: ``keep``, or ``snip`` to subtract what peak clipping finds, as of measured patterns; see
            :class:`sgbench.samples.preparation.Preparation`.
        scale_exponent: patterns are stored as (I / max I) ** exponent, which lifts weak peaks; above 0.
        deuterium: take all hydrogen as deuterium (b = 6.671 fm, not -3.739 fm), as atoms that are deuterium in the
            crystal always are. X-rays see no difference.

    Raises:
        SgbenchError: a value is out of its range.
    """

    radiation: Literal["neutron", "xray"] = "neutron"
    wavelength_A: float | str = 1.54184
    two_theta_deg: tuple[float, float] = (10.0, 110.0)
    bins: int = 1024
    axis: Literal["two_theta", "log_q"] = "two_theta"
    resolution: str | tuple[float, float, float] = "none"
    instrument: str | Instrument | Mapping[str, Any] | None = None
    kalpha2: float = 0.5
    size_A: float | None = None
    microstrain: float = 0.0
    b_iso_A2: float = 0.0
    measured_as: Literal["instrument", "specimen"] | None = None
    background: Literal["keep", "snip"] = "keep"
    scale_exponent: float = 0.5
    deuterium: bool = False

    def __post_init__(self) -> None:
        first, last = self.two_theta_deg
        named = isinstance(self.wavelength_A, str)
        wavelength_known = self.wavelength_A in _NAMED if named else self.wavelength_A > 0
        chosen = isinstance(self.resolution, str)
        width_known = self.resolution in _RESOLUTIONS if chosen else _has_width(self.resolution)
        instrument_known = not isinstance(self.instrument, str) or self.instrument in INSTRUMENTS
        alone = self.instrument is None or self.resolution == "none"
        checks = {
            "radiation must be neutron or xray": self.radiation in ("neutron", "xray"),
            f"wavelength_A must be positive, or one of {', '.join(_NAMED)}": wavelength_known,
            "wavelength_A may be that of an anode with X-rays only": self.radiation == "xray" or not named,
            "two_theta_deg must be two rising angles between 0 and 180": 0 < first < last < 180,
            "bins must be at least 2": self.bins >= 2,
            "axis must be two_theta or log_q": self.axis in ("two_theta", "log_q"),
            "background must be keep or snip": self.background in ("keep", "snip"),
            "scale_exponent must be positive": self.scale_exponent > 0,
            "resolution must be none, low, high, or U, V, W of a positive width": width_known,
            f"instrument must be one of {', '.join(INSTRUMENTS)}": instrument_known,
            "instrument has a resolution of its own: resolution must be none": alone,
            "kalpha2 must be from 0 to 1": 0 <= self.kalpha2 <= 1,
            "size_A must be positive": self.size_A is None or self.size_A > 0,
            "microstrain must be from 0 to 0.02": 0 <= self.microstrain <= 0.02,
            "b_iso_A2 must be from 0 to 10": 0 <= self.b_iso_A2 <= 10,
            "measured_as must be instrument or specimen": self.measured_as in (None, "instrument", "specimen"),
        }
        _require(checks, "powder settings")
        optics = self.optics
        agree = optics is None or optics.radiation == self.radiation
        _require({f"instrument scatters {optics and optics.radiation}, not {self.radiation}": agree}, "powder settings")

    @property
    def optics(self) -> Instrument | None:
        """The instrument, where it is one rather than a resolution."""
        if isinstance(self.instrument, str):
            return INSTRUMENTS[self.instrument]
        if isinstance(self.instrument, Mapping):
            return Instrument(**{"radiation": self.radiation, **self.instrument})
        return self.instrument

    @property
    def emission(self) -> tuple[tuple[float, float], ...]:
        """The lines that are scattered: the wavelength, Å, and the intensity of each; these add up to 1."""
        if not isinstance(self.wavelength_A, str):
            return ((self.wavelength_A, 1.0),)
        lines, which = K_ALPHA_A[self.wavelength_A[:2]], self.wavelength_A[4:]
        if which:
            return ((lines[int(which) - 1], 1.0),)
        return (lines[0], 1 / (1 + self.kalpha2)), (lines[1], self.kalpha2 / (1 + self.kalpha2))

    @property
    def mean_wavelength_A(self) -> float:
        """The wavelength, Å, averaged over the lines."""
        return sum(wavelength * share for wavelength, share in self.emission)

    @property
    def polarisation(self) -> float:
        """Intensity of X-rays polarised in the plane of diffraction, of those polarised across it."""
        return np.cos(np.radians(self.optics.monochromator_deg)) ** 2 if self.optics else 1.0

    @property
    def preparation(self) -> Preparation:
        """What becomes of intensities in bins."""
        return Preparation(background=self.background, scale_exponent=self.scale_exponent)

    @property
    def shape_of_peaks(self) -> Literal["line", "gaussian", "pseudo_voigt"]:
        """What a peak looks like."""
        if self.instrument is not None or self.size_A is not None or self.microstrain:
            return "pseudo_voigt"
        return "line" if self.resolution == "none" else "gaussian"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a pattern."""
        return 1, 1, self.bins

    @property
    def angles_deg(self) -> np.ndarray:
        """Two-theta at the centre of each bin, degrees, shape (bins,)."""
        return np.degrees(2 * np.arcsin(self.sine(np.arange(self.bins))))

    def fwhm(self, two_theta: np.ndarray) -> np.ndarray:
        """Width of a peak's Gaussian part at half its height, degrees, at the given angles, degrees."""
        if self.optics:
            u, v, w = self.optics.profile[:3]
        elif isinstance(self.resolution, str):
            u, v, w = _RESOLUTIONS[self.resolution]
        else:
            u, v, w = self.resolution
        tan = np.tan(np.radians(two_theta) / 2)
        return np.sqrt(u * tan**2 + v * tan + w)

    def lorentzian_fwhm(self, two_theta: np.ndarray) -> np.ndarray:
        """Width of a peak's Lorentzian part, the specimen's and the instrument's, as ``fwhm``."""
        x, y = self.optics.profile[3:] if self.optics else (0.0, 0.0)
        x += np.degrees(4 * self.microstrain)
        y += np.degrees(SCHERRER * self.mean_wavelength_A / self.size_A) if self.size_A else 0.0
        theta = np.radians(two_theta) / 2
        return x * np.tan(theta) + y / np.cos(theta)

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
