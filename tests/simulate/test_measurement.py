"""Measured patterns: what each change does and what it leaves, and that a pattern depends on nothing but its seed."""

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from sgbench.crystals.crystal import Crystal
from sgbench.errors import SgbenchError
from sgbench.samples.preparation import Preparation
from sgbench.simulate.instrument import Settings
from sgbench.simulate.measurement import PRESETS, Measurement, Measurer
from sgbench.simulate.powder import simulate

SEEDS = np.arange(24)
AXES = ["two_theta", "log_q"]
PLACES = (300, 700)


def made_by(axis="two_theta", exponent=1.0, background="keep"):
    values = {
        "radiation": "xray",
        "axis": axis,
        "two_theta_deg": [10.0, 90.0],
        "bins": 1024,
        "scale_exponent": exponent,
        "background": background,
    }
    return {"simulate": "powder", **values}


def settings(axis="two_theta"):
    return Settings(**{key: value for key, value in made_by(axis).items() if key != "simulate"})


def lines_at(*bins, width=1.5):
    x = np.arange(1024)
    one = sum(np.exp(-0.5 * ((x - place) / width) ** 2) for place in bins)
    return np.tile(one.astype(np.float32), (len(SEEDS), 1, 1, 1))


def measured(patterns=None, axis="two_theta", exponent=1.0, **changes):
    patterns = lines_at(*PLACES) if patterns is None else patterns
    measurer = Measurer(made_by(axis, exponent), Measurement(**changes))
    return measurer.among(lambda places: lines_at(500)[: len(places)], 9)(patterns, SEEDS)[:, 0, 0]


def centres(rows, middle, reach=60):
    window = np.arange(middle - reach, middle + reach + 1)
    return rows[:, window] @ window / rows[:, window].sum(1)


def angles(axis, places):
    return np.degrees(2 * np.arcsin(settings(axis).sine(places)))


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("exponent", [1.0, 0.5])
def test_nothing_changes_nothing(axis, exponent):
    patterns = lines_at(100, 600) ** exponent
    np.testing.assert_allclose(measured(patterns, axis, exponent), patterns[:, 0, 0] / patterns.max(), atol=1e-5)


@pytest.mark.parametrize("axis", AXES)
def test_the_zero_of_the_angle_moves_all_peaks_alike(axis):
    made = measured(axis=axis, zero_shift_deg=0.4)
    moved = [angles(axis, centres(made, place)) - angles(axis, place) for place in PLACES]
    np.testing.assert_allclose(moved[0], moved[1], atol=2e-3)
    assert np.abs(moved).max() <= 0.4
    assert np.ptp(moved[0]) > 0.4


def test_a_displaced_specimen_moves_peaks_by_the_cosine():
    made = measured(displacement=0.005)
    moved = np.stack([angles("two_theta", centres(made, place)) - angles("two_theta", place) for place in PLACES])
    cosines = np.cos(np.radians(angles("two_theta", np.array(PLACES))) / 2)
    np.testing.assert_allclose(moved[0] / cosines[0], moved[1] / cosines[1], atol=2e-3)
    assert np.abs(moved[0]).max() <= np.degrees(0.01)
    assert np.ptp(moved[0]) > np.degrees(0.01)


def test_another_cell_is_a_shift_on_a_log_q_axis():
    made = measured(axis="log_q", expansion=0.02)
    moved = [centres(made, place) - place for place in PLACES]
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-2)
    assert np.ptp(moved[0]) > 0.02 / np.log(settings("log_q").sine(1) / settings("log_q").sine(0))


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(
    ("change", "width"),
    [
        ({"broadening_deg": (0.6, 0.6)}, lambda theta: 0.6 + 0 * theta),
        ({"size_A": (150, 150)}, lambda theta: np.degrees(0.9 * 1.54184 / 150 / np.cos(theta))),
    ],
)
def test_peaks_widen_by_the_angle_that_the_formula_says_and_keep_their_area(axis, change, width):
    sharp = lines_at(*PLACES, width=0.1)
    made = measured(sharp, axis, **change)
    theta = np.radians(angles(axis, np.array(PLACES))) / 2
    edges = angles(axis, np.array(PLACES)[:, None] + [-0.5, 0.5])
    in_bins = width(theta) / np.diff(edges)[:, 0]
    for place, expected in zip(PLACES, in_bins, strict=True):
        window = made[0, place - 100 : place + 101]
        assert (window > window.max() / 2).sum() == pytest.approx(
            expected, abs=1.3 + 0.04 * expected
        )  # kernels are 6 % apart
    areas = [made[:, place - 150 : place + 151].sum(1) for place in PLACES]
    np.testing.assert_allclose(areas[0], areas[1], rtol=0.03)


def test_microstrain_widens_with_the_tangent_up_to_its_largest():
    made = measured(lines_at(*PLACES, width=0.1), microstrain=0.02)
    widths = np.stack([(made > made[:, [place]] / 2)[:, place - 100 : place + 100].sum(1) for place in PLACES])
    tangents = np.tan(np.radians(angles("two_theta", np.array(PLACES))) / 2)
    most = np.degrees(0.08 * tangents) / (80 / 1024)
    assert (widths.max(1) <= most + 1.5).all()
    assert (widths.max(1) > 0.7 * most).all()
    assert (widths.min(1) < 0.4 * most).all()


def test_displacements_weaken_peaks_by_the_square_of_the_angle_s_sine():
    made = measured(b_iso_A2=3.0)
    square = (np.sin(np.radians(angles("two_theta", np.array(PLACES))) / 2) / 1.54184) ** 2
    b_iso = -np.log(made[:, PLACES[1]] / made[:, PLACES[0]]) / (2 * np.diff(square))
    assert 0 <= b_iso.min() < 0.7
    assert 2.3 < b_iso.max() <= 3


def test_texture_scales_peaks_each_for_itself():
    made = measured(texture=0.5)
    ratio = np.log(made[:, PLACES[1]] / made[:, PLACES[0]])
    assert 0.1 < ratio.std() < 0.8
    np.testing.assert_allclose(centres(made, 300, 8), 300, atol=0.7)
    near = measured(lines_at(300, 330), texture=0.5)
    assert np.log(near[:, 330] / near[:, 300]).std() > 0.1


def test_an_impurity_gives_its_share_of_the_intensity_and_comes_from_the_others():
    made = measured(impurity=0.3)
    share = made[:, 450:550].sum(1) / made.sum(1)
    assert share.max() <= 0.3
    assert share.min() < 0.1 < 0.2 < share.max()
    np.testing.assert_allclose(made[:, PLACES[0]], made[:, PLACES[1]], rtol=1e-4)


def test_impurities_are_drawn_from_all_others_and_from_nowhere_else():
    asked = []

    def images(places):
        asked.extend(places.tolist())
        return lines_at(500)[: len(places)]

    measurer = Measurer(made_by(), Measurement(impurity=0.1)).among(images, 5)
    for first in range(0, 240, 24):
        measurer(lines_at(300), SEEDS + first)
    assert set(asked) == set(range(5))
    with pytest.raises(ValueError, match="no patterns"):
        Measurer(made_by(), Measurement(impurity=0.1))(lines_at(300), SEEDS)


@pytest.mark.parametrize("change", [{"background": (0.3, 0.3)}, {"amorphous": (0.3, 0.3)}])
@pytest.mark.parametrize("axis", AXES)
def test_what_lies_below_the_peaks_is_smooth_and_as_high_as_it_says(axis, change):
    # As high a degree, as a detector sees it.
    made = measured(axis=axis, **change) / np.diff(angles(axis, np.arange(1025) - 0.5))
    raw = made / (made[:, 300:301] - (made[:, 280:281] + made[:, 320:321]) / 2)  # peaks have their height of 1 again
    flat = np.delete(raw, np.r_[290:311, 690:711], axis=1)
    np.testing.assert_allclose(flat.max(1), 0.3, atol=0.02)
    assert (flat > -1e-4).all()
    assert np.abs(np.diff(raw[:, :290])).max() < 0.03
    shapes = raw[:, ::40] / raw[:, ::40].max(1, keepdims=True)
    assert shapes.std(0).max() > 0.1


def test_a_level_background_is_more_in_wider_bins():
    flat, level = np.zeros((24, 1, 1, 1024), np.float32), angles("log_q", np.arange(1025) - 0.5)
    flat[..., 300] = 1
    made = measured(flat, "log_q", background=(1, 1))
    least = made[:, 900:1000].min(1) / made[:, 100:200].max(1)
    assert least.max() > 0.8 * np.diff(level)[950] / np.diff(level)[150]


def test_background_is_subtracted_where_models_see_none():
    patterns, made = lines_at(*PLACES), {}
    for kind in ("keep", "snip"):
        measurer = Measurer(made_by(background=kind), Measurement(background=(0.3, 0.3), start_deg=10.0))
        made[kind] = measurer(patterns, SEEDS)[:, 0, 0]
    prepare = Preparation(background="snip", scale_exponent=1.0)
    for kept, clean in zip(made["keep"], made["snip"], strict=True):
        np.testing.assert_allclose(prepare(kept, kept > 0)[0, 0], clean, atol=1e-5)
    between = np.r_[350:650]
    assert made["snip"][:, between].max() < 0.05 < made["keep"][:, between].max()


@pytest.mark.parametrize("axis", AXES)
def test_counts_are_those_of_the_steps_in_a_bin(axis):
    step, widths = 0.02, np.diff(angles(axis, np.arange(1025) - 0.5))
    flat = np.tile((widths / widths.max()).astype(np.float32), (24, 1, 1, 1))
    made = measured(flat, axis, counts=(400, 400), step_deg=(step, step)) / widths
    wide = widths > step
    made /= made[:, wide].mean(1, keepdims=True)
    spread = made[:, wide].std(0)
    expected = 1 / np.sqrt(400 * widths[wide] / step)
    assert (spread / expected).mean() == pytest.approx(1, abs=0.05)
    if not wide.all():  # what lies between two steps is no new count
        narrow = made[:, ~wide]
        assert np.abs(np.diff(narrow)).mean() < 0.8 * np.abs(np.diff(made[:, wide][:, :50])).mean()


def test_few_counts_are_whole_numbers():
    made = measured(counts=(10, 10), step_deg=(80 / 1024, 80 / 1024))
    levels = np.unique(np.round(made[0] / made[0][made[0] > 0].min(), 4))
    assert len(levels) < 25
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-3)


def test_spikes_are_single_bins():
    made, plain = measured(spikes=3.0), measured()
    scale = np.median(plain[:, 295:306] / made[:, 295:306], axis=1)[:, None]
    spiked = np.abs(made * scale - plain) > 1e-3
    assert 1 < spiked.sum(1).mean() < 5
    assert (made[:, :250][spiked[:, :250]] > 0).all()


@pytest.mark.parametrize("axis", AXES)
def test_what_is_not_measured_is_0_and_the_rest_as_it_was(axis):
    patterns = np.tile((1 + 0.1 * np.sin(np.arange(1024))).astype(np.float32), (24, 1, 1, 1))
    made = measured(patterns, axis, start_deg=20.0, end_deg=30.0)
    two_theta = angles(axis, np.arange(1024))
    first = np.array([two_theta[row > 0][0] for row in made])
    last = np.array([two_theta[row > 0][-1] for row in made])
    assert (first <= 30.1).all()
    assert (last >= 59.9).all()
    assert np.ptp(first) > 10
    assert np.ptp(last) > 15
    for row, low, high in zip(made, first, last, strict=True):
        inside = (two_theta >= low) & (two_theta <= high)
        assert (row[~inside] == 0).all()
        ratio = row[inside] / patterns[0, 0, 0, inside]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)


@pytest.mark.parametrize("exponent", [1.0, 0.5])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_pattern_depends_on_its_own_seed_alone(preset, exponent):
    rng = np.random.default_rng(0)
    patterns = lines_at(*rng.integers(0, 1024, 30)) ** exponent
    measurer = Measurer(made_by("log_q", exponent), PRESETS[preset]).among(lambda places: patterns[places], 24)
    whole = measurer(patterns, SEEDS)
    parts = [measurer(patterns[i : i + 5], SEEDS[i : i + 5]) for i in range(0, 24, 5)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert whole.dtype == np.float32
    assert np.isfinite(whole).all()
    assert whole.min() >= 0
    assert whole.max() <= 1
    assert preset == "clean" or all(np.abs(whole[0] - other).max() > 0.01 for other in whole[1:])


def test_presets_add_to_each_other():
    values = [vars(preset) for preset in PRESETS.values()]
    for before, after in pairwise(values):
        on = {name for name in before if before[name] and name != "step_deg"}
        assert all(after[name] == before[name] for name in on)
        assert {name for name in after if after[name]} > on
    assert {field.name for field in fields(Measurement)} == {name for name, value in values[-1].items() if value}


def test_nothing_in_leaves_nothing_that_is_no_number():
    empty = np.zeros((24, 1, 1, 1024), np.float32)
    made = Measurer(made_by(), replace(PRESETS["specimen"], background=None, amorphous=None))(empty, SEEDS)
    assert np.isfinite(made).all()


def test_images_and_falling_ranges_are_refused():
    with pytest.raises(SgbenchError, match="no powder patterns"):
        Measurer({"simulate": "fingerprint"}, PRESETS["clean"])
    with pytest.raises(SgbenchError, match="counts must be two numbers"):
        Measurement(counts=(100, 10))


def test_a_modality_may_hold_measured_patterns():
    copper = Crystal("x", "x", "Cu", 225, 3.615 / 2 * (1 - np.eye(3)), np.array([29]), np.zeros((1, 3)))
    ideal = Settings(radiation="xray", instrument="laboratory")
    real = replace(ideal, measured_as="specimen")
    plain, first, again, other = (
        simulate(copper, of, seed) for of, seed in ((ideal, 1), (real, 1), (real, 1), (real, 2))
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05 < np.abs(first - plain).max()
    made_by = {"simulate": "powder", **vars(ideal)}
    np.testing.assert_array_equal(first, Measurer(made_by, PRESETS["specimen"])(plain[None], np.array([1]))[0])
    with pytest.raises(SgbenchError, match="measured_as must be"):
        replace(ideal, measured_as="impurity")
