"""What abTEM makes of a zone: a probe on a supercell, slice by slice, of the same slab, slices and potentials."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

import abtem
import ase
import numpy as np
import pandas as pd

from sgbench.crystals.crystal import Cell, Crystal
from sgbench.simulate import multislice
from sgbench.simulate import zone as module
from sgbench.simulate.multislice import Detector
from sgbench.simulate.zone import Zone

# The band of the module under test: two thirds of the Nyquist frequency, with a sharp edge.
abtem.config.set({"antialias.cutoff": 2 / 3, "antialias.taper": 0.0, "local_diagnostics.progress_bar": False})


TABLE = Path(__file__).parents[2] / "resources" / "materials_project.parquet"


@cache
def real(formula: str, space_group: int) -> Crystal:
    """Return the first crystal with this formula and space group of those that ship with the project."""
    table = pd.read_parquet(TABLE)
    row = table[(table["formula"] == formula) & (table["spacegroup"] == space_group)].iloc[0]
    lattice, coords = np.array(row["lattice"], float).reshape(3, 3), np.array(row["frac_coords"], float).reshape(-1, 3)
    return Crystal(row["id"], row["source"], formula, space_group, lattice, np.array(row["numbers"], int), coords)


@dataclass
class Specimen:
    """A slab in a box, and the same crystal as a zone.

    Attributes:
        zone: the zone, in the axes of the box.
        box: edges of the box along x and y, Å, which the crystal repeats.
        atoms: the atoms in it.
        layers: slices.
        points: grid points along x and y.
    """

    zone: Zone
    box: np.ndarray
    atoms: ase.Atoms
    layers: int
    points: tuple[int, int]

    @property
    def band(self) -> float:
        """Largest spatial frequency that abTEM keeps, Å⁻¹."""
        return 1 / (3 * max(self.box / np.array(self.points)))

    @property
    def detector(self) -> Detector:
        """The detector on abTEM's grid of spatial frequencies."""
        return Detector(self.points[::-1], (1 / self.box[1], 1 / self.box[0]))


def specimen(cell: Cell, zone: Zone, slab: float, sampling: float, least: float) -> Specimen:
    """Cut a slab out of a crystal, independently of how the zone is cut into slices.

    abTEM needs a rectangle that repeats the plane lattice. Where there is none, the crystal is sheared within the
    plane, by less than half a percent; it is still a crystal, of the same or lower symmetry.

    Args:
        cell: the crystal.
        zone: how the beam meets it.
        slab: thickness, Å.
        sampling: largest distance of grid points, Å.
        least: least edge of the box, Å.
    """
    edges, turn = _rectangle(zone.plane, 0.005)
    box = edges * np.ceil(least / edges)
    turned = replace(
        zone,
        plane=zone.plane @ turn,
        shift=zone.shift @ turn,
        slices=tuple(replace(layer, xy=layer.xy @ turn) for layer in zone.slices),
    )
    layers = round(slab / zone.thickness)
    points = tuple(int(n) for n in 2 * np.ceil(box / sampling / 2))
    return Specimen(turned, box, _atoms(cell, zone, turn, box, layers), layers, points)


def _rectangle(plane: np.ndarray, shear: float, longest: float = 60.0) -> tuple[np.ndarray, np.ndarray]:
    """Return edges and the matrix that takes the plane lattice to one that a rectangle with these edges repeats."""
    steps = np.array([n for n in product(range(-15, 16), repeat=2) if n > (0, 0)])
    places = steps @ plane
    lengths = np.linalg.norm(places, axis=1)
    near = np.flatnonzero(lengths < longest)
    steps, places, lengths = steps[near], places[near], lengths[near]
    areas = np.abs(steps[:, 0, None] * steps[:, 1] - steps[:, 1, None] * steps[:, 0]).astype(float)
    skew = np.abs(places @ places.T) > shear * lengths[:, None] * lengths
    areas[skew | (areas == 0)] = np.inf
    i, j = np.unravel_index(areas.argmin(), areas.shape)
    assert np.isfinite(areas[i, j]), "no rectangle"
    along = places[i] / lengths[i]
    target = np.diag([lengths[i], places[j] @ [-along[1], along[0]]])
    return np.abs(np.diag(target)), np.linalg.inv(places[[i, j]]) @ target


def _atoms(cell: Cell, zone: Zone, turn: np.ndarray, box: np.ndarray, layers: int) -> ase.Atoms:
    normal = np.linalg.inv(cell.lattice) @ zone.hkl * zone.spacing
    y = zone.uvw @ cell.lattice
    y /= np.linalg.norm(y)
    frame = np.stack([np.cross(y, normal), y, normal], 1)
    frame[:, :2] = frame[:, :2] @ turn
    height = layers * zone.thickness
    lattice = cell.lattice @ frame
    corners = np.array(list(product(*((-1, edge + 1) for edge in (*box, height))))) @ np.linalg.inv(lattice)
    low, high = np.floor(corners.min(0)).astype(int) - 1, np.ceil(corners.max(0)).astype(int) + 1
    cells = np.array(list(product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))))
    places = (cells[:, None] + cell.frac_coords).reshape(-1, 3) @ lattice
    numbers = np.tile(cell.numbers, len(cells))
    places[:, 2] -= module._widest_gap(cell.frac_coords @ lattice[:, 2] / zone.thickness) * zone.thickness
    places[:, :2] += [0.0123, 0.0234]  # off the edges, where rounding would count atoms twice or not at all
    inside = ((places >= 0) & (places < [*box, height])).all(1)
    return ase.Atoms(numbers[inside], places[inside], cell=[*box, height], pbc=True)


def potential(of: Specimen, finer: int = 1) -> abtem.PotentialArray:
    """Project the slices.

    abTEM spreads an atom over the four grid points around it, which weakens the large spatial frequencies unless the
    grid is much finer than needed otherwise. With ``finer`` above 1 it gets such a grid, of that many times the points
    along both axes, and the result is cut to the spatial frequencies of the coarse one.
    """
    fine = abtem.Potential(
        of.atoms,
        gpts=tuple(finer * n for n in of.points),
        slice_thickness=of.zone.thickness,
        parametrization="kirkland",
        projection="infinite",
    ).build(lazy=False)
    if finer == 1:
        return fine
    spectrum = np.fft.fft2(fine.array)
    for axis, n in enumerate(of.points, start=1):
        spectrum = np.take(spectrum, np.rint(np.fft.fftfreq(n, 1 / n)).astype(int), axis, mode="wrap")
    array = np.fft.ifft2(spectrum).real / finer**2
    return abtem.PotentialArray(array.astype(np.float32), slice_thickness=of.zone.thickness, extent=tuple(of.box))


def pattern(
    of: Specimen, slices: abtem.PotentialArray, energy_kev: float, semi_angle: float, average: bool = True
) -> np.ndarray:
    """Send a probe through, at as many positions as it takes for the interference of overlapping disks to vanish.

    Args:
        of: the specimen.
        slices: its potential.
        energy_kev: beam energy.
        semi_angle: convergence semi-angle, rad.
        average: over the positions; else there is one.

    Returns:
        Intensities, rows along y, columns along x; the undiffracted beam in the middle.
    """
    kx, ky = (np.fft.fftfreq(n, edge / n) for n, edge in zip(of.points, of.box, strict=True))
    length = np.hypot(kx[:, None], ky)
    radius = semi_angle / multislice.wavelength(energy_kev)
    width = 1 / np.sqrt(of.box.prod())
    cover = np.clip((radius - length) / width + 0.5, 0, 1)
    counts = np.floor((2 * radius + width) * np.linalg.norm(of.zone.plane, axis=1)).astype(int) + 1
    counts = counts if average else np.ones(2, int)
    positions = np.array(list(product(*map(range, counts)))) / counts @ of.zone.plane
    waves = np.sqrt(cover / cover.sum()) * np.exp(
        -2j * np.pi * (positions[:, 0, None, None] * kx[:, None] + positions[:, 1, None, None] * ky)
    )
    intensities = []
    for wave in np.fft.ifft2(waves).astype(np.complex64):
        probe = abtem.Waves(wave, energy=energy_kev * 1e3, extent=tuple(of.box))
        intensities.append(np.abs(np.fft.fft2(probe.multislice(slices).compute().array)) ** 2)
    return np.fft.fftshift(np.mean(intensities, 0)).T


def residual(pattern: np.ndarray, reference: np.ndarray) -> float:
    """R-factor of intensities, Σ|I - I_ref| / Σ I_ref."""
    return float(np.abs(pattern - reference).sum() / reference.sum())
