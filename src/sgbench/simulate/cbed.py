"""Convergent-beam electron diffraction (CBED) patterns of crystals, by multislice.

As in the data set of Oak Ridge National Laboratory, the beam runs along the normals of the strongest reflections, the
convergence semi-angle is λ(100 keV) / 4d, and slices are one lattice spacing d thick. The geometry is in
:mod:`sgbench.simulate.zone`, the physics in :mod:`sgbench.simulate.multislice`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
import torch

from sgbench.crystals.crystal import Cell, Crystal, conventional_cell
from sgbench.errors import SgbenchError
from sgbench.simulate import kirkland, multislice
from sgbench.simulate.multislice import Detector
from sgbench.simulate.zone import Zone, zones

_REFERENCE_KEV = 100  # at which the aperture is set
_SPACING_OF_DEGREE_A = 2.0  # at and above which the degree is that of the settings
_SMALLEST_ATOM_A3 = 1.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the microscope is and what it looks at; the defaults are the small preset, for laptops.

    Attributes:
        pixels: width and height of the square detector, in pixels, at least 8; the beam hits the pixel at
            index pixels // 2 along both axes.
        extent_angstrom: one over the width of a pixel, Å, 5 to 500: the edge of the box that a simulation of the whole
            illuminated area would have. The detector reaches to pixels / (2 extent_angstrom), Å⁻¹.
        band_per_angstrom: largest spatial frequency of the waves, Å⁻¹, 0.5 to 10. Atoms do not vibrate here, and heavy
            ones scatter far: against a band of 4, intensities are off by 3 % in the median at 2.5, and by 9 % at 1.7.
        slab_angstrom: thickness of the crystal, Å, 1 to 2000; rounded to whole slices.
        energies_kev: beam energies, keV, 10 to 1000, one pattern of each.
        orientations: zone directions, 1 to 10: the normals of the strongest reflections.
        d_range_angstrom: smallest and largest lattice spacing of these reflections, Å.
        aperture: convergence semi-angle, in Bragg angles λ(100 keV) / 2d of the reflection, above 0, up to 2; at
            1 the disks of reflections that lie d⁻¹ apart touch at 100 keV.
        slices_per_spacing: slices in one lattice spacing d; 1 or more.
        max_edge_angstrom: crystals with an edge of the conventional cell of this length or more are left out, Å.
        degree: degree of the polynomial in the tilt that stands for the amplitude across a disk, 0 to 8, for lattice
            spacings of 2 Å and more; disks of smaller spacings are larger, and so, in proportion, is their degree. At
            100 Å and 2, intensities are mostly off by 1 %, in heavy metals by up to 8 %; thicker slabs need more.

    Raises:
        SgbenchError: a value is out of its range.
    """

    pixels: int = 64
    extent_angstrom: float = 20.0
    band_per_angstrom: float = 2.5
    slab_angstrom: float = 100.0
    energies_kev: Sequence[int] = (100, 190)
    orientations: int = 3
    d_range_angstrom: Sequence[float] = (1.0, 5.0)
    aperture: float = 0.5
    slices_per_spacing: int = 1
    max_edge_angstrom: float = 10.0
    degree: int = 2

    def __post_init__(self) -> None:
        shortest, longest = self.d_range_angstrom
        checks = {
            "pixels must be at least 8": self.pixels >= 8,
            "extent_angstrom must lie between 5 and 500": 5 <= self.extent_angstrom <= 500,
            "band_per_angstrom must lie between 0.5 and 10": 0.5 <= self.band_per_angstrom <= 10,
            "slab_angstrom must lie between 1 and 2000": 1 <= self.slab_angstrom <= 2000,
            "energies_kev must be one or more between 10 and 1000": len(self.energies_kev) > 0
            and all(10 <= energy <= 1000 for energy in self.energies_kev),
            "orientations must lie between 1 and 10": 1 <= self.orientations <= 10,
            "d_range_angstrom must be two rising lengths, the first 0.8 or more": 0.8 <= shortest < longest,
            "aperture must lie above 0, up to 2": 0 < self.aperture <= 2,
            "slices_per_spacing must be at least 1": self.slices_per_spacing >= 1,
            "max_edge_angstrom must be positive": self.max_edge_angstrom > 0,
            "degree must lie between 0 and 8": 0 <= self.degree <= 8,
        }
        for rule, kept in checks.items():
            if not kept:
                raise SgbenchError(f"cbed settings: {rule}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Orientations, height and width of one stack."""
        return self.orientations, self.pixels, self.pixels


PRESETS = {
    "small": Settings(),
    "original": Settings(
        pixels=512,
        extent_angstrom=100.0,
        band_per_angstrom=512 / 100 / 3,
        energies_kev=tuple(range(100, 200, 10)),
        degree=5,
    ),
}
"""Named settings; ``original`` has the values of the ORNL data set, its band two thirds of the detector's reach."""


def microscope(preset: str, **others: Any) -> Settings:
    """Return the settings of a preset, with others instead of its own."""
    return replace(PRESETS[preset], **others)


@dataclass
class Stacks:
    """The patterns of one crystal.

    Attributes:
        stacks: intensities, float32, shape (energies, orientations, pixels, pixels), rows along y, columns along x; the
            sum of a pattern is the fraction of the beam that the detector catches.
        energies_kev: beam energies, keV, shape (energies,).
        z_dirs: Miller indices of the reflections along whose normals the beam runs, in the standard conventional
            cell, shape (1, orientations, 3).
        y_dirs: the lattice directions [uvw] of that cell, which run along y on the detector, of the same shape.
        semi_angles_rad: convergence semi-angles, rad, shape (orientations,).
        d_hkls_angstrom: lattice spacings of the reflections, Å, shape (orientations,).
    """

    stacks: np.ndarray
    energies_kev: np.ndarray
    z_dirs: np.ndarray
    y_dirs: np.ndarray
    semi_angles_rad: np.ndarray
    d_hkls_angstrom: np.ndarray


def simulate(crystal: Crystal, settings: Settings, seed: int = 0, device: str = "cpu") -> Stacks | str:
    """Compute the patterns of a crystal at all energies, or say in plain words why it has none.

    Args:
        crystal: the crystal; one that brings its standard cell along is spared the search for it.
        settings: the microscope.
        seed: not used; nothing is random.
        device: where torch computes.
    """
    try:
        cell = conventional_cell(crystal)
        _check(cell, settings)
    except SgbenchError as reason:
        return str(reason)
    views = zones(cell, settings.orientations, settings.d_range_angstrom, settings.slices_per_spacing)
    if len(views) < settings.orientations:
        return f"{len(views)} reflections in the range of lattice spacings, {settings.orientations} needed"

    spacings = np.array([view.spacing for view in views])
    semi_angles = settings.aperture * multislice.wavelength(_REFERENCE_KEV) / (2 * spacings)
    energies = np.array(settings.energies_kev)
    patterns = [
        pattern(view, settings, energies, semi_angle, device)
        for view, semi_angle in zip(views, semi_angles, strict=True)
    ]
    return Stacks(
        stacks=torch.stack(patterns, 1).cpu().numpy(),
        energies_kev=energies,
        z_dirs=np.array([[view.hkl for view in views]], float),
        y_dirs=np.array([[view.uvw for view in views]], float),
        semi_angles_rad=semi_angles,
        d_hkls_angstrom=spacings,
    )


def pattern(view: Zone, settings: Settings, energies: np.ndarray, semi_angle: float, device: str) -> torch.Tensor:
    """Compute the patterns of one zone, float32, shape (energies, pixels, pixels)."""
    pixel = 1 / settings.extent_angstrom
    layers = max(1, round(settings.slab_angstrom / view.thickness))
    degree = ceil(settings.degree * max(1, _SPACING_OF_DEGREE_A / view.spacing))
    amplitudes = multislice.disks(
        view, layers, energies, semi_angle, settings.band_per_angstrom, degree, pixel / 2, device
    )
    return multislice.draw(amplitudes, degree, Detector((settings.pixels,) * 2, (pixel, pixel)))


def _check(cell: Cell, settings: Settings) -> None:
    """Raise SgbenchError where a cell is broken or outside the study."""
    if not (len(cell.numbers) and np.isfinite(cell.lattice).all() and np.isfinite(cell.frac_coords).all()):
        raise SgbenchError("no atoms, or lattice or coordinates that are not finite numbers")
    unknown = sorted({int(number) for number in cell.numbers if not 1 <= number <= kirkland.HEAVIEST})
    if unknown:
        raise SgbenchError(f"no scattering factor for atomic number {', '.join(map(str, unknown))}")
    if abs(np.linalg.det(cell.lattice)) < _SMALLEST_ATOM_A3 * len(cell.numbers):
        raise SgbenchError("the cell is too small for its atoms")
    longest = np.linalg.norm(cell.lattice, axis=1).max()
    if longest >= settings.max_edge_angstrom:
        raise SgbenchError(
            f"the conventional cell has an edge of {longest:.3g} Å, {settings.max_edge_angstrom:g} Å or more"
        )
