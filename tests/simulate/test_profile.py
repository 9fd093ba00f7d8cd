"""Profiles of Bragg peaks: against published formulas, integrated anew, and against pymatgen's emission lines."""

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.analysis.diffraction.xrd import WAVELENGTHS, XRDCalculator
from pymatgen.core import Lattice, Structure
from scipy.special import voigt_profile

from sgbench.crystals.crystal import Crystal
from sgbench.errors import SgbenchError
from sgbench.simulate.instrument import INSTRUMENTS, K_ALPHA_A, Instrument, Settings
from sgbench.simulate.powder import pattern, peaks
from sgbench.simulate.profile import mixed, pseudo_voigts, with_tails

CORUNDUM = Structure.from_spacegroup(
    167, Lattice.hexagonal(4.759, 12.991), ["Al", "O"], [[0, 0, 0.3522], [0.3063, 0, 0.25]]
)
CRYSTAL = Crystal(
    "x", "x", "Al2O3", 167, CORUNDUM.lattice.matrix, np.array(CORUNDUM.atomic_numbers), CORUNDUM.frac_coords
)
SHARP = Instrument((0.0, 0.0, 4e-4, 0.0, 0.0))
LABORATORY = Settings(radiation="xray", wavelength_A="CuKa", instrument="laboratory", scale_exponent=1)


def one_peak(angle, instrument, first, last, bins=4000, **settings):
    """Bin centres (degrees) and density per degree of a peak of integral 1."""
    made = Settings(radiation="xray", two_theta_deg=(first, last), bins=bins, instrument=instrument, **settings)
    density = pseudo_voigts(np.array([angle]), np.ones(1), made) * bins / (last - first)
    return first + (np.arange(bins) + 0.5) * (last - first) / bins, density


def width_at_half_height(x, density):
    return (density > density.max() / 2).sum() * (x[1] - x[0])


@pytest.mark.parametrize("lorentzian", [0.0, 0.02, 0.1, 0.3])
def test_a_pseudo_voigt_is_nearly_a_voigt(lorentzian):
    gaussian = 0.1
    x, density = one_peak(50, Instrument((0, 0, gaussian**2, 0, lorentzian * np.cos(np.radians(25)))), 45, 55, 20_000)
    voigt = voigt_profile(x - 50, gaussian / np.sqrt(8 * np.log(2)), lorentzian / 2)
    assert np.abs(density - voigt).max() < 0.03 * voigt.max()  # what the approximation is known for
    assert width_at_half_height(x, density) == pytest.approx(width_at_half_height(x, voigt), abs=1e-3)
    assert mixed(np.array([gaussian]), np.array([lorentzian]))[0] == pytest.approx(
        width_at_half_height(x, voigt), abs=1e-3
    )


def test_a_lorentzian_is_one():
    width, share = mixed(np.zeros(1), np.array([0.2]))
    assert (width[0], share[0]) == pytest.approx((0.2, 1), abs=1e-5)


def finger_cox_jephcoat(two_theta, specimen, slit, x):
    """Their distribution of intensity over two-phi in bins of edges x (degrees), integrated from their equations."""
    made = np.zeros(len(x) - 1)
    fine = np.linspace(0, 1, 400_001)[1:] ** 2  # denser towards two-theta, where it is singular
    cos = np.cos(np.radians(two_theta))
    lowest = np.degrees(np.arccos(cos * np.sqrt(1 + (specimen + slit) ** 2)))
    phi = np.radians(two_theta - (two_theta - lowest) * fine)
    height = np.sqrt(np.cos(phi) ** 2 / cos**2 - 1)
    seen = np.where(height < abs(specimen - slit), 2 * min(specimen, slit), specimen + slit - height)
    density = seen / (height * np.cos(phi))
    step = np.abs(np.gradient(phi))
    np.add.at(made, np.clip(np.searchsorted(x, np.degrees(phi)) - 1, 0, len(made) - 1), density * step)
    return made / made.sum()


@pytest.mark.parametrize(("specimen", "slit"), [(0.02, 0.02), (0.03, 0.01)])
@pytest.mark.parametrize("angle", [8.0, 20.0, 60.0])
def test_axial_divergence_is_that_of_finger_cox_and_jephcoat(angle, specimen, slit):
    x, density = one_peak(angle, replace(SHARP, axial=(specimen, slit)), angle - 2, angle + 1, bins=3000)
    edges = np.append(x - 0.0005, x[-1] + 0.0005)
    _, kernel = one_peak(angle, SHARP, angle - 1.0005, angle + 1.0005, bins=2001)
    expected = np.convolve(finger_cox_jephcoat(angle, specimen, slit, edges), kernel, "same")
    np.testing.assert_allclose(np.cumsum(density) / 1000, np.cumsum(expected) / 1000, atol=0.01)
    assert density.sum() / 1000 == pytest.approx(1, abs=1e-3)


def test_one_that_is_flat_lets_the_other_be_seen_whole():
    _, density = one_peak(10, replace(SHARP, axial=(0.04, 0.0)), 8, 11, bins=3000)
    _, thin = one_peak(10, replace(SHARP, axial=(0.04, 0.0005)), 8, 11, bins=3000)
    np.testing.assert_allclose(np.cumsum(density), np.cumsum(thin), atol=0.02 * density.sum())


def test_asymmetry_turns_over_at_90_degrees():
    def centre(angle):
        x, density = one_peak(angle, replace(SHARP, axial=(0.03, 0.03)), angle - 1, angle + 1)
        return x @ density / density.sum() - angle

    assert centre(15) < -0.05
    assert centre(90) == pytest.approx(0, abs=1e-4)
    assert centre(150) > 0.01


@pytest.mark.parametrize("axis", ["two_theta", "log_q"])
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_profiles_keep_the_intensity(axis, name):
    settings = Settings(
        radiation=INSTRUMENTS[name].radiation, axis=axis, instrument=name, two_theta_deg=(2, 150), bins=700
    )
    two_theta, intensity = np.linspace(20, 120, 37), np.linspace(1, 2, 37)
    assert pseudo_voigts(two_theta, intensity, settings).sum() == pytest.approx(intensity.sum(), rel=1e-9)


def test_crystallites_and_strain_broaden_as_scherrer_and_stokes_say():
    x, sized = one_peak(60, None, 50, 70, size_A=100)
    scherrer = np.degrees(0.9 * 1.54184 / (100 * np.cos(np.radians(30))))
    assert width_at_half_height(x, sized) == pytest.approx(scherrer, rel=0.01)
    x, strained = one_peak(60, None, 50, 70, microstrain=0.01)
    assert width_at_half_height(x, strained) == pytest.approx(np.degrees(0.04 * np.tan(np.radians(30))), rel=0.01)


@pytest.mark.parametrize("name", ["Cr", "Fe", "Co", "Cu", "Mo", "Ag"])
def test_wavelengths_are_those_of_pymatgen(name):
    for line, ours in enumerate(K_ALPHA_A[name], 1):
        assert ours == pytest.approx(WAVELENGTHS[f"{name}Ka{line}"], rel=2e-4)
    assert Settings(radiation="xray", wavelength_A=f"{name}Ka").mean_wavelength_A == pytest.approx(
        WAVELENGTHS[f"{name}Ka"], rel=2e-4
    )


def test_both_lines_have_the_peaks_that_pymatgen_gives_each():
    two_theta, intensity = peaks(CRYSTAL, replace(LABORATORY, kalpha2=0.4))
    theirs = [
        XRDCalculator(wavelength).get_pattern(CORUNDUM, scaled=False, two_theta_range=(10, 110))
        for wavelength in K_ALPHA_A["Cu"]
    ]
    for found, share in zip(theirs, (1 / 1.4, 0.4 / 1.4), strict=True):
        place = np.abs(two_theta[:, None] - found.x).argmin(0)
        np.testing.assert_allclose(two_theta[place], found.x, atol=2e-5)
        np.testing.assert_allclose(intensity[place], share * found.y, rtol=1e-6)
    assert len(two_theta) == sum(len(found.x) for found in theirs)


def test_the_monochromator_and_the_displacements_change_intensities_as_their_formulas_say():
    two_theta, plain = peaks(CRYSTAL, Settings(radiation="xray"))
    cos2 = np.cos(np.radians(two_theta)) ** 2
    graphite = Settings(radiation="xray", instrument={"profile": (0, 0, 0.01, 0, 0), "monochromator_deg": 26.6})
    np.testing.assert_allclose(
        peaks(CRYSTAL, graphite)[1] / plain, (1 + np.cos(np.radians(26.6)) ** 2 * cos2) / (1 + cos2), rtol=1e-9
    )
    moved = peaks(CRYSTAL, Settings(radiation="xray", b_iso_A2=1.5))[1]
    s = np.sin(np.radians(two_theta) / 2) / 1.54184
    np.testing.assert_allclose(moved / plain, np.exp(-2 * 1.5 * s**2), rtol=1e-9)
    neutron = Settings(instrument={"profile": (0, 0, 0.01, 0, 0), "monochromator_deg": 26.6})
    np.testing.assert_array_equal(peaks(CRYSTAL, neutron)[1], peaks(CRYSTAL, Settings())[1])


def test_a_part_of_the_range_shows_that_part_of_the_pattern():
    whole = pattern(CRYSTAL, replace(LABORATORY, two_theta_deg=(10, 110), bins=1000))[0, 0]
    part = pattern(CRYSTAL, replace(LABORATORY, two_theta_deg=(35.2, 62.7), bins=275))[0, 0]
    np.testing.assert_allclose(part / part.max(), whole[252:527] / whole[252:527].max(), atol=5e-3)


def test_peaks_outside_the_range_lend_their_tails():
    broad = Settings(radiation="xray", two_theta_deg=(20.0, 25.0), size_A=30, scale_exponent=1)
    assert broad.two_theta_deg[1] < 25.5 < with_tails(broad).two_theta_deg[1]
    assert pattern(CRYSTAL, broad)[0, 0, -1] > 0.1


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"instrument": "laboratory"}, "scatters xray, not neutron"),
        ({"instrument": "laboratory", "radiation": "xray", "resolution": "high"}, "resolution must be none"),
        ({"instrument": "linac"}, "instrument must be one of"),
        ({"instrument": {"profile": (0.1, -1.0, 0.1, 0, 0)}}, "positive width"),
        ({"wavelength_A": "CuKa"}, "with X-rays only"),
        ({"wavelength_A": "XxKa", "radiation": "xray"}, "CuKa1"),
        ({"microstrain": 0.5}, "microstrain"),
        ({"size_A": -1.0}, "size_A"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, reason):
    with pytest.raises(SgbenchError, match=reason):
        Settings(**settings)
