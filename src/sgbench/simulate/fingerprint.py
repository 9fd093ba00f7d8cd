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

A replicated cell needs no sum over its atoms. The structure factor is that of one cell times three geometric
sums, or, with vacancies, a contraction of the occupancies with the phases of the rows of cells, as a matrix
product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import spglib
import torch
from pymatgen.analysis.diffraction.xrd import ATOMIC_SCATTERING_PARAMS
from pymatgen.core import Element
from pymatgen.optimization.neighbors import find_points_in_spheres
from scipy.spatial.transform import Rotation

from sgbench.crystals.crystal import Cell, Crystal
from sgbench.errors import SgbenchError

# A record with less than this is broken: atoms never come so close, and no cell is so small.
SMALLEST_DISTANCE_A = 0.1
SMALLEST_VOLUME_A3 = 1e-3
# Tolerance of spglib's search for symmetry.
SYMPREC_A = 0.01
# Atoms summed at once: bounds the memory of large cells, and keeps the work in the processor's cache.
ATOMS_AT_ONCE = 64

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


class _Unfit(Exception):
    """The crystal has no fingerprint; the message is the reason, in plain words."""


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
        supercell = _supercell(crystal, settings)
    except _Unfit as reason:
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
        supercell = _supercell(crystal, settings)
    except _Unfit as reason:
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
    table = _scattering_table()
    a, b = torch.tensor([table[number] for number in numbers], dtype=s.dtype, device=s.device).unbind(-1)
    electron = (a[..., None] * torch.exp(-b[..., None] * s**2)).sum(1)
    charge = torch.tensor(numbers, dtype=s.dtype, device=s.device)
    return charge[:, None] - 41.78214 * s**2 * electron


@cache
def _scattering_table() -> dict[int, list[list[float]]]:
    """Map atomic number to its four pairs (a_i in Å, b_i in Å²)."""
    symbols = {element.Z: element.symbol for element in Element if element.symbol in ATOMIC_SCATTERING_PARAMS}
    return {number: ATOMIC_SCATTERING_PARAMS[symbol] for number, symbol in symbols.items()}


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


@dataclass(frozen=True)
class _Supercell:
    """A scaled cell and how often it is repeated along its three axes.

    Attributes:
        lattice: lattice vectors as rows, Å after scaling.
        frac_coords: fractional coordinates, shape (S, 3).
        numbers: atomic numbers, shape (S,).
        replicas: repetitions along the three axes.
        scale: Å after scaling for one Å of the crystal.
    """

    lattice: np.ndarray
    frac_coords: np.ndarray
    numbers: np.ndarray
    replicas: tuple[int, ...]
    scale: float


def _image(supercell: _Supercell, settings: Settings, seed: Seed, device: str) -> np.ndarray:
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
        amplitudes = _sum_atoms(torch.as_tensor(atoms, device=device), one_hot[:, sites], hkl)
    elif settings.vacancies:
        amplitudes = _sum_occupied(cell, one_hot, hkl, torch.as_tensor(occupancy, device=device))
    else:
        amplitudes = _sum_atoms(cell, one_hot, hkl) * _lattice_sum(hkl, supercell.replicas)

    factors = _factors(tuple(elements.tolist()), settings, device)
    psi = (amplitudes.view(len(elements), 6, -1) * factors[:, None]).sum(0)
    intensity = (detector.weight * torch.view_as_real(psi).square().sum(-1)).view(3, 2, -1).sum(1)
    image = torch.zeros(3, settings.pixels**2, device=device)
    image[:, detector.pixels] = intensity / intensity.max()
    return image.view(3, settings.pixels, settings.pixels).cpu().numpy()


def _specimen(
    supercell: _Supercell, settings: Settings, seed: Seed
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
    supercell: _Supercell,
    lattice: np.ndarray,
    occupancy: np.ndarray,
    settings: Settings,
    displacement_rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the site and the place, Å after scaling, of each atom that is there: (M,), (M, 3)."""
    sites, *cells = np.nonzero(occupancy)
    noise = displacement_rng.normal(0, settings.displacement_A * supercell.scale, (len(sites), 3))
    return sites, (supercell.frac_coords[sites] + np.column_stack(cells)) @ lattice + noise


def _waves(cycles: torch.Tensor) -> torch.Tensor:
    """Compute exp(-2πi x), complex64; whole turns drop out in double precision, single does for the rest."""
    phase = (cycles - cycles.round()).to(torch.float32) * (-2 * np.pi)
    return torch.complex(torch.cos(phase), torch.sin(phase))


def _powers(wave: torch.Tensor, count: int) -> torch.Tensor:
    """Return the waves of a row of cells, the powers 0 to count - 1 of that of one: (Q,) -> (count, Q)."""
    powers = torch.ones((count, len(wave)), dtype=wave.dtype, device=wave.device)
    for n in range(1, count):
        torch.mul(powers[n - 1], wave, out=powers[n])
    return powers


def _sum_atoms(atoms: torch.Tensor, one_hot: torch.Tensor, hkl: torch.Tensor) -> torch.Tensor:
    """Sum the waves of each species' atoms one by one: (M, 3), (A, M), (3, Q) -> (A, Q)."""
    chunks = zip(atoms.split(ATOMS_AT_ONCE), one_hot.split(ATOMS_AT_ONCE, dim=1), strict=True)
    return sum(selected @ _waves(chunk @ hkl) for chunk, selected in chunks)


def _lattice_sum(hkl: torch.Tensor, replicas: Sequence[int]) -> torch.Tensor:
    """Sum the waves of whole cells, Π_i Σ_n exp(-2πi n h_i), up to a phase: (3, Q) -> (Q,), real.

    Each geometric sum is sin(πNh)/sin(πh); as a ratio of sinc functions within half a cycle it has no pole.
    """
    offset = (hkl - hkl.round()).to(torch.float32)
    counts = torch.tensor(replicas, dtype=torch.float32, device=hkl.device)[:, None]
    return (counts * torch.sinc(counts * offset) / torch.sinc(offset)).prod(0)


def _sum_occupied(
    cell: torch.Tensor, one_hot: torch.Tensor, hkl: torch.Tensor, occupancy: torch.Tensor
) -> torch.Tensor:
    """Sum the waves of the occupied sites: (S, 3), (A, S), (3, Q), (S, N1, N2, N3) -> (A, Q).

    A matrix product sums the planes of cells along the second and third axis, and leaves little for the rest.
    """
    sites, *replicas = occupancy.shape
    wave1, wave2, wave3 = _waves(hkl)
    plane = torch.view_as_real(_powers(wave2, replicas[1])[:, None] * _powers(wave3, replicas[2]))
    planes = occupancy.reshape(sites * replicas[0], -1) @ plane.reshape(replicas[1] * replicas[2], -1)
    *others, block = torch.view_as_complex(planes.view(sites, replicas[0], -1, 2)).unbind(1)
    for other in reversed(others):  # Horner's rule along the first axis
        block = torch.addcmul(other, block, wave1)
    return one_hot @ (_waves(cell @ hkl) * block)


def _occupancy(shape: tuple[int, ...], vacancies: float, rng: np.random.Generator) -> np.ndarray:
    """Mark atoms by 1 and vacancies by 0; their number is rounded down, so that at least one atom stays."""
    occupancy = np.ones(shape, dtype=np.float32)
    occupancy.flat[rng.choice(occupancy.size, int(vacancies * occupancy.size), replace=False)] = 0
    return occupancy


def _supercell(crystal: Crystal, settings: Settings) -> _Supercell:
    """Build the standard cell, scaled by the neighbour distance of the perfect crystal, and its replicas.

    Raises:
        _Unfit: the crystal cannot be done.
    """
    scale = settings.neighbour_distance_A / _mean_neighbour_distance(crystal)
    lattice, frac_coords, numbers = _standard_cell(crystal)
    replicas = _replicas(lattice, len(numbers), settings.target_atoms)
    return _Supercell(lattice * scale, frac_coords, numbers, replicas, scale)


def _mean_neighbour_distance(crystal: Crystal) -> float:
    """Average over the atoms of the endless crystal the distance to the nearest neighbour, in Å.

    Raises:
        _Unfit: the structure is broken.
    """
    lattice, frac_coords = (np.array(x, dtype=np.float64) for x in (crystal.lattice, crystal.frac_coords))
    if not len(crystal.numbers):
        raise _Unfit("the cell has no atoms")
    # NaN would not only spoil the image: spglib crashes the process on it.
    if not (np.isfinite(lattice).all() and np.isfinite(frac_coords).all()):
        raise _Unfit("the lattice or the coordinates are not finite numbers")
    if abs(np.linalg.det(lattice)) < SMALLEST_VOLUME_A3:
        raise _Unfit("the cell has no volume")
    unknown = sorted({int(number) for number in crystal.numbers} - _scattering_table().keys())
    if unknown:
        raise _Unfit(f"no form factor for atomic number {', '.join(map(str, unknown))}")

    reduced = spglib.delaunay_reduce(lattice)
    if reduced is None:
        raise _Unfit("the cell is too flat to reduce")
    positions = frac_coords @ lattice
    # An atom's own image at the shortest lattice vector bounds the distance to its nearest neighbour.
    reach = np.linalg.norm(reduced, axis=1).min() * 1.001
    periodic = np.ones(3, dtype=np.int64)
    first, second, image, distance = find_points_in_spheres(
        positions, positions, r=reach, pbc=periodic, lattice=np.ascontiguousarray(reduced), tol=1e-8
    )
    others = (first != second) | image.any(axis=1)
    nearest = np.full(len(positions), np.inf)
    np.minimum.at(nearest, first[others], distance[others])
    if nearest.min() < SMALLEST_DISTANCE_A:
        raise _Unfit(f"two atoms are less than {SMALLEST_DISTANCE_A} Å apart")
    return float(nearest.mean())


def _standard_cell(crystal: Crystal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the standard conventional cell: lattice (3, 3), fractional coordinates (S, 3), atomic numbers (S,)."""
    lattice, numbers, frac_coords = crystal.standard or _searched(crystal)
    frac_coords = _from_own_origin(frac_coords, numbers)
    # Vacancies are drawn by position in the list of atoms, which must not depend on the input's.
    order = np.lexsort([*frac_coords.round(3).T, numbers])
    return lattice, frac_coords[order], numbers[order]


def _searched(crystal: Crystal) -> Cell:
    """Have spglib find the standard conventional cell, which takes longer than the image itself."""
    lattice, frac_coords = (np.asarray(x, dtype=np.float64) for x in (crystal.lattice, crystal.frac_coords))
    cell = (lattice, frac_coords, np.asarray(crystal.numbers, dtype=np.int32))
    standard = spglib.standardize_cell(cell, symprec=SYMPREC_A)
    if standard is None:
        raise _Unfit("spglib finds no standard cell")
    lattice, frac_coords, numbers = standard
    return Cell(lattice, numbers, frac_coords)


def _from_own_origin(frac_coords: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Move the origin to an atom that the crystal itself singles out, and all atoms into the cell.

    The surface of a finite crystal shows in its image, and lies where the cell is cut. Many space groups
    leave a choice of origin; this takes, of the atoms of the rarest species, the one that sees the others
    nearest in a skewed measure, which ties for atoms with the same surroundings alone.
    """
    species, counts = np.unique(numbers, return_counts=True)
    origins = frac_coords[numbers == species[counts.argmin()]]
    seen = frac_coords - origins[:, None]
    # Rounding must not decide at which end of the cell an atom lies.
    seen -= np.floor(seen + 1e-4)
    measure = (numbers * np.exp(seen @ np.sqrt([2.0, 3.0, 5.0]))).sum(axis=1)
    return seen[measure.argmin()]


def _replicas(lattice: np.ndarray, atoms: int, target: int) -> tuple[int, ...]:
    """Repeat the cell to the near-cubic block with the number of atoms nearest to the target.

    Equal edges are repeated equally often, so that the block keeps the symmetry of the cell.
    """
    edges = np.linalg.norm(lattice, axis=1)
    # Trial widths in units of the shortest edge, none of which rounds up or down by a hair.
    widths = edges.min() * np.arange(1.1, target + 1, 0.25)
    replicas = np.maximum(1, np.rint(widths[:, None] / edges)).astype(int)
    return tuple(replicas[np.abs(atoms * replicas.prod(axis=1) - target).argmin()].tolist())
