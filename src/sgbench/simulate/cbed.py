"""Convergent-beam electron diffraction (CBED) patterns of crystals, by multislice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sgbench.crystals import Crystal
from sgbench.errors import SgbenchError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the microscope is and what it looks at; the defaults are the small preset, for laptops.

    Attributes:
        pixels: width and height of the square detector, in pixels, at least 8; the beam hits the pixel at
            index pixels // 2 along both axes.
        extent_angstrom: one over the width of a pixel, Å, 5 to 500: the edge of the box that a simulation of the whole
            illuminated area would have. Up to pixels / (3 extent_angstrom), Å⁻¹, is seen (two thirds of the Nyquist
            frequency); beyond, the detector is dark.
        slab_angstrom: thickness of the crystal, Å, 1 to 2000; rounded to whole slices.
        energies_kev: beam energies, keV, 10 to 1000, one pattern of each.
        orientations: zone directions, 1 to 10: the normals of the strongest reflections.
        d_range_angstrom: smallest and largest lattice spacing of these reflections, Å.
        aperture: convergence semi-angle, in Bragg angles λ(100 keV) / 2d of the reflection; 0.5 lets disks touch
            whose reflections lie d⁻¹ apart.
        slices_per_spacing: slices in one lattice spacing d; 1 or more.
        max_edge_angstrom: crystals with an edge of the conventional cell of this length or more are left out, Å.
        degree: degree of the polynomial in the tilt that stands for the amplitude across a disk, 0 to 10.

    Raises:
        SgbenchError: a value is out of its range.
    """

    pixels: int = 64
    extent_angstrom: float = 20.0
    slab_angstrom: float = 100.0
    energies_kev: Sequence[int] = (100, 190)
    orientations: int = 3
    d_range_angstrom: Sequence[float] = (1.0, 5.0)
    aperture: float = 0.5
    slices_per_spacing: int = 1
    max_edge_angstrom: float = 10.0
    degree: int = 3

    def __post_init__(self) -> None:
        shortest, longest = self.d_range_angstrom
        checks = {
            "pixels must be at least 8": self.pixels >= 8,
            "extent_angstrom must lie between 5 and 500": 5 <= self.extent_angstrom <= 500,
            "slab_angstrom must lie between 1 and 2000": 1 <= self.slab_angstrom <= 2000,
            "energies_kev must be one or more between 10 and 1000": len(self.energies_kev) > 0
            and all(10 <= energy <= 1000 for energy in self.energies_kev),
            "orientations must lie between 1 and 10": 1 <= self.orientations <= 10,
            "d_range_angstrom must be two rising lengths, the first 0.8 or more": 0.8 <= shortest < longest,
            "aperture must lie above 0, up to 2": 0 < self.aperture <= 2,
            "slices_per_spacing must be at least 1": self.slices_per_spacing >= 1,
            "max_edge_angstrom must be positive": self.max_edge_angstrom > 0,
            "degree must lie between 0 and 10": 0 <= self.degree <= 10,
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
    "original": Settings(pixels=512, extent_angstrom=100.0, energies_kev=tuple(range(100, 200, 10)), degree=5),
}
"""Named settings; ``original`` has the values of the ORNL data set."""


@dataclass
class Stacks:
    """The patterns of one crystal.

    Attributes:
        stacks: intensities, float32, shape (energies, orientations, pixels, pixels), rows along y, columns along x; the
            sum of a pattern is the fraction of the beam that falls within the detector's band.
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
        crystal: the crystal.
        settings: the microscope.
        seed: not used; nothing is random.
        device: where torch computes.
    """
    raise NotImplementedError
