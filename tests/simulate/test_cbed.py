"""CBED patterns against abTEM, and what their symmetry must be."""

from dataclasses import replace

import abtem
import numpy as np
import pytest
import torch
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from sgbench.crystals.crystal import Cell, Crystal, conventional_cell
from sgbench.errors import SgbenchError
from sgbench.simulate import kirkland, multislice
from sgbench.simulate import zone as geometry
from sgbench.simulate.cbed import PRESETS, Settings, simulate
from sgbench.simulate.fingerprint import form_factors
from tests.simulate.abtem_reference import pattern, potential, real, residual, specimen

#: One crystal of each system: which of its zones, and how well the patterns agree.
REAL = {
    ("Si", 227): (0, 0.005),
    ("Cu", 225): (0, 0.02),
    ("ZrSiO4", 141): (0, 0.02),
    ("NaNbO3", 26): (1, 0.02),
    ("GaN", 186): (0, 0.005),
    ("SiO2", 154): (0, 0.01),
    ("ZrO2", 14): (0, 0.02),
    ("MnP4", 2): (1, 0.005),
}
SMALL = PRESETS["small"]
QUICK = replace(SMALL, pixels=32, extent_angstrom=10.0, energies_kev=(100,), band_per_angstrom=1.7)


def crystal(lattice: Lattice, species: list[str], coords: list, group: int = 1) -> Crystal:
    numbers = np.array([site.specie.Z for site in Structure.from_spacegroup(group, lattice, species, coords)])
    structure = Structure.from_spacegroup(group, lattice, species, coords)
    return Crystal("x", "test", "X", group, lattice.matrix, numbers, structure.frac_coords)


def zones_of(of: Crystal, count: int = 3) -> tuple[Cell, list[geometry.Zone]]:
    cell = conventional_cell(of)
    return cell, geometry.zones(cell, count, (1, 5))


@pytest.mark.parametrize(("formula", "group"), REAL)
def test_patterns_agree_with_abtem(formula, group):
    which, least = REAL[formula, group]
    cell, zones = zones_of(real(formula, group))
    zone = zones[which]
    of = specimen(cell, zone, slab=20, sampling=0.2, least=12)
    semi_angle = multislice.wavelength(100) / (4 * zone.spacing)
    reference = pattern(of, potential(of, finer=4), 100, semi_angle)
    margin = 0.5 / np.sqrt(of.box.prod())
    disks = multislice.disks(of.zone, of.layers, np.array([100.0]), semi_angle, of.band, 2, margin)
    mine = multislice.draw(disks, 2, of.detector)[0].numpy()
    assert residual(mine, reference) < least


@pytest.mark.parametrize(("formula", "group", "hkl"), [("Cu", 225, (2, 0, 0)), ("GaN", 186, (1, 0, 0))])
def test_waves_agree_with_abtem_on_the_same_grid(monkeypatch, formula, group, hkl):
    """With the same grid and the same numbers for the potential nothing is left but the edge of the band."""
    cell = conventional_cell(real(formula, group))
    zone = geometry.zone(cell, geometry._primitive(cell), np.array(hkl))
    of = specimen(cell, zone, slab=50, sampling=0.2, least=12)
    edges = np.abs(of.zone.plane).max(0)  # the plane lattice is rectangular
    repeats = np.rint(of.box / edges).astype(int)
    grid = tuple(int(n) for n in 2 * np.ceil(edges / 0.4))
    of.points = tuple(int(n) for n in repeats * grid)
    of.zone = replace(of.zone, plane=np.diag(edges))
    monkeypatch.setattr(multislice, "_grid", lambda *_: grid)
    g = multislice._frequencies(of.zone, grid)
    cells = []
    for layer in range(of.layers):
        period, index = divmod(layer, len(of.zone.slices))
        atoms = of.zone.slices[index]
        moved = replace(atoms, xy=atoms.xy + period * of.zone.shift)
        cells.append(multislice._potential(of.zone, moved, g, 1.5 * of.band))
    slices = np.tile(np.array(cells, np.float32), (1, *repeats))
    slices = abtem.PotentialArray(slices, slice_thickness=zone.thickness, extent=tuple(of.box))
    semi_angle = multislice.wavelength(100) / (4 * zone.spacing)
    reference = pattern(of, slices, 100, semi_angle)
    disks = multislice.disks(
        of.zone, of.layers, np.array([100.0]), semi_angle, of.band, 6, 0.5 / np.sqrt(of.box.prod())
    )
    assert residual(multislice.draw(disks, 6, of.detector)[0].numpy(), reference) < 0.005


def test_constants_agree_with_abtem():
    for energy in (60, 100, 190, 300):
        assert multislice.wavelength(energy) == pytest.approx(abtem.core.energy.energy2wavelength(energy * 1e3), 1e-6)
        assert multislice.interaction(energy) == pytest.approx(abtem.core.energy.energy2sigma(energy * 1e3), 1e-5)


def test_scattering_factors_agree_with_abtem():
    q = np.linspace(0.01, 4, 50)
    for number in range(1, kirkland.HEAVIEST + 1):
        reference = abtem.parametrizations.KirklandParametrization().scattering_factor(number)(q**2)
        np.testing.assert_allclose(kirkland.electron([number], q)[0], reference, rtol=1e-4)


def test_xray_form_factors_agree_with_doyle_and_turner():
    q = np.linspace(0.2, 1.5, 20)
    numbers = [6, 14, 26, 79]
    reference = form_factors(numbers, torch.as_tensor(q / 2))
    np.testing.assert_allclose(kirkland.xray(numbers, q), reference, rtol=0.08)


@pytest.mark.parametrize(("formula", "group"), REAL)
def test_the_strongest_reflections_are_those_of_pymatgen(formula, group):
    cell = conventional_cell(real(formula, group))
    powder = XRDCalculator().get_pattern(
        Structure(cell.lattice, cell.numbers, cell.frac_coords), two_theta_range=(17.8, 100.8)
    )
    spacings = np.array(powder.d_hkls)[np.argsort(powder.y)[::-1]]
    mine = 1 / np.linalg.norm(geometry.strongest(cell, (1, 5)) @ np.linalg.inv(cell.lattice).T, axis=1)
    # Form factors differ by percents, and with them the order of reflections that are nearly equal.
    assert set(mine[:2].round(3)) <= set(spacings[:4].round(3))
    assert len(set(mine[:5].round(3)) & set(spacings[:6].round(3))) >= 4


@pytest.mark.parametrize("hkl", [(1, 0, 0), (0, 2, 0), (1, -1, 2), (3, 3, 0), (0, 0, -4), (2, 1, -3)])
@pytest.mark.parametrize("per_spacing", [1, 2])
def test_slices_make_up_the_crystal(hkl, per_spacing):
    """One period of slices holds the atoms of a cell, and leads to the same crystal again."""
    cell = conventional_cell(real("MnP4", 2))
    zone = geometry.zone(cell, np.eye(3), np.array(hkl), per_spacing)
    assert len(zone.slices) == np.gcd.reduce(hkl) * per_spacing
    assert zone.thickness * per_spacing == pytest.approx(zone.spacing)
    assert sum(len(layer.numbers) for layer in zone.slices) == len(cell.numbers)
    period = zone.thickness * len(zone.slices)
    assert abs(np.linalg.det(zone.plane)) * period == pytest.approx(abs(np.linalg.det(cell.lattice)))
    y = zone.uvw @ cell.lattice
    normal = np.linalg.inv(cell.lattice) @ zone.hkl * zone.spacing
    assert y @ normal == pytest.approx(0, abs=1e-8)
    frame = np.stack([np.cross(y, normal), y], 1) / np.linalg.norm(y)
    # The next period is the same crystal: (shift, period) is a translation.
    across = np.append(zone.shift, period) @ np.column_stack([frame, normal]).T @ np.linalg.inv(cell.lattice)
    np.testing.assert_allclose(across, across.round(), atol=1e-6)


def test_centred_cells_are_seen_through():
    _, zones = zones_of(crystal(Lattice.cubic(3.61), ["Cu"], [[0, 0, 0]], 225))
    assert [zone.hkl.tolist() for zone in zones] == [[1, 1, 1], [2, 0, 0], [3, 1, 1]]
    for zone in zones:
        assert zone.weight == pytest.approx(0.25)
        volume = abs(np.linalg.det(zone.plane)) * zone.thickness * len(zone.slices)
        assert volume == pytest.approx(3.61**3 / 4)


def symmetry(of: Crystal, hkl: tuple[int, int, int], operation: np.ndarray) -> float:
    """R-factor between the beams of an axial wave behind 100 Å and those that an operation takes them to."""
    cell = conventional_cell(of)
    zone = geometry.zone(cell, geometry._primitive(cell), np.array(hkl))
    disks = multislice.disks(zone, round(100 / zone.thickness), np.array([100.0]), 1e-9, 1.7, 0)
    centres = disks.centres.numpy()
    intensity = np.abs(disks.coefficients[:, 0, 0].numpy()) ** 2
    distance = np.linalg.norm((centres @ operation.T)[:, None] - centres, axis=2)
    assert distance.min(1).max() < 1e-6
    return residual(intensity[distance.argmin(1)], intensity)


def turn(degrees: float) -> np.ndarray:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cosine, -sine], [sine, cosine]])


MIRROR = np.diag([-1, 1])
FCC = crystal(Lattice.cubic(4.05), ["Al"], [[0, 0, 0]], 225)
SILICON = crystal(Lattice.cubic(5.43), ["Si"], [[0, 0, 0]], 227)
ZINCBLENDE = crystal(Lattice.cubic(5.87), ["In", "P"], [[0, 0, 0], [0.25, 0.25, 0.25]], 216)


@pytest.mark.parametrize(
    ("of", "hkl", "operation"),
    [
        (FCC, (2, 0, 0), turn(90)),  # 4mm
        (FCC, (2, 0, 0), MIRROR),
        (FCC, (1, 1, 1), turn(120)),  # 3m
        (FCC, (2, 2, 0), turn(180)),  # 2mm
        (FCC, (2, 2, 0), MIRROR),
        (SILICON, (1, 1, 1), turn(120)),  # 3m
        (ZINCBLENDE, (1, 1, 1), turn(120)),  # 3m
        # 6mm, but for the surfaces: a screw axis and glide planes take the first layer to the second.
        (real("GaN", 186), (0, 0, 2), turn(120)),
        (real("GaN", 186), (0, 0, 2), MIRROR @ turn(180)),
    ],
)
def test_patterns_have_the_symmetry_of_the_zone_axis(of, hkl, operation):
    assert symmetry(of, hkl, operation) < 1e-3


@pytest.mark.parametrize(("of", "hkl"), [(ZINCBLENDE, (2, 2, 0)), (real("GaN", 186), (1, 0, 0))])
def test_a_polar_direction_in_the_plane_shows_no_inversion(of, hkl):
    assert symmetry(of, hkl, turn(180)) > 0.02


def test_no_higher_symmetry_than_the_zone_axis_has():
    assert symmetry(FCC, (2, 0, 0), turn(90) @ MIRROR) < 1e-3
    assert symmetry(SILICON, (1, 1, 1), turn(180)) > 1e-4  # six-fold in the plane of a slice, three-fold in the crystal


def test_intensity_is_conserved():
    settings = replace(QUICK, band_per_angstrom=6.0, pixels=128, slab_angstrom=20)
    sums = simulate(SILICON, settings).stacks.sum((2, 3))
    np.testing.assert_allclose(sums, 1, atol=5e-3)
    assert (sums <= 1 + 1e-4).all()


def test_an_image_is_the_same_at_any_size():
    """Twice as many pixels of half the width hold the same intensities, but for the edges of disks."""
    coarse = simulate(SILICON, replace(QUICK, degree=4)).stacks
    fine = simulate(SILICON, replace(QUICK, degree=4, pixels=224, extent_angstrom=70.0)).stacks
    # Pixel 16 of the coarse image covers pixels 109 to 115 of the fine one.
    fine = np.pad(fine, [(0, 0), (0, 0), (3, 4), (3, 4)])[..., 0:-7, 0:-7].reshape(1, 3, 32, 7, 32, 7).sum((3, 5))
    assert np.abs(fine - coarse).sum() < 0.1 * coarse.sum()


def test_few_tilts_stand_for_all():
    crystal = real("NaNbO3", 26)
    exact = simulate(crystal, replace(QUICK, degree=8)).stacks
    errors = [residual(simulate(crystal, replace(QUICK, degree=degree)).stacks, exact) for degree in (0, 2, 4)]
    assert errors[0] > 0.1
    assert errors[1] < 0.02
    assert errors[2] < 0.002


def test_patterns_do_not_depend_on_the_setting():
    of = real("GaN", 186)
    rng = np.random.default_rng(0)
    skew = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1]])
    cell = conventional_cell(of)
    reference = simulate(replace(of, standard=cell), QUICK).stacks
    moved = replace(of, standard=cell._replace(frac_coords=cell.frac_coords + rng.random(3)))
    turned = replace(of, standard=cell._replace(lattice=cell.lattice @ Rotation.random(rng=rng).as_matrix()))
    other = replace(of, lattice=skew @ of.lattice, frac_coords=of.frac_coords @ np.linalg.inv(skew))
    for same in (moved, turned, other):
        assert residual(simulate(same, QUICK).stacks, reference) < 5e-3


def test_a_stack_says_how_it_was_made():
    of = real("GaN", 186)
    result = simulate(of, SMALL)
    assert result.stacks.shape == (2, 3, 64, 64)
    assert result.stacks.dtype == np.float32
    assert result.energies_kev.tolist() == [100, 190]
    assert result.z_dirs.shape == result.y_dirs.shape == (1, 3, 3)
    np.testing.assert_allclose((result.z_dirs * result.y_dirs).sum(2), 0, atol=1e-8)
    np.testing.assert_allclose(result.semi_angles_rad, 0.0370144 / 4 / result.d_hkls_angstrom, rtol=1e-4)
    assert ((result.d_hkls_angstrom > 1) & (result.d_hkls_angstrom < 5)).all()
    assert result.stacks.tobytes() == simulate(of, SMALL, seed=1).stacks.tobytes()
    assert PRESETS["original"].shape == (3, 512, 512)
    # The undiffracted disk is the middle one, and has the radius of the aperture.
    y, x = np.mgrid[:64, :64] - 32
    for stack, semi_angle in zip(result.stacks[0], result.semi_angles_rad, strict=True):
        radius = np.hypot(x, y) / 20
        assert stack[radius < semi_angle / 0.0370144].min() > 0


def test_broken_structures_give_a_reason():
    cube, nothing = 4 * np.eye(3), np.zeros((0, 3))
    cases = {
        "finite": [replace(FCC, lattice=np.nan * cube), replace(FCC, frac_coords=np.full((4, 3), np.inf))],
        "no atoms": [replace(FCC, numbers=np.array([], int), frac_coords=nothing)],
        "standard": [replace(FCC, lattice=0 * cube)],
        "too small": [replace(FCC, standard=Cell(np.eye(3), np.array([6, 6]), np.array([[0, 0, 0], [0.5, 0.5, 0.5]])))],
        "atomic number": [replace(FCC, numbers=np.array([104] * 4))],
        "edge of 12": [crystal(Lattice.cubic(12), ["C"], [[0, 0, 0]])],
        "reflections": [crystal(Lattice.cubic(1.6), ["H"], [[0, 0, 0]])],
    }
    for reason, group in cases.items():
        for case in group:
            result = simulate(case, QUICK)
            assert isinstance(result, str)
            assert reason in result


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixels": 4},
        {"extent_angstrom": 0},
        {"band_per_angstrom": 0},
        {"slab_angstrom": 0},
        {"energies_kev": ()},
        {"energies_kev": (5,)},
        {"orientations": 0},
        {"d_range_angstrom": (2, 1)},
        {"aperture": 0},
        {"slices_per_spacing": 0},
        {"max_edge_angstrom": 0},
        {"degree": -1},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SgbenchError, match=f"cbed settings: {next(iter(wrong))}"):
        Settings(**wrong)
