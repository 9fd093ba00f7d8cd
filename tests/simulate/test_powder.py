"""Powder patterns: against pymatgen, against textbook extinctions, and on crystals that cannot exist."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pymatgen.analysis.diffraction.neutron import NDCalculator
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Structure

from sgbench.crystals.crystal import Crystal
from sgbench.errors import SgbenchError
from sgbench.simulate.instrument import RESOLUTIONS, Settings
from sgbench.simulate.powder import pattern, peaks, simulate
from sgbench.simulate.profile import gaussians, lines
from sgbench.simulate.specimen import Distortion

TABLE = Path(__file__).parents[2] / "resources" / "materials_project.parquet"
NEUTRON = Settings()
XRAY = Settings(radiation="xray")
CALCULATORS = {"neutron": NDCalculator(1.54184), "xray": XRDCalculator(1.54184)}
FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


def crystal(lattice, numbers, coords):
    return Crystal("test", "test", "?", 1, np.asarray(lattice), np.asarray(numbers), np.asarray(coords))


def cubic(edge, numbers, coords):
    return crystal(edge * np.eye(3), numbers, coords)


def indices(two_theta, edge):
    """h² + k² + l² of the peaks of a cubic crystal."""
    return (2 * np.sin(np.radians(two_theta) / 2) / NEUTRON.wavelength_A * edge) ** 2


@pytest.fixture(scope="module")
def real():
    """Sixty random crystals of the table."""
    table = pd.read_parquet(TABLE).drop_duplicates("id").sample(60, random_state=7)
    return [
        crystal(np.reshape(row.lattice, (3, 3)), row.numbers, np.reshape(row.frac_coords, (-1, 3)))
        for row in table.itertuples()
    ]


@pytest.mark.parametrize("settings", [NEUTRON, XRAY], ids=["neutron", "xray"])
def test_peaks_agree_with_pymatgen(real, settings):
    compared = 0
    for made in real:
        structure = Structure(made.lattice, made.numbers, made.frac_coords)
        try:
            theirs = CALCULATORS[settings.radiation].get_pattern(
                structure, scaled=False, two_theta_range=settings.two_theta_deg
            )
        except ValueError:
            with pytest.raises(SgbenchError, match="no neutron scattering length"):
                peaks(made, settings)
            continue
        two_theta, intensity = peaks(made, settings)
        # Both drop peaks below 1e-5 of the strongest, so one at that very limit could be on one side only.
        ours_strong, theirs_strong = intensity > 2e-5 * intensity.max(), theirs.y > 2e-5 * theirs.y.max()
        np.testing.assert_allclose(two_theta[ours_strong], theirs.x[theirs_strong], atol=1e-9)
        np.testing.assert_allclose(intensity[ours_strong], theirs.y[theirs_strong], rtol=1e-6)
        compared += 1
    assert compared > 50


def test_the_choice_of_cell_does_not_matter(real):
    for made in real[:10]:
        basis = np.array([[1, 1, 0], [0, 1, 0], [0, -2, 1]])  # determinant 1
        other = crystal(basis @ made.lattice, made.numbers, made.frac_coords @ np.linalg.inv(basis) + 0.3)
        np.testing.assert_allclose(pattern(other, NEUTRON), pattern(made, NEUTRON), atol=1e-4)


def test_face_centred_cubic_shows_indices_all_odd_or_all_even():
    two_theta, _ = peaks(cubic(3.615, [29] * 4, FCC), NEUTRON)
    np.testing.assert_allclose(indices(two_theta, 3.615), [3, 4, 8, 11, 12], atol=1e-6)


def test_diamond_lacks_even_indices_whose_sum_is_not_a_multiple_of_four():
    two_theta, _ = peaks(cubic(5.431, [14] * 8, np.concatenate([FCC, FCC + 0.25])), NEUTRON)
    np.testing.assert_allclose(indices(two_theta, 5.431), [3, 8, 11, 16, 19, 24, 27, 32], atol=1e-6)


def test_one_atom_and_five_hundred_atoms_show_the_same_lattice():
    grid = np.stack(np.meshgrid(*[np.arange(8)] * 3), -1).reshape(-1, 3) / 8
    small = pattern(cubic(2.8, [84 - 4], [[0.1, 0.2, 0.3]]), NEUTRON)
    large = pattern(cubic(8 * 2.8, [80] * 512, grid), NEUTRON)
    np.testing.assert_allclose(large, small, atol=1e-4)


def test_scaling_the_cell_shifts_a_log_q_pattern():
    settings = Settings(axis="log_q", scale_exponent=1)
    step = np.log(settings.sine(1) / settings.sine(0))
    coords = [[0, 0, 0], [0.5, 0.5, 0.5]]
    before, after = (
        lines(*peaks(cubic(a, [55, 17], coords), settings), settings) for a in (4.1, 4.1 * np.exp(5 * step))
    )
    # The Lorentz factor changes with the angle: positions are compared, not heights.
    filled = np.flatnonzero(before > 1e-3 * before.max())
    assert len(filled) > 10
    inside = filled[filled >= 5]
    assert (after[inside - 5] > 1e-4 * after.max()).all()
    np.testing.assert_array_equal(after[: inside[0] - 6] > 1e-9 * after.max(), False)


@pytest.mark.parametrize("axis", ["two_theta", "log_q"])
def test_the_axis_can_be_inverted(axis):
    settings = Settings(axis=axis)
    place = np.array([-0.5, 0, 17.3, 1023.5])
    np.testing.assert_allclose(settings.position(settings.sine(place)), place, atol=1e-9)
    np.testing.assert_allclose(np.degrees(2 * np.arcsin(settings.sine(np.array([-0.5, 1023.5])))), [10, 110])


@pytest.mark.parametrize("axis", ["two_theta", "log_q"])
def test_lines_keep_intensity_and_centre_of_mass(axis):
    settings = Settings(axis=axis)
    two_theta, intensity = np.array([10.0, 40.123, 77.7, 110.0]), np.array([1.0, 2.0, 3.0, 4.0])
    histogram = lines(two_theta, intensity, settings)
    assert histogram.sum() == pytest.approx(10)
    alone = lines(two_theta[1:2], intensity[1:2], settings)
    place = settings.position(np.sin(np.radians(40.123) / 2))
    assert alone @ np.arange(settings.bins) / alone.sum() == pytest.approx(place)


@pytest.mark.parametrize("axis", ["two_theta", "log_q"])
@pytest.mark.parametrize("resolution", [*RESOLUTIONS, (0.0, 0.0, 1e-6)])
def test_broadening_conserves_intensity(axis, resolution):
    settings = Settings(axis=axis, resolution=resolution)
    two_theta, intensity = np.linspace(15, 105, 37), np.linspace(1, 2, 37)
    histogram = gaussians(two_theta, intensity, settings)
    assert histogram.sum() == pytest.approx(intensity.sum(), rel=2e-6)
    assert gaussians(np.array([110.0]), np.ones(1), settings).sum() == pytest.approx(0.5, rel=1e-5)


def test_a_broadened_peak_has_caglioti_width():
    settings = Settings(resolution="low", bins=20_000)
    u, v, w = RESOLUTIONS["low"]
    tangent = np.tan(np.radians(35))
    fwhm = np.sqrt(u * tangent**2 + v * tangent + w)
    histogram = gaussians(np.array([70.0]), np.ones(1), settings)
    above_half = histogram > histogram.max() / 2
    assert above_half.sum() * 100 / 20_000 == pytest.approx(fwhm, abs=0.01)


def test_peaks_beyond_the_range_lend_their_tails():
    copper = cubic(3.615, [29] * 4, FCC)
    first = peaks(copper, NEUTRON)[0][0]
    late = Settings(two_theta_deg=(first + 0.1, 110), resolution="low", scale_exponent=1)
    assert pattern(copper, late)[0, 0, 0] > 0.1


def test_low_resolution_is_broader_than_high():
    angles = np.linspace(10, 110, 50)
    low, high = (Settings(resolution=name).fwhm(angles) for name in ("low", "high"))
    assert (low > 1.3 * high).all()


def test_patterns_are_scaled(real):
    plain = pattern(real[0], replace(NEUTRON, scale_exponent=1))
    stored = pattern(real[0], NEUTRON)
    assert stored.shape == (1, 1, 1024)
    assert stored.dtype == np.float32
    assert stored.max() == 1
    np.testing.assert_allclose(stored, np.sqrt(plain), atol=1e-6)


def test_deuterium_changes_neutron_patterns_of_hydrogen_compounds_only():
    rocksalt = np.concatenate([FCC, FCC + 0.5])
    hydride = cubic(4.08, [3] * 4 + [1] * 4, rocksalt)
    fluoride = cubic(4.03, [3] * 4 + [9] * 4, rocksalt)
    heavy = replace(NEUTRON, deuterium=True)
    assert np.abs(pattern(hydride, heavy) - pattern(hydride, NEUTRON)).max() > 0.1
    np.testing.assert_array_equal(pattern(fluoride, heavy), pattern(fluoride, NEUTRON))
    np.testing.assert_array_equal(pattern(hydride, replace(XRAY, deuterium=True)), pattern(hydride, XRAY))
    # Of indices all odd, LiD shows |b(Li) - b(D)|², of indices all even |b(Li) + b(D)|².
    two_theta, intensity = peaks(hydride, heavy)
    theta = np.radians(two_theta[:2]) / 2
    squares = intensity[:2] * np.sin(theta) ** 2 * np.cos(theta) / np.array([8, 6]) / 16
    np.testing.assert_allclose(squares, [(-1.9 - 6.671) ** 2, (-1.9 + 6.671) ** 2], rtol=1e-9)


def test_strain_keeps_the_symmetry_and_changes_the_cell():
    copper = cubic(3.615, [29] * 4, FCC)
    ideal, _ = peaks(copper, NEUTRON)
    strained, _ = peaks(copper, NEUTRON, Distortion(strain=0.01), seed=3)
    assert len(strained) == len(ideal)  # a lower symmetry would split peaks
    ratio = np.sin(np.radians(strained) / 2) / np.sin(np.radians(ideal) / 2)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    assert 1e-4 < abs(ratio[0] - 1) < 0.04
    rutile = crystal(np.diag([4.6, 4.6, 2.96]), [22, 22], [[0, 0, 0], [0.5, 0.5, 0.5]])
    strained, _ = peaks(rutile, NEUTRON, Distortion(strain=0.01), seed=3)
    ideal, _ = peaks(rutile, NEUTRON)
    ratio = np.sin(np.radians(strained) / 2) / np.sin(np.radians(ideal[: len(strained)]) / 2)
    assert np.ptp(ratio) > 1e-3  # a and c stretch apart


def test_preferred_orientation_moves_intensity_between_peaks_and_none_between_angles():
    made = cubic(3.3, [80], [[0, 0, 0]])
    angles, ideal = peaks(made, NEUTRON)
    textured_angles, textured = peaks(made, NEUTRON, Distortion(march=(0.5, 0.5)), seed=1)
    np.testing.assert_array_equal(textured_angles, angles)
    ratio = textured / ideal
    assert ratio.max() > 1.5
    assert ratio.min() < 0.8
    _, random = peaks(made, NEUTRON, Distortion(march=(0.999999, 0.999999)), seed=1)
    np.testing.assert_allclose(random, ideal, rtol=1e-4)


def test_march_dollase_conserves_the_scattering():
    # A large cell has reflections in all directions, over which the factor's mean is 1.
    made = cubic(25.0, [80], [[0, 0, 0]])
    settings = Settings(two_theta_deg=(80, 90))
    ideal, textured = (peaks(made, settings, Distortion(march=(r, r)), seed=2)[1].sum() for r in (1.0, 0.6))
    assert textured == pytest.approx(ideal, rel=0.01)


def test_distortion_depends_on_the_seed_alone(real):
    distortion = Distortion(strain=0.01, march=(0.6, 1.4))
    first, second, third = (simulate(real[0], NEUTRON, seed, distortion) for seed in (5, 6, 5))
    np.testing.assert_array_equal(first, third)
    assert np.abs(first - second).max() > 0.05


COPPER = cubic(3.615, [29] * 4, FCC)
BAD = {
    "no neutron scattering length for Pu": replace(COPPER, numbers=np.array([94] * 4)),
    "unknown species: no element has atomic number 0": replace(COPPER, numbers=np.array([0, 29, 29, 29])),
    "unknown species: no element has atomic number 119": replace(COPPER, numbers=np.array([29, 29, 29, 119])),
    "coordinates are not finite": replace(COPPER, frac_coords=FCC * np.nan),
    "lattice is not finite": replace(COPPER, lattice=np.full((3, 3), np.inf)),
    "cell volume 0 Å³ is too small for 4 atoms": replace(COPPER, lattice=np.ones((3, 3))),
    "atoms overlap: two are 0 Å apart": replace(COPPER, frac_coords=FCC[[0, 1, 2, 2]] + [[0], [0], [0], [-3]]),
    "no atoms": replace(COPPER, numbers=np.array([], int), frac_coords=np.zeros((0, 3))),
    "arrays of matching shapes": replace(COPPER, frac_coords=FCC[:3]),
    "no Bragg peak in the angular range": cubic(0.99 * 1.02, [29], [[0, 0, 0]]),
    "cell too large: too many reflections": cubic(300.0, [29], [[0, 0, 0]]),
    "cell too large: 3000 atoms": cubic(300.0, [29] * 3000, np.random.default_rng(0).random((3000, 3))),
}


@pytest.mark.parametrize("reason", BAD)
def test_an_impossible_crystal_gives_its_reason_and_stops_nothing(reason):
    settings = Settings(two_theta_deg=(10, 90))
    before, made, after = (simulate(crystal, settings) for crystal in (COPPER, BAD[reason], COPPER))
    assert isinstance(made, str)
    assert reason in made
    np.testing.assert_array_equal(before, after)


def test_xray_knows_plutonium_but_not_einsteinium():
    assert isinstance(simulate(replace(COPPER, numbers=np.array([94] * 4)), XRAY), np.ndarray)
    assert simulate(replace(COPPER, numbers=np.array([99] * 4)), XRAY) == "no X-ray form factor for Es"


@given(
    lattice=st.lists(st.floats(width=32) | st.floats(-10, 10), min_size=9, max_size=9),
    numbers=st.lists(st.integers(-5, 130) | st.none() | st.floats(), max_size=4),
    coords=st.lists(st.floats() | st.floats(-2, 2), max_size=12),
)
@hypothesis_settings(max_examples=200, deadline=None)
def test_no_input_stops_the_stage(lattice, numbers, coords):
    made = simulate(Crystal("x", "x", "x", 1, lattice, numbers, coords), NEUTRON)
    assert isinstance(made, str) or (np.isfinite(made).all() and made.max() == 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("radiation", "electron"),
        ("wavelength_A", 0),
        ("two_theta_deg", (0, 90)),
        ("two_theta_deg", (90, 10)),
        ("bins", 1),
        ("axis", "d"),
        ("resolution", "medium"),
        ("resolution", (1.0, -3.0, 1.0)),
        ("scale_exponent", 0),
    ],
)
def test_settings_out_of_range_are_refused(key, value):
    with pytest.raises(SgbenchError, match=key if key != "two_theta_deg" else "angles"):
        Settings(**{key: value})
