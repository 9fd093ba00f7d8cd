"""Powder diffraction patterns of crystals, with neutrons (default) or X-rays.

Kinematic theory without absorption or magnetism: De Graef & McHenry, *Structure of Materials*, 2nd ed. (2012), chapters
11 to 13. What atoms scatter is taken from pymatgen's tables, so that the peaks agree with its ``NDCalculator`` and
``XRDCalculator``.
"""

import numpy as np
from pymatgen.core.periodic_table import Element

from sgbench.crystals.crystal import SPECIES_OF_DEUTERIUM, Crystal
from sgbench.errors import SgbenchError
from sgbench.simulate.instrument import Settings
from sgbench.simulate.profile import histogram, with_tails
from sgbench.simulate.reflections import checked, geometric_factor, reflections
from sgbench.simulate.scattering import form_factor_terms, scattering_lengths
from sgbench.simulate.specimen import Distortion, march_dollase, strain

_PEAK_MERGING_DEG = 1e-5  # reflections this close are one peak, as in pymatgen
_WEAKEST_PEAK = 1e-5  # of the strongest; below it lie systematic absences that fail to cancel exactly


def peaks(
    crystal: Crystal,
    settings: Settings,
    distortion: Distortion | None = None,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Bragg peaks of a crystal's powder: where they are and how strong.

    Intensity = multiplicity x |F|² x Lorentz factor 1 / (sin²(theta) cos(theta)), with X-rays also x the
    polarisation factor 1 + cos²(2 theta_M) cos²(2 theta), theta_M the monochromator's angle (Azaroff, Acta Cryst. 8,
    701, 1955). Each emission line has its own peaks. Peaks that agree to 1e-5 deg are merged, and those below 1e-5
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
    wavelengths, shares = zip(*settings.emission, strict=True)
    g_range = sin_min / (max(wavelengths) / 2), sin_max / (min(wavelengths) / 2)
    axes, hkl, g_length = reflections(lattice, len(kinds), *g_range)
    amplitude = np.zeros(len(hkl), complex)
    for kind in np.unique(kinds):
        geometric = geometric_factor(coords[kinds == kind], axes)
        amplitude += _form_factor(kind, g_length, settings) * geometric[tuple(hkl.T)]

    # Friedel's law: -h, -k, -l is as strong as h, k, l; only the plane h = 0 was listed whole.
    square = np.where(hkl[:, 0] > 0, 2, 1) * (amplitude.real**2 + amplitude.imag**2)
    if settings.b_iso_A2:
        square *= np.exp(-settings.b_iso_A2 * g_length**2 / 2)
    texture = None
    if distortion and distortion.march != (1.0, 1.0):
        texture = march_dollase(hkl, lattice, distortion.march, rng)
    angles, intensities = [], []
    for wavelength, share in zip(wavelengths, shares, strict=True):
        sine = g_length * (wavelength / 2)
        seen = slice(None) if len(wavelengths) == 1 else (sine >= sin_min) & (sine <= sin_max)
        sine = sine[seen]
        intensity = square[seen] / (sine**2 * np.sqrt(1 - sine**2))
        if settings.radiation == "xray":
            intensity *= 1 + settings.polarisation * (1 - 2 * sine**2) ** 2
        if texture is not None:
            intensity *= texture[seen]
        angles.append(np.degrees(2 * np.arcsin(sine)))
        intensities.append(intensity * share)
    return _merged(np.concatenate(angles), np.concatenate(intensities))


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
    intensity = histogram(*peaks(crystal, with_tails(settings), distortion, seed), settings)
    if not intensity.max() > 0:
        raise SgbenchError("no Bragg peak in the angular range")
    return settings.preparation(intensity)


def simulate(
    crystal: Crystal, settings: Settings, seed: int = 0, distortion: Distortion | None = None
) -> np.ndarray | str:
    """Return the ``pattern`` of a crystal, measured where the settings say so, or in plain words why it has none."""
    try:
        made = pattern(crystal, settings, distortion, seed)
    except SgbenchError as reason:
        return str(reason)
    if settings.measured_as is None:
        return made
    # Slow to import, and most patterns are ideal ones.
    from sgbench.simulate.measurement import PRESETS, Measurer

    measurer = Measurer({"simulate": "powder", **vars(settings)}, PRESETS[settings.measured_as])
    return measurer(made[None], np.array([seed]))[0]


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
    """Peaks in rising order, those at one angle summed, negligible ones dropped; SgbenchError where there is none."""
    if len(two_theta) == 0:
        raise SgbenchError("no Bragg peak in the angular range")
    order = np.argsort(two_theta, kind="stable")
    two_theta, intensity = two_theta[order], intensity[order]
    start = np.flatnonzero(np.diff(np.rint(two_theta / _PEAK_MERGING_DEG), prepend=-1))
    two_theta, intensity = two_theta[start], np.add.reduceat(intensity, start)
    strong = intensity > _WEAKEST_PEAK * intensity.max()
    return two_theta[strong], intensity[strong]
