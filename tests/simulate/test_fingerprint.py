from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import spglib
import torch
from scipy.spatial.transform import Rotation

from sgbench.crystals.crystal import Crystal
from sgbench.errors import SgbenchError
from sgbench.simulate import fingerprint as module
from sgbench.simulate.fingerprint import PUBLISHED, Settings, form_factors, simulate
from sgbench.simulate.supercell import supercell_of

DEFECTIVE = Settings(vacancies=0.25)
HEXAGONAL = np.array([[1, 0, 0], [-1 / 2, 3**0.5 / 2, 0], [0, 0, 1.6]])
FACE_CENTRED = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]


def crystal(lattice, frac_coords, numbers):
    arrays = (np.array(lattice, dtype=float), np.array(numbers), np.array(frac_coords, dtype=float))
    return Crystal("id", "test", "X", 1, arrays[0], arrays[1], arrays[2].reshape(-1, 3))


SC = crystal(3.35 * np.eye(3), [[0, 0, 0]], [84])
FCC = crystal(1.8 * (1 - np.eye(3)), [[0, 0, 0]], [29])
BCC = crystal(1.43 * (1 - 2 * np.eye(3)), [[0, 0, 0]], [26])
DIAMOND = crystal(2.7 * (1 - np.eye(3)), [[0, 0, 0], [0.25, 0.25, 0.25]], [14, 14])
HCP = crystal(3.2 * HEXAGONAL, [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]], [12, 12])
CSCL = crystal(4.12 * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]], [55, 17])
POLAR = crystal(
    np.diag([4, 4, 4.3]),
    [[0, 0, 0], [0.5, 0.5, 0.52], [0.5, 0, 0.6], [0, 0.5, 0.6], [0.5, 0.5, 0.1]],
    [56, 22, 8, 8, 8],
)
TRICLINIC = crystal(
    [[3, 0, 0], [0.5, 4, 0], [0.2, 0.7, 5]], [[0.1, 0.2, 0.3], [0.4, 0.9, 0.7], [0.6, 0.3, 0.1]], [6, 26, 8]
)
CUBIC = {"sc": SC, "fcc": FCC, "bcc": BCC, "diamond": DIAMOND}
ALL = [*CUBIC.values(), HCP, CSCL, POLAR, TRICLINIC]


def image(of, settings=PUBLISHED, seed=0):
    result = simulate(of, settings, seed)
    assert isinstance(result, np.ndarray), result
    return result


def plain_fingerprint(atoms, numbers, settings=PUBLISHED):
    """Equations 1 and 2, atom by atom, in double precision; atoms in Å after scaling, shape (N, 3)."""
    width = settings.pixels
    wavelength = settings.wavelength_m * 1e10
    x = (np.arange(width) - (width - 1) / 2) * settings.pixel_size_m
    pixel = np.stack([*np.meshgrid(x, x), np.full((width, width), settings.detector_distance_m)], axis=-1)
    r = np.linalg.norm(pixel, axis=-1)
    q = 2 * np.pi / wavelength * (pixel / r[..., None] - [0, 0, 1])
    two_theta = np.arccos(settings.detector_distance_m / r)
    solid_angle = settings.pixel_size_m**2 * np.cos(two_theta) / r**2
    s = torch.from_numpy(np.sin(two_theta / 2) / wavelength).flatten()
    factor = {int(z): form_factors([int(z)], s).numpy().reshape(width, width) for z in np.unique(numbers)}

    channels = np.zeros((3, width, width))
    for axis, channel in zip("xyz", channels, strict=True):
        for angle in (settings.angle_deg, -settings.angle_deg):
            psi = np.zeros((width, width), dtype=complex)
            for atom, number in zip(
                atoms @ Rotation.from_euler(axis, angle, degrees=True).as_matrix().T, numbers, strict=True
            ):
                psi += factor[int(number)] * np.exp(-1j * (q @ atom)) / r
            channel += solid_angle * abs(psi) ** 2
    radius = np.hypot(pixel[..., 0], pixel[..., 1]) / settings.pixel_size_m
    channels[:, (radius <= settings.mask_inner * width) | (radius >= settings.mask_outer * width)] = 0
    return channels / channels.max()


def block(lattice, frac_coords, numbers, replicas):
    atoms = [
        (frac + cell) @ lattice for frac in np.array(frac_coords) for cell in product(*(range(n) for n in replicas))
    ]
    return np.array(atoms), np.repeat(numbers, np.prod(replicas))


@pytest.mark.parametrize(
    ("of", "lattice", "frac_coords", "numbers", "replicas"),
    [
        (FCC, 2**0.5 * np.eye(3), FACE_CENTRED, [29] * 4, (4, 4, 4)),
        (CSCL, 2 / 3**0.5 * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]], [17, 55], (5, 5, 5)),
        (
            HCP,
            HEXAGONAL / (1 / 3 + 0.8**2) ** 0.5,
            [[0, 0, 0], [2 / 3, 1 / 3, 0.5]],
            [12, 12],
            (6, 6, 3),
        ),
    ],
    ids=["fcc", "CsCl", "hcp"],
)
def test_perfect_crystals_agree_with_the_plain_loop(of, lattice, frac_coords, numbers, replicas):
    reference = plain_fingerprint(*block(lattice, frac_coords, numbers, replicas))
    np.testing.assert_allclose(image(of), reference, atol=1e-5)


@pytest.mark.parametrize("displacement", [0.0, 0.2], ids=["in place", "displaced"])
def test_defective_crystals_agree_with_the_plain_loop(displacement):
    settings = Settings(vacancies=0.25, displacement_A=displacement, rotate=True)
    a = 2 / 3**0.5
    atoms, numbers = block(a * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]], [17, 55], (5, 5, 5))

    turn, vacancy, noise = np.random.default_rng(7).spawn(3)
    kept = module._occupancy((2, 5, 5, 5), 0.25, vacancy).astype(bool).ravel()
    atoms = atoms @ Rotation.from_euler("xyz", turn.uniform(0, 360, 3), degrees=True).as_matrix().T
    moved = atoms[kept] + noise.normal(0, displacement / 4.12 * a, (kept.sum(), 3))
    reference = plain_fingerprint(moved, numbers[kept], settings)
    np.testing.assert_allclose(image(CSCL, settings, seed=7), reference, atol=1e-5)


@pytest.mark.parametrize("settings", [PUBLISHED, DEFECTIVE, Settings(vacancies=0.1, displacement_A=0.2, rotate=True)])
def test_the_atoms_are_those_of_the_image(settings):
    positions = module.atoms(FCC, settings, seed=3)
    reference = plain_fingerprint(positions, np.full(len(positions), 29), settings)
    np.testing.assert_allclose(image(FCC, settings, seed=3), reference, atol=1e-5)


def test_a_quarter_of_the_atoms_is_removed():
    occupancy = module._occupancy((4, 4, 4, 4), 0.25, np.random.default_rng(0))
    assert sorted(np.unique(occupancy)) == [0, 1]
    assert occupancy.sum() == 192
    assert module._occupancy((1, 2, 1, 1), 0.99, np.random.default_rng(0)).sum() == 1
    assert np.abs(image(FCC, DEFECTIVE) - image(FCC)).max() > 0.01


@pytest.mark.parametrize("of", ALL)
def test_the_description_of_the_input_does_not_matter(of):
    rng = np.random.default_rng(3)
    order = rng.permutation(len(of.numbers))
    skew = np.array([[1, 0, 0], [1, 1, 0], [0, 2, 1]])
    turn = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    same = [
        replace(of, frac_coords=of.frac_coords + rng.uniform(size=3)),
        replace(of, frac_coords=of.frac_coords[order], numbers=of.numbers[order]),
        replace(of, lattice=of.lattice @ turn.T),
        replace(of, lattice=skew @ of.lattice, frac_coords=of.frac_coords @ np.linalg.inv(skew)),
        replace(of, lattice=1.3 * of.lattice),
    ]
    for other in same:
        np.testing.assert_allclose(image(other), image(of), atol=1e-5)


def test_vacancies_do_not_depend_on_the_order_of_the_input():
    swapped = replace(CSCL, frac_coords=CSCL.frac_coords[::-1], numbers=CSCL.numbers[::-1])
    np.testing.assert_allclose(image(swapped, DEFECTIVE), image(CSCL, DEFECTIVE), atol=1e-5)


def test_a_quarter_turn_about_the_beam_turns_the_images_and_exchanges_two_channels():
    supercell = supercell_of(TRICLINIC, PUBLISHED.neighbour_distance_A, PUBLISHED.target_atoms)
    quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    turned = module._image(replace(supercell, lattice=supercell.lattice @ quarter.T), PUBLISHED, 0, "cpu")
    red, green, blue = module._image(supercell, PUBLISHED, 0, "cpu")
    # Rows run along +y, so that x -> y is a turn from columns to rows.
    expected = np.stack([np.rot90(channel, -1) for channel in (green, red, blue)])
    np.testing.assert_allclose(turned, expected, atol=1e-5)
    assert np.abs(red - green).max() > 0.1


@pytest.mark.parametrize("name", CUBIC)
def test_cubic_crystals_show_their_symmetry(name):
    red, green, blue = image(CUBIC[name])
    pairs = [
        (green, np.rot90(red)),
        (blue, np.rot90(blue)),
        *((channel, channel[::-1]) for channel in (red, green, blue)),
        *((channel, channel[:, ::-1]) for channel in (red, green, blue)),
    ]
    # A block of whole cells begins and ends in different planes of atoms: bcc and diamond show it a little.
    least = 1 - 1e-6 if name in ("sc", "fcc") else 0.97
    for one, other in pairs:
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > least
    assert np.corrcoef(red.ravel(), blue.ravel())[0, 1] < 0.9


def test_a_hexagonal_crystal_is_not_four_fold():
    red, green, blue = image(HCP)
    assert np.corrcoef(green.ravel(), np.rot90(red).ravel())[0, 1] < 0.9
    assert np.corrcoef(blue.ravel(), np.rot90(blue).ravel())[0, 1] > 0.9  # six-fold, seen at +45° and -45°
    assert np.corrcoef(blue.ravel(), np.roll(blue, 3, axis=0).ravel())[0, 1] < 0.5


@pytest.mark.parametrize(
    ("name", "strongest"),
    [("sc", 1 / 1), ("fcc", 2 / 2**0.5), ("bcc", 3**0.5 / 2**0.5), ("diamond", 3**0.5 / 2**0.5)],
)
@pytest.mark.parametrize("pixels", [64, 32])
def test_the_first_spots_of_the_cube_face_lie_where_bragg_puts_them(name, strongest, pixels):
    """Reflections 100, 200, 110 and 220, seen along the cube axis: 1/d in inverse neighbour distances."""
    settings = Settings(pixels=pixels, pixel_size_m=4e-4 * 64 / pixels)
    blue = image(CUBIC[name], settings)[2]
    row, column = np.unravel_index(blue.argmax(), blue.shape)
    radius = np.hypot(row - (pixels - 1) / 2, column - (pixels - 1) / 2) * settings.pixel_size_m
    # A spot fits on the detector's grid to within a pixel's half diagonal.
    assert radius == pytest.approx(0.1 * 0.05 * strongest, abs=0.75 * settings.pixel_size_m)


def test_the_image_is_masked_normalised_and_single_precision():
    result = image(DIAMOND)
    y, x = np.mgrid[:64, :64] - 31.5
    radius = np.hypot(x, y)
    assert result.shape == (3, 64, 64)
    assert result.dtype == np.float32
    assert (result[:, (radius <= 10) | (radius >= 30)] == 0).all()
    assert (result[:, (radius > 10) & (radius < 30)] > 0).mean() > 0.99
    assert (result.min(), result.max()) == (0, 1)


@pytest.mark.parametrize("settings", [DEFECTIVE, Settings(displacement_A=0.1, rotate=True)])
def test_an_image_depends_on_its_own_seed_alone(settings):
    together = [simulate(of, settings, (1, place)) for place, of in enumerate([SC, HCP, CSCL])]
    np.testing.assert_array_equal(together[1], image(HCP, settings, seed=(1, 1)))
    assert not np.array_equal(together[1], image(HCP, settings, seed=(1, 3)))


def test_a_defective_copy_is_turned_like_the_perfect_one():
    turned = image(FCC, Settings(rotate=True), seed=5)
    nearly = image(FCC, Settings(rotate=True, displacement_A=1e-9), seed=5)
    np.testing.assert_allclose(nearly, turned, atol=1e-5)
    assert np.abs(turned - image(FCC)).max() > 0.5


def test_broken_structures_give_a_reason_and_leave_the_others_alone():
    cube = 4 * np.eye(3)
    broken = {
        "not finite": [
            replace(SC, lattice=np.nan * cube),
            crystal(cube, [[0, np.inf, 0]], [6]),
        ],
        "no volume": [
            replace(SC, lattice=0 * cube),
            crystal([[4, 0, 0], [0, 4, 0], [4, 4, 0]], [[0, 0, 0]], [6]),
        ],
        "apart": [
            crystal(cube, [[0, 0, 0], [0, 0, 0.999]], [6, 6]),
            crystal(cube, [[0, 0, 0], [0, 0, 0]], [6, 7]),
        ],
        "no form factor": [replace(SC, numbers=np.array([118])), replace(SC, numbers=np.array([0]))],
        "no atoms": [crystal(cube, [], [])],
    }
    cases = [(reason, case) for reason, group in broken.items() for case in group]
    results = [simulate(of) for of in [*(case for _, case in cases), FCC]]
    for (reason, _), result in zip(cases, results, strict=False):
        assert isinstance(result, str)
        assert reason in result
    np.testing.assert_array_equal(results[-1], image(FCC))


def _none(*_, **__):
    return None


def _raise(*_, **__):
    raise spglib.SpglibError("no luck")


@pytest.mark.parametrize("fail", [_none, _raise])
@pytest.mark.parametrize("step", ["delaunay_reduce", "get_symmetry_dataset"])
def test_a_failure_of_spglib_is_a_reason(monkeypatch, step, fail):
    monkeypatch.setattr(spglib, step, fail)
    reason = simulate(FCC)
    assert isinstance(reason, str)


def test_form_factors_agree_with_waasmaier_and_kirfel():
    numbers = [6, 14, 26, 79]
    s = torch.tensor([0.0, 0.4, 0.6, 0.8], dtype=torch.float64)
    published = [
        [6.00, 1.95, 1.54, 1.32],
        [14.00, 7.20, 5.31, 3.75],
        [25.99, 13.84, 9.75, 7.64],
        [78.97, 52.59, 42.19, 34.63],
    ]
    np.testing.assert_allclose(form_factors(numbers, s), published, rtol=0.04)


@pytest.mark.parametrize(
    "wrong",
    [{"vacancies": 1.0}, {"wavelength_m": 0.0}, {"mask_inner": 0.5}, {"displacement_A": -1.0}, {"pixels": 0}],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SgbenchError, match="fingerprint"):
        Settings(**wrong)


def test_random_settings_need_a_seed():
    with pytest.raises(SgbenchError, match="seed"):
        simulate(FCC, DEFECTIVE)
