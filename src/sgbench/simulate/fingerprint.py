"""The two-dimensional diffraction fingerprint: a crystal seen along six directions, in one colour image.

A plane wave falls on a finite piece of the crystal, and a flat detector behind it records the
single-scattering intensity (Ziletti, Kumar, Scheffler & Ghiringhelli, Nature Communications 9, 2775 (2018),
equations 1 and 2):

    Ψ(q) = 1/r Σ_a f_a(θ) Σ_j exp(-i q·x_j),      I(q) = Ω(θ) |Ψ(q)|²,      q = k1 - k0.

The crystal is its standard conventional cell, replicated to about 250 atoms and scaled to a mean
nearest-neighbour distance of 1 Å, so that the image shows the arrangement of the atoms and not the size of
the cell. It is turned by +45° and -45° about one axis, and the two intensities are added: one axis a channel
(x red, y green, z blue; the beam runs along z). The bright centre and the corners are masked, and the three
channels are divided by their common maximum. The Thomson length r_0, the incident intensity and the constant
A of the equations are common factors that this division removes; the anomalous terms f' and f'' are
neglected, the wavelength being far shorter than that of any absorption edge.

:mod:`sgbench.simulate.supercell` builds the piece of crystal, :mod:`sgbench.simulate.waves` sums the waves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import spglib
import torch
from scipy.spatial.transform import Rotation

from sgbench.crystals.crystal import Crystal
from sgbench.errors import SgbenchError
from sgbench.simulate.scattering import form_factor_terms
from sgbench.simulate.supercell import Supercell, supercell_of
from sgbench.simulate.waves import lattice_sum, sum_atoms, sum_occupied

Seed = int | Sequence[int]


@dataclass(frozen=True)
class Settings:
    """What the instrument is and what is done to the crystal; the defaults are the published values.

    Attributes:
        wavelength_m: wavelength of the incident wave, m.
        detector_distance_m: distance from the crystal to the centre of the detector, m.
        pixels: width and height of the square detector, in pixels; the beam hits its centre.
        pixel_size_m: edge of a pixel, m. Half the pixels of twice the size see the same field of view.
        angle_deg: the crystal is seen turned by plus and minus this angle about each axis, degrees.
        mask_inner: radius of the masked centre as a fraction of the detector's width; 5/32 is 10 px of 64.
        mask_outer: radius beyond which pixels are masked, likewise; 15/32 is 30 px of 64.
        target_atoms: the cell is replicated to the nearest number of atoms that near-cubic replicas allow.
        neighbour_distance_A: the crystal is scaled to this mean nearest-neighbour distance, Å.
        vacancies: fraction of the atoms removed at random, in [0, 1).
        displacement_A: standard deviation of the random displacement of each atom along each axis, in Å of
            the crystal before scaling.
        rotate: turn the replicated crystal by three random angles about x, y and z. The published data set
            turned the structure before its standard cell was built, which undoes the turn: False does that.
    """

    wavelength_m: float = 5e-12
    detector_distance_m: float = 0.1
    pixels: int = 64
    pixel_size_m: float = 4e-4
    angle_deg: float = 45.0
    mask_inner: float = 5 / 32
    mask_outer: float = 15 / 32
    target_atoms: int = 250
    neighbour_distance_A: float = 1.0
    vacancies: float = 0.0
    displacement_A: float = 0.0
    rotate: bool = False

    def __post_init__(self) -> None:
        lengths = (self.wavelength_m, self.detector_distance_m, self.pixel_size_m, self.neighbour_distance_A)
        if min(lengths) <= 0 or self.pixels < 1 or self.target_atoms < 1:
            raise SgbenchError("fingerprint: lengths, pixels and target_atoms must be positive")
        if not 0 <= self.mask_inner < self.mask_outer:
            raise SgbenchError("fingerprint: mask_inner must lie between 0 and mask_outer")
        if not 0 <= self.vacancies < 1 or self.displacement_A < 0:
            raise SgbenchError("fingerprint: vacancies must lie in [0, 1), displacement_A must be 0 or more")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return 3, self.pixels, self.pixels

    @property
    def is_random(self) -> bool:
        """Whether an image depends on a seed."""
        return bool(self.vacancies or self.displacement_A or self.rotate)


PUBLISHED = Settings()


def simulate(
    crystal: Crystal, settings: Settings = PUBLISHED, seed: Seed | None = None, device: str = "cpu"
) -> np.ndarray | str:
    """Compute the fingerprint of a crystal.

    The standard conventional cell is spglib's, in its idealised orientation (a along x, b in the xy plane;
    for orthogonal cells b along y and c along z; hexagonal axes for rhombohedral crystals), so that the image
    does not depend on the orientation or the choice of cell of the input. A crystal that brings its standard cell
    along is spared the search.

    One image is too little work to share: for more cores, give each process some of the crystals and one
    torch thread.

    Args:
        crystal: the crystal.
        settings: instrument, replication and defects.
        seed: as ``numpy.random.default_rng`` takes it; needed with vacancies, displacements or rotations. Each of
            the three draws from a stream of its own, so that a defective copy of a turned crystal is turned alike.
        device: where torch computes.

    Returns:
        The image, float32, shape (3, pixels, pixels), within [0, 1], rows along y and columns along x; or a
        string that says why the crystal has none.

    Raises:
        SgbenchError: the settings need a seed and there is none.
    """
    if seed is None and settings.is_random:
        raise SgbenchError("fingerprint: vacancies, displacements and rotations need a seed")
    try:
        supercell = supercell_of(crystal, settings.neighbour_distance_A, settings.target_atoms)
    except SgbenchError as reason:
        return str(reason)
    except spglib.SpglibError as error:
        # What spglib returns as None today, it will raise.
        return f"spglib: {error}"
    return _image(supercell, settings, 0 if seed is None else seed, device)


def atoms(crystal: Crystal, settings: Settings = PUBLISHED, seed: Seed = 0) -> np.ndarray:
    """Return where the atoms are whose fingerprint :func:`simulate` gives for the same arguments.

    Returns:
        Shape (M, 3), Å after scaling; missing atoms are left out.

    Raises:
        SgbenchError: the crystal has no fingerprint.
    """
    try:
        supercell = supercell_of(crystal, settings.neighbour_distance_A, settings.target_atoms)
    except SgbenchError as reason:
        raise SgbenchError(f"{crystal.id}: {reason}") from None
    lattice, occupancy, displacement_rng = _specimen(supercell, settings, seed)
    return _positions(supercell, lattice, occupancy, settings, displacement_rng)[1]


def form_factors(numbers: Sequence[int], s: torch.Tensor) -> torch.Tensor:
    """Compute atomic form factors for X-rays.

    By the Mott-Bethe relation, f(s) = Z - 41.78214 s² Σ a_i exp(-b_i s²), from the four-Gaussian electron
    scattering factors of Doyle & Turner, Acta Cryst. A24, 390 (1968) and Smith & Burge, Acta Cryst. 15, 182
    (1962), as tabulated by De Graef & McHenry, Structure of Materials (2nd ed., Cambridge 2012), chapter 12,
    and packaged in pymatgen. In the range that the default detector sees, 0.4 < s < 1.2 Å⁻¹, the largest
    deviation from Waasmaier & Kirfel, Acta Cryst. A51, 416 (1995), is 6 % for the median element, and at most
    15 % for all but H, He and Li.

    Args:
        numbers: atomic numbers.
        s: sin θ / λ, Å⁻¹, shape (P,), at most 2.

    Returns:
        Form factors in electrons, shape (len(numbers), P), of the dtype and on the device of ``s``.

    Raises:
        KeyError: an element is not in the table.
    """
    terms = np.array([form_factor_terms()[number] for number in numbers])
    a, b = torch.as_tensor(terms, dtype=s.dtype, device=s.device).unbind(1)
    electron = (a[..., None] * torch.exp(-b[..., None] * s**2)).sum(1)
    charge = torch.tensor(numbers, dtype=s.dtype, device=s.device)
    return charge[:, None] - 41.78214 * s**2 * electron


@dataclass(frozen=True)
class _Detector:
    """The pixels that survive the mask, as the crystal sees them.

    Attributes:
        pixels: their indices in the flattened image, shape (P,).
        q: scattering vectors turned into the crystal's frame, Å⁻¹, float64, shape (6 P, 3); axis by axis,
            sign by sign, pixel by pixel.
        s: sin θ / λ, Å⁻¹, shape (P,).
        weight: Ω/r² relative to the centre, shape (P,).
    """

    pixels: torch.Tensor
    q: torch.Tensor
    s: torch.Tensor
    weight: torch.Tensor


@lru_cache(maxsize=8)
def _detector(settings: Settings, device: str) -> _Detector:
    centre = (settings.pixels - 1) / 2
    y, x = np.mgrid[: settings.pixels, : settings.pixels].reshape(2, -1) - centre
    radius = np.hypot(x, y) / settings.pixels
    kept = np.flatnonzero((radius > settings.mask_inner) & (radius < settings.mask_outer))
    if not len(kept):
        raise SgbenchError("fingerprint: the mask leaves no pixel")

    step = settings.pixel_size_m / settings.detector_distance_m
    ray = np.column_stack([x[kept] * step, y[kept] * step, np.ones(len(kept))])
    r = np.linalg.norm(ray, axis=1)
    q = 2 * np.pi / (settings.wavelength_m * 1e10) * (ray / r[:, None] - [0, 0, 1])
    angles = (settings.angle_deg, -settings.angle_deg)
    turns = [Rotation.from_euler(axis, angle, degrees=True).as_matrix() for axis in "xyz" for angle in angles]

    def tensor(values: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        return torch.as_tensor(values, dtype=dtype, device=device)

    return _Detector(
        pixels=tensor(kept, torch.int64),
        # A turned crystal seen with q is the crystal at rest seen with q turned back: q·(Rx) = (Rᵀq)·x.
        q=tensor(np.concatenate([q @ turn for turn in turns]), torch.float64),
        s=tensor(np.linalg.norm(q, axis=1) / (4 * np.pi)),
        # A pixel far smaller than its distance has the solid angle (area) cos(2θ)/r², which falls as r⁻³.
        weight=tensor(r**-5),
    )


@lru_cache(maxsize=1024)
def _factors(elements: tuple[int, ...], settings: Settings, device: str) -> torch.Tensor:
    return form_factors(elements, _detector(settings, device).s)


def _image(supercell: Supercell, settings: Settings, seed: Seed, device: str) -> np.ndarray:
    lattice, occupancy, displacement_rng = _specimen(supercell, settings, seed)
    detector = _detector(settings, device)
    elements, species = np.unique(supercell.numbers, return_inverse=True)
    one_hot = torch.as_tensor(np.eye(len(elements))[:, species], dtype=torch.complex64, device=device)
    cell = torch.as_tensor(supercell.frac_coords, device=device)
    # The scattering vectors in units of the reciprocal cell: Miller indices, but continuous.
    hkl = torch.as_tensor(lattice, device=device) @ detector.q.T / (2 * np.pi)

    if settings.displacement_A:
        sites, positions = _positions(supercell, lattice, occupancy, settings, displacement_rng)
        atoms = positions @ np.linalg.inv(lattice)
        amplitudes = sum_atoms(torch.as_tensor(atoms, device=device), one_hot[:, sites], hkl)
    elif settings.vacancies:
        amplitudes = sum_occupied(cell, one_hot, hkl, torch.as_tensor(occupancy, device=device))
    else:
        amplitudes = sum_atoms(cell, one_hot, hkl) * lattice_sum(hkl, supercell.replicas)

    factors = _factors(tuple(elements.tolist()), settings, device)
    psi = (amplitudes.view(len(elements), 6, -1) * factors[:, None]).sum(0)
    intensity = (detector.weight * torch.view_as_real(psi).square().sum(-1)).view(3, 2, -1).sum(1)
    image = torch.zeros(3, settings.pixels**2, device=device)
    image[:, detector.pixels] = intensity / intensity.max()
    return image.view(3, settings.pixels, settings.pixels).cpu().numpy()


def _specimen(
    supercell: Supercell, settings: Settings, seed: Seed
) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Draw the lattice as it is turned, the occupancy of its sites, and the source of the displacements."""
    rotation_rng, vacancy_rng, displacement_rng = np.random.default_rng(seed).spawn(3)
    lattice = supercell.lattice
    if settings.rotate:
        angles = rotation_rng.uniform(0, 360, 3)
        lattice = lattice @ Rotation.from_euler("xyz", angles, degrees=True).as_matrix().T
    shape = (len(supercell.numbers), *supercell.replicas)
    return lattice, _occupancy(shape, settings.vacancies, vacancy_rng), displacement_rng


def _positions(
    supercell: Supercell,
    lattice: np.ndarray,
    occupancy: np.ndarray,
    settings: Settings,
    displacement_rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the site and the place, Å after scaling, of each atom that is there: (M,), (M, 3)."""
    sites, *cells = np.nonzero(occupancy)
    noise = displacement_rng.normal(0, settings.displacement_A * supercell.scale, (len(sites), 3))
    return sites, (supercell.frac_coords[sites] + np.column_stack(cells)) @ lattice + noise


def _occupancy(shape: tuple[int, ...], vacancies: float, rng: np.random.Generator) -> np.ndarray:
    """Mark atoms by 1 and vacancies by 0; their number is rounded down, so that at least one atom stays."""
    occupancy = np.ones(shape, dtype=np.float32)
    occupancy.flat[rng.choice(occupancy.size, int(vacancies * occupancy.size), replace=False)] = 0
    return occupancy
