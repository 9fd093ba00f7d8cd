"""Augmentation: what each change does to a pattern, and that a sample depends on nothing but its seed."""

import numpy as np
import pytest

from sgbench.simulate.augment import ImageAmplitudes, PowderAmplitudes, augment_images, augment_powder
from sgbench.simulate.instrument import Settings

NOTHING = PowderAmplitudes(0, 0, 0, 0, 0, None)
STILL = ImageAmplitudes(0, 0, None)
SEEDS = np.arange(20)


def settings_of(axis="two_theta", exponent=1.0):
    return Settings(axis=axis, scale_exponent=exponent)


def lines_at(*bins):
    """Patterns with peaks of five bins' width around the given bins."""
    x = np.arange(1024)
    one = sum(np.exp(-(((x - b) / 2) ** 2) / 2) for b in bins)
    return np.tile(one.astype(np.float32), (len(SEEDS), 1, 1, 1))


def centres(patterns, middle, reach=40):
    """Centre of mass of each pattern near a bin, bins."""
    window = slice(middle - reach, middle + reach + 1)
    rows = patterns[:, 0, 0, window]
    return rows @ np.arange(middle - reach, middle + reach + 1) / rows.sum(1)


def changed(settings=None, patterns=None, **amplitudes):
    """The standard patterns with only the given changes."""
    patterns = lines_at(300, 700) if patterns is None else patterns
    return augment_powder(
        patterns, SEEDS, PowderAmplitudes(**{**vars(NOTHING), **amplitudes}), settings or settings_of()
    )


@pytest.mark.parametrize("axis", ["two_theta", "log_q"])
@pytest.mark.parametrize("exponent", [1.0, 0.5])
def test_no_amplitude_changes_nothing(axis, exponent):
    patterns = lines_at(100, 500) ** exponent
    patterns /= patterns.max()
    np.testing.assert_allclose(
        augment_powder(patterns, SEEDS, NOTHING, settings_of(axis, exponent)), patterns, atol=1e-5
    )


def test_strain_is_a_uniform_shift_on_a_log_q_axis():
    settings = settings_of("log_q")
    made = changed(settings, strain=0.02)
    shifts = np.stack([centres(made, 300) - 300, centres(made, 700) - 700])
    np.testing.assert_allclose(shifts[0], shifts[1], atol=1e-3)
    step = np.log(settings.sine(1) / settings.sine(0))
    strain = np.exp(-shifts[0] * step) - 1
    assert np.abs(strain).max() <= 0.02
    assert strain.min() < -0.01
    assert strain.max() > 0.01


def test_strain_obeys_braggs_law_on_a_two_theta_axis():
    settings = settings_of()
    made = changed(settings, strain=0.01)
    ratios = [settings.sine(centres(made, b)) / settings.sine(b) for b in (300, 700)]
    np.testing.assert_allclose(ratios[0], ratios[1], atol=2e-4)
    assert np.ptp(ratios[0]) > 0.01


def test_zero_shift_moves_all_peaks_by_the_same_angle():
    made = changed(zero_shift_deg=0.5)
    shifts = np.stack([centres(made, 300) - 300, centres(made, 700) - 700]) * 100 / 1024
    np.testing.assert_allclose(shifts[0], shifts[1], atol=1e-4)
    assert np.abs(shifts).max() <= 0.5
    assert np.ptp(shifts) > 0.5


def test_zero_shift_is_larger_at_low_angles_on_a_log_q_axis():
    settings = settings_of("log_q")
    made = changed(settings, zero_shift_deg=0.5)
    low, high = (np.degrees(2 * np.arcsin(settings.sine(centres(made, b)))) for b in (300, 700))
    angles = np.degrees(2 * np.arcsin(settings.sine(np.array([300, 700]))))
    np.testing.assert_allclose(low - angles[0], high - angles[1], atol=0.02)


def test_broadening_widens_peaks_and_conserves_their_intensity():
    made = changed(broadening_bins=5.0)[:, 0, 0]
    # Scaled to a maximum of 1, a wider peak has a larger area; the two peaks stay alike.
    areas = made.sum(1) / lines_at(300, 700)[0].sum()
    assert (areas >= 1 - 1e-6).all()
    assert areas.max() > 2
    np.testing.assert_allclose(made[:, 200:400].sum(1), made[:, 600:800].sum(1), rtol=1e-4)


def test_background_is_smooth_and_within_its_height():
    made = changed(background=0.5)[:, 0, 0]
    flat = np.delete(made, np.r_[270:331, 670:731], axis=1)
    assert (flat >= 0).all()
    assert 0.1 < flat.max() < 0.5 + 1e-6
    assert np.abs(np.diff(made[:, :270])).max() < 0.005


def test_texture_changes_peaks_against_each_other_smoothly():
    made = changed(texture=0.3)[:, 0, 0]
    ratio = made[:, 700] / made[:, 300]
    assert 0.2 < np.log(ratio).std() < 0.7
    neighbours = changed(texture=0.3, patterns=lines_at(300, 304))[:, 0, 0]
    assert np.abs(np.log(neighbours[:, 304] / neighbours[:, 300])).max() < 0.15


def test_counting_noise_has_poisson_variance():
    patterns = np.full((len(SEEDS), 1, 1, 1024), 0.25, np.float32)
    patterns[..., 0] = 1
    made = augment_powder(patterns, SEEDS, PowderAmplitudes(0, 0, 0, 0, 0, (1e4, 1e4)), settings_of())[:, 0, 0, 1:]
    relative = made.std(1) / made.mean(1)
    np.testing.assert_allclose(relative, 1 / np.sqrt(2500), rtol=0.15)


@pytest.mark.parametrize("exponent", [1.0, 0.5, 0.25])
def test_a_sample_depends_on_its_own_seed_alone(exponent):
    rng = np.random.default_rng(0)
    patterns = lines_at(*rng.integers(0, 1024, 30))
    settings = settings_of(exponent=exponent)
    whole = augment_powder(patterns, SEEDS, PowderAmplitudes(), settings)
    parts = [
        augment_powder(patterns[i : i + 3], SEEDS[i : i + 3], PowderAmplitudes(), settings) for i in range(0, 20, 3)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert all(np.abs(whole[0] - other).max() > 0.01 for other in whole[1:])


@pytest.mark.parametrize("empty", [np.zeros((20, 1, 1, 1024), np.float32), lines_at(0, 1023)])
def test_results_are_float32_from_0_to_1(empty):
    made = augment_powder(empty, SEEDS, PowderAmplitudes(strain=0.05, counts=(1, 10)), settings_of())
    assert made.dtype == np.float32
    assert made.shape == empty.shape
    assert np.isfinite(made).all()
    assert made.min() >= 0
    assert made.max() <= 1


def spots(*places, side=64):
    """Images of three channels with round spots at (x, y) from the centre, pixels."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    one = sum(np.exp(-((x - a) ** 2 + (y - b) ** 2) / 8) for a, b in places)
    return np.tile(one.astype(np.float32), (len(SEEDS), 3, 1, 1))


def image_centres(images):
    """Centre of mass (x, y) of the first channel, pixels from the centre."""
    y, x = np.mgrid[: images.shape[-2], : images.shape[-1]] - (images.shape[-1] - 1) / 2
    weight = images[:, 0]
    return np.stack([(weight * x).sum((1, 2)), (weight * y).sum((1, 2))], 1) / weight.sum((1, 2))[:, None]


def test_no_amplitude_changes_no_image():
    images = spots((10, 5), (-8, 0)) ** 0.25
    np.testing.assert_allclose(augment_images(images, SEEDS, STILL, 0.25), images / images.max(), atol=1e-3)


def test_rotation_turns_about_the_centre():
    made = augment_images(spots((16, 0)), SEEDS, ImageAmplitudes(30, 0, None), 1.0)
    x, y = image_centres(made).T
    np.testing.assert_allclose(np.hypot(x, y), 16, atol=0.1)
    angle = np.degrees(np.arctan2(y, x))
    assert np.abs(angle).max() <= 30.5
    assert angle.min() < -15
    assert angle.max() > 15
    np.testing.assert_array_equal(made[:, 0], made[:, 2])


def test_shift_moves_a_turned_image_as_a_whole():
    made = augment_images(spots((0, 0)), SEEDS, ImageAmplitudes(180, 4, None), 1.0)
    centre = image_centres(made)
    assert np.abs(centre).max() <= 4.01
    assert (np.ptp(centre, axis=0) > 4).all()


def test_an_image_depends_on_its_own_seed_alone():
    images = spots((10, 5), (-8, 0)) ** 0.25
    whole = augment_images(images, SEEDS, ImageAmplitudes(), 0.25)
    single = [augment_images(images[i : i + 1], SEEDS[i : i + 1], ImageAmplitudes(), 0.25) for i in SEEDS]
    np.testing.assert_array_equal(np.concatenate(single), whole)
    assert np.abs(whole[0] - whole[1]).max() > 0.05
    assert whole.dtype == np.float32
    assert whole.max() <= 1
