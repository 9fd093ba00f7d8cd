"""Preparation: areas are kept, and peaks lie in the bins in which simulation puts them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pybaselines.smooth import snip

from sgbench.crystals.table import from_table
from sgbench.errors import SgbenchError
from sgbench.ingest.diffractograms import read
from sgbench.samples.pattern import Pattern, wavelength_of
from sgbench.samples.preparation import (
    UNMEASURED,
    Axis,
    Preparation,
    cells,
    prepare,
    rebin,
    resample,
    two_theta,
)
from sgbench.samples.snip import background, clipped
from sgbench.simulate import powder, profile

AXES = [
    Axis(axis=axis, bins=bins, two_theta_deg=(8.0, 100.0)) for axis in ("two_theta", "log_q") for bins in (64, 1024)
]
CU = 1.54184


def measured(first=10.0, last=90.0, points=4001, wavelength=CU, seed=0):
    """Return a pattern of random intensities."""
    x = np.linspace(first, last, points)
    y = np.random.default_rng(seed).gamma(1, 100, points)
    return Pattern(positions=x, intensities=y, wavelengths_A=(wavelength,))


def edges_of(pattern, axis):
    return two_theta(axis.edges, pattern.wavelength_A)


@pytest.mark.parametrize("axis", AXES, ids=str)
def test_an_axis_is_that_of_simulated_patterns(axis):
    settings = powder.Settings(axis=axis.axis, bins=axis.bins, two_theta_deg=axis.two_theta_deg)
    q = 4 * np.pi / CU * settings.sine(np.arange(axis.bins + 1) - 0.5)
    np.testing.assert_allclose(axis.edges, q, rtol=1e-12)


@given(
    axis=st.sampled_from(AXES),
    first=st.floats(1, 60),
    span=st.floats(20, 110),
    points=st.integers(60, 5000),
    wavelength=st.floats(0.5, 2.4),
    seed=st.integers(0, 99),
)
def test_the_area_of_what_was_measured_is_kept(axis, first, span, points, wavelength, seed):
    pattern = measured(first, min(first + span, 179), points, wavelength, seed)
    try:
        areas, seen = resample(pattern, axis)
    except SgbenchError:
        return
    assert (areas >= 0).all()
    assert (areas[~seen] == 0).all()
    # Inside the outermost edges of measured bins, by a sum of rectangles.
    edges = edges_of(pattern, axis)
    start, end = edges[:-1][seen][0], edges[1:][seen][-1]
    [(_, lower, upper)] = cells(pattern.positions)
    whole = (lower >= start) & (upper <= end)
    inner = (pattern.intensities * (upper - lower))[whole].sum()
    rest = (pattern.intensities * (upper - lower))[~whole & (upper > start) & (lower < end)].sum()
    assert inner * (1 - 1e-9) <= areas.sum() <= (inner + rest) * (1 + 1e-9)


@given(axis=st.sampled_from(AXES), seed=st.integers(0, 99))
def test_the_area_is_kept_to_the_last_digit_where_edges_are_common(axis, seed):
    """All of a pattern whose cells begin and end with the axis."""
    edges = two_theta(axis.edges, CU)
    points = np.linspace(edges[0], edges[-1], 5001)
    pattern = Pattern(
        positions=(points[1:] + points[:-1]) / 2,
        intensities=np.random.default_rng(seed).gamma(1, 100, 5000),
        wavelengths_A=(CU,),
    )
    areas, seen = resample(pattern, axis)
    assert seen.all()
    assert areas.sum() == pytest.approx(pattern.intensities.sum() * (points[1] - points[0]), rel=1e-9)


@given(bins=st.integers(2, 300), finer=st.integers(1, 7), seed=st.integers(0, 99))
def test_resampling_onto_the_same_bins_changes_nothing(bins, finer, seed):
    rng = np.random.default_rng(seed)
    edges = np.cumsum(rng.uniform(0.1, 2, bins + 1))
    areas = rng.normal(10, 10, bins)
    np.testing.assert_allclose(rebin(edges, areas, edges), areas, atol=1e-10)
    fine = np.unique(np.concatenate([edges, rng.uniform(edges[0], edges[-1], finer * bins)]))
    np.testing.assert_allclose(rebin(fine, rebin(edges, areas, fine), edges), areas, atol=1e-9)


def test_what_lies_beyond_is_not_measured():
    for axis in AXES:
        pattern = measured(20, 80)
        image, seen = prepare(pattern, axis, Preparation())
        edges = edges_of(pattern, axis)
        np.testing.assert_array_equal(seen, (edges[:-1] >= 19.99) & (edges[1:] <= 80.01))
        assert (image[0, 0, ~seen] == UNMEASURED).all()
        assert (image[0, 0, seen] > 0).mean() > 0.9


def test_a_gap_is_not_measured():
    whole = measured(10, 90)
    kept = (whole.positions < 40) | (whole.positions > 50)
    pattern = Pattern(positions=whole.positions[kept], intensities=whole.intensities[kept], wavelengths_A=(CU,))
    areas, seen = resample(pattern, AXES[1])
    edges = edges_of(pattern, AXES[1])
    gap = (edges[1:] > 40) & (edges[:-1] < 50)
    assert not seen[gap].any()
    reference, everywhere = resample(whole, AXES[1])
    assert seen[everywhere & ~gap].mean() > 0.99
    # The slope of a sum is another one beside a gap, and its value the same.
    np.testing.assert_allclose(areas[seen], reference[seen], rtol=0.01)
    assert np.isclose(areas[seen], reference[seen], rtol=1e-9).mean() > 0.99


def test_steps_may_vary():
    """A smooth curve sampled in other steps has the same areas."""
    x = np.concatenate([np.arange(8, 40, 0.02), np.arange(40, 101, 0.05)])
    curves = [
        Pattern(positions=at, intensities=100 + at**2, wavelengths_A=(CU,)) for at in (x, np.arange(7.9, 101, 0.01))
    ]
    one, other = (resample(curve, AXES[1])[0] for curve in curves)
    # But where the step changes, a point stands for its own side.
    assert np.quantile(np.abs(one / other - 1), 0.99) < 1e-3


@pytest.mark.parametrize("axis", ["two_theta", "log_q"])
@pytest.mark.parametrize("wavelength", [CU, 1.1])
def test_peaks_lie_in_the_bins_of_simulation(some_crystals, tmp_path, axis, wavelength):
    """A simulated measurement in fine steps, written as a file, read and prepared, is the simulated pattern."""
    model = powder.Settings(radiation="xray", axis=axis, resolution="high", scale_exponent=1)
    q_range = model.two_theta_deg if wavelength == CU else two_theta(_axis(model).edges[[0, -1]], wavelength)
    instrument = powder.Settings(
        radiation="xray",
        wavelength_A=wavelength,
        two_theta_deg=tuple(q_range),
        bins=20_000,
        resolution="high",
        scale_exponent=1,
    )
    for crystal in list(from_table(some_crystals))[:6]:
        curve = powder.pattern(crystal, instrument)[0, 0]
        rows = (f"{angle:.6f} {1e5 * value:.4f}" for angle, value in zip(instrument.angles_deg, curve, strict=True))
        (tmp_path / "a.xy").write_text("\n".join(rows))
        [pattern] = read(tmp_path / "a.xy")
        image, seen = prepare(pattern, _axis(model), Preparation(scale_exponent=1), wavelength)
        simulated = powder.pattern(crystal, model)[0, 0]
        assert seen[1:-1].all()
        if wavelength == CU:
            np.testing.assert_allclose(image[0, 0], simulated, atol=2e-3)
            continue
        # Other factors of Lorentz and polarisation, and widths: the strongest peak here is one there, at its place.
        place = image[0, 0, seen].argmax() + int(np.flatnonzero(seen)[0])
        near = simulated[max(place - 3, 0) : place + 4]
        assert near.max() > 0.2
        assert near.max() >= simulated[max(place - 6, 0) : place + 7].max() - 1e-3


def _axis(settings):
    return Axis(
        axis=settings.axis,
        bins=settings.bins,
        two_theta_deg=settings.two_theta_deg,
        wavelength_A=settings.wavelength_A,
    )


def test_training_and_measurement_are_scaled_alike(some_crystals):
    """What powder stores is what preparation makes of its bins."""
    crystal = next(from_table(some_crystals))
    for exponent in (0.5, 1):
        settings = powder.Settings(scale_exponent=exponent)
        bins = profile.histogram(*powder.peaks(crystal, settings), settings)
        np.testing.assert_allclose(
            Preparation(scale_exponent=exponent)(bins), powder.pattern(crystal, settings), rtol=1e-6
        )


def test_q_needs_no_wavelength_and_angles_do():
    pattern = measured()
    axis = AXES[1]
    with pytest.raises(SgbenchError, match="states no wavelength"):
        resample(Pattern(positions=pattern.positions, intensities=pattern.intensities), axis)
    q = 4 * np.pi / CU * np.sin(np.radians(pattern.positions) / 2)
    areas, seen = resample(Pattern(positions=q, intensities=pattern.intensities, unit="q"), axis)
    np.testing.assert_array_equal(seen, resample(pattern, axis)[1])
    # Cells end halfway in angle here as there, for q becomes an angle first.
    np.testing.assert_allclose(areas, resample(pattern, axis)[0], rtol=1e-6)


def test_background_is_taken_away_and_peaks_are_left():
    axis = Axis()
    x = np.arange(9, 111, 0.01)
    peaks = sum(
        height * np.exp(-((x - at) ** 2) / 0.02) for at, height in ((25, 3000), (40, 800), (41, 500), (80, 200))
    )
    air = 4000 * np.exp(-x / 15) + 150 + 300 * np.exp(-((x - 30) ** 2) / 200)
    with_air, without = (Pattern(positions=x, intensities=y, wavelengths_A=(CU,)) for y in (peaks + air, peaks))
    kept = prepare(with_air, axis, Preparation(scale_exponent=1))[0]
    cleaned = prepare(with_air, axis, Preparation(scale_exponent=1, background="snip"))[0]
    clean = prepare(without, axis, Preparation(scale_exponent=1))[0]
    assert np.abs(kept - clean).max() > 0.3
    assert np.abs(cleaned - clean).max() < 0.03
    # Where there is none, none is taken.
    again = prepare(without, axis, Preparation(scale_exponent=1, background="snip"))[0]
    assert np.abs(again - clean).max() < 0.01


@pytest.mark.parametrize(("count", "half_window"), [(1024, 25), (51, 25), (10, 2), (3, 1)])
def test_peaks_are_clipped_as_pybaselines_clips_them(count, half_window):
    values = np.random.default_rng(count).random(count)
    expected, _ = snip(values, max_half_window=half_window, decreasing=True)
    np.testing.assert_allclose(clipped(values, half_window), expected, atol=1e-12)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200))
def test_background_lies_below(areas):
    areas = np.array(areas)
    found = background(areas, 200)
    assert (found >= 0).all()
    assert (found <= areas).all()


def test_nothing_to_see_is_said():
    with pytest.raises(SgbenchError, match="nowhere in the range of the model"):
        resample(measured(120, 160), Axis())
    with pytest.raises(SgbenchError, match="no intensity above 0"):
        Preparation()(np.zeros(10))
    with pytest.raises(SgbenchError, match="two rising angles"):
        Axis(two_theta_deg=(90, 10))
    with pytest.raises(SgbenchError, match="wavelength of 0 Å is not above 0"):
        Axis(wavelength_A=0)
    with pytest.raises(SgbenchError, match="CuKb is no wavelength: one in Å, or of an anode"):
        Axis(wavelength_A="CuKb")


def test_an_axis_may_be_that_of_an_anode():
    """A pattern of the same tube has its angles, whatever the mean of the lines is."""
    axis = Axis(wavelength_A="CuKa", bins=100, two_theta_deg=(10, 90))
    edges = np.linspace(10, 90, 101)
    np.testing.assert_allclose(axis.angles(axis.edges), edges)
    pattern = measured(wavelength=wavelength_of("CuKa"))
    areas, seen = resample(pattern, axis)
    assert seen.all()
    np.testing.assert_allclose(
        areas, rebin(np.linspace(9.99, 90.01, 4002), 0.02 * pattern.intensities, edges), rtol=1e-6
    )
