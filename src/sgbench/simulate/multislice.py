"""Multislice for a convergent beam on a periodic crystal: one plane wave at a time, on one cell of the plane lattice.

E. J. Kirkland, *Advanced Computing in Electron Microscopy*, 2nd ed. (Springer 2010), chapters 5 and 6: a wave meets,
slice by slice, the transmission function exp(i σ v) of the slice's projected potential v, and propagates to the next by
exp(-i π λ Δz k²); both are limited to a band that keeps the products free of aliasing.

A convergent probe is a coherent sum of plane waves, its tilts K. Each leaves a periodic crystal in the beams K + G
alone, G a vector of the reciprocal plane lattice: the disk around G holds the amplitudes of this beam over all tilts.
Where disks do not overlap, nothing interferes; where they do, the interference terms vary as exp(2πi (G - G')·r) with
the position r of the probe, and vanish in the average over positions. The pattern is therefore, exactly,

    I(k) = Σ_G |ψ_G(k - G)|² over the tilts within the aperture,

that of a position-averaged probe on an endless crystal. No supercell is needed: the waves live on one cell. Successive
periods of slices differ by a shift, which a phase factor of the propagator makes up for, so that one period's
transmission functions serve the whole slab.

Within a disk, and once the phase of free propagation is taken out, the amplitudes are smooth: the thinner the slab, the
smoother. A polynomial through few tilts stands for all pixels of a disk.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len

from sgbench.simulate import kirkland
from sgbench.simulate.zone import Slice, Zone

_ELECTRON_REST_KEV = 510.99895
_PLANCK_C_KEV_A = 12.3984198
_VOLT_A2 = 47.87801  # h² / (2π m_0 e), V Å²: the projected potential of one Å of scattering factor
# How many numbers are worked on at once: what a processor's cache holds, and what keeps a GPU busy.
_WAVES_AT_ONCE = {"cpu": 2**15, "cuda": 2**25}
_PIXELS_AT_ONCE = {"cpu": 2**18, "cuda": 2**24}


@dataclass(frozen=True)
class Detector:
    """A pixel detector in the back focal plane.

    Attributes:
        shape: rows (along y) and columns (along x); the undiffracted beam hits pixel (shape[0] // 2, shape[1] // 2).
        pixel: height and width of a pixel, Å⁻¹.
    """

    shape: tuple[int, int]
    pixel: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Disks:
    """The amplitudes of all disks as polynomials in the tilt, at several energies.

    Attributes:
        centres: reciprocal lattice vectors G, Å⁻¹, shape (G, 2).
        coefficients: of x^a y^b, complex64, shape (G, terms, energies), with (x, y) = K / reach.
        radii: of the disks at each energy, Å⁻¹, shape (energies,).
        reach: unit of the tilts, Å⁻¹.
    """

    centres: torch.Tensor
    coefficients: torch.Tensor
    radii: np.ndarray
    reach: float


def wavelength(energy_kev: float | np.ndarray) -> float | np.ndarray:
    """Return the relativistic wavelength of an electron, Å."""
    return _PLANCK_C_KEV_A / np.sqrt(energy_kev * (2 * _ELECTRON_REST_KEV + energy_kev))


def interaction(energy_kev: float | np.ndarray) -> float | np.ndarray:
    """Return the interaction constant σ = 2π m e λ / h², relativistic, rad V⁻¹ Å⁻¹."""
    ratio = (_ELECTRON_REST_KEV + energy_kev) / (2 * _ELECTRON_REST_KEV + energy_kev)
    return 2 * np.pi * ratio / (wavelength(energy_kev) * energy_kev * 1e3)


def disks(
    zone: Zone,
    layers: int,
    energies_kev: np.ndarray,
    semi_angle: float,
    band: float,
    degree: int,
    margin: float = 0.0,
    device: str = "cpu",
) -> Disks:
    """Propagate the plane waves of a probe through a slab.

    Args:
        zone: the crystal.
        layers: thickness of the slab in slices.
        energies_kev: beam energies, shape (E,).
        semi_angle: convergence semi-angle, rad.
        band: beams up to this |G| are kept, Å⁻¹.
        degree: of the polynomial.
        margin: how far beyond the disk it must hold, Å⁻¹.
        device: where torch computes.
    """
    lengths = wavelength(energies_kev)
    radii = semi_angle / lengths
    nodes = tilt_nodes(degree)
    tilts = (radii + margin)[:, None, None] * nodes
    reach = float(radii.max() + margin)

    shape = _grid(zone, band)
    g = _frequencies(zone, shape)
    kept = np.linalg.norm(g, axis=-1) < band
    transmission = _transmission(zone, g, kept, 1.5 * band, interaction(energies_kev), device)
    # The phase of free propagation over one slice, and over half the slab, which the amplitudes are freed from.
    square = np.square(tilts[:, :, None, None] + g).sum(-1)
    path = np.pi * lengths[:, None, None, None] * zone.thickness * square
    shift = 2 * np.pi * g @ zone.shift
    step = _phasor(-path, device) * torch.as_tensor(kept, device=device)
    turn = _phasor(shift, device)

    waves = torch.empty((*path.shape[:2], int(kept.sum())), dtype=torch.complex64, device=device)
    beams = torch.as_tensor(np.flatnonzero(kept), device=device)
    at_once = max(1, _WAVES_AT_ONCE[torch.device(device).type] // path[0].size)
    for part in torch.arange(len(energies_kev)).split(at_once):
        chosen = slice(int(part[0]), int(part[-1]) + 1)
        out = _propagated(transmission[:, chosen], step[chosen], turn, layers)
        waves[chosen] = out.flatten(2)[..., beams]
    own = np.square(tilts).sum(-1)[:, :, None] * np.pi * lengths[:, None, None] * zone.thickness
    waves *= _phasor(layers / 2 * (path.reshape(*path.shape[:2], -1)[..., kept.ravel()] + own), device)

    inverse = torch.linalg.inv(monomials(torch.as_tensor(tilts / reach), degree))
    coefficients = torch.einsum("ekt,etg->gke", inverse.to(waves), waves)
    return Disks(torch.as_tensor(g[kept], device=device), coefficients.contiguous(), radii, reach)


def draw(of: Disks, degree: int, detector: Detector) -> torch.Tensor:
    """Draw disks on a detector, where they overlap one on top of the other.

    The edge of a disk is linear over the width of a pixel, about the share of the pixel that the disk covers; a disk
    smaller than a pixel is drawn as wide as one.

    Args:
        of: the disks.
        degree: of their polynomials.
        detector: the detector.

    Returns:
        float32, shape (energies, rows, columns); each disk contributes its mean intensity, so that the sum is the
        fraction of the beam that the detector catches.
    """
    device = of.centres.device
    rows, columns = detector.shape
    pixel = torch.tensor(detector.pixel[::-1], dtype=torch.float64, device=device)  # width and height, as x and y
    middle = torch.tensor([columns // 2, rows // 2], device=device)
    width = float(np.sqrt(np.prod(detector.pixel)))
    radii = torch.as_tensor(np.maximum(of.radii, width / 2), dtype=torch.float32, device=device)
    half = (torch.ceil(float(radii.max()) / pixel + 0.5)).long()
    across, down = (torch.arange(-int(n), int(n) + 1, device=device) for n in half)
    offsets = torch.stack(torch.meshgrid(across, down, indexing="xy"), -1).reshape(-1, 2)

    image = torch.zeros((rows * columns + 1, len(radii)), device=device)  # the last for what misses the detector
    values = len(offsets) * max(of.coefficients.shape[1], 2 * len(radii))
    at_once = max(1, _PIXELS_AT_ONCE[device.type] // values)
    near = (of.centres.abs() <= (middle + half + 1) * pixel).all(1)
    for centres, coefficients in zip(
        of.centres[near].split(at_once), of.coefficients[near].split(at_once), strict=True
    ):
        nearest = torch.round(centres / pixel).long()
        places = nearest[:, None] + offsets
        k = (places * pixel - centres[:, None]).float()
        basis = monomials(k / of.reach, degree)
        amplitude = basis @ torch.view_as_real(coefficients).flatten(2)
        intensity = amplitude.unflatten(2, (-1, 2)).square().sum(-1)
        cover = ((radii - k.norm(dim=-1, keepdim=True)) / width + 0.5).clamp_(0, 1)
        intensity *= cover / cover.sum(1, keepdim=True)
        x, y = (places + middle).unbind(-1)
        hit = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        image.index_add_(0, torch.where(hit, y * columns + x, rows * columns).flatten(), intensity.flatten(0, 1))
    return image[:-1].T.reshape(-1, rows, columns)


def monomials(places: torch.Tensor, degree: int) -> torch.Tensor:
    """Evaluate x^a y^b for a + b up to ``degree``: (..., 2) -> (..., (degree + 1) (degree + 2) / 2)."""
    x, y = places.unbind(-1)
    columns = row = [torch.ones_like(x)]
    for _ in range(degree):
        row = [*(x * column for column in row), y * row[-1]]
        columns = columns + row
    return torch.stack(columns, -1)


@lru_cache
def tilt_nodes(degree: int) -> np.ndarray:
    """Return points in the unit disk through which one polynomial of this degree passes: (terms, 2).

    They lie on rings, whose radii keep the interpolation well conditioned: D. Ramos-López et al., Appl. Math. Comput.
    274, 247 (2016).
    """
    points = []
    for ring in range(1, degree // 2 + 2):
        zeta = np.cos((2 * ring - 1) * np.pi / (2 * (degree + 1)))
        radius = 1.1565 * zeta - 0.76535 * zeta**2 + 0.60517 * zeta**3
        count = 2 * degree + 5 - 4 * ring
        angle = 2 * np.pi * np.arange(count) / count
        points.append(radius * np.stack([np.cos(angle), np.sin(angle)], -1))
    return np.concatenate(points)


def _grid(zone: Zone, band: float) -> tuple[int, int]:
    """Points along both axes of the cell that keep products of two waves within the band free of aliasing.

    Even numbers with no other prime factor than 2, 3 and 5 transform fastest.
    """
    halves = np.floor(1.5 * band * np.linalg.norm(zone.plane, axis=1)).astype(int) + 1
    return 2 * next_fast_len(int(halves[0]), real=True), 2 * next_fast_len(int(halves[1]), real=True)


def _frequencies(zone: Zone, shape: tuple[int, int]) -> np.ndarray:
    """Vectors of the reciprocal plane lattice in the order of a Fourier transform, Å⁻¹, shape (*shape, 2)."""
    indices = np.meshgrid(*(np.fft.fftfreq(n, 1 / n) for n in shape), indexing="ij")
    return np.stack(indices, -1) @ np.linalg.inv(zone.plane).T


def _transmission(
    zone: Zone, g: np.ndarray, kept: np.ndarray, limit: float, sigmas: np.ndarray, device: str
) -> torch.Tensor:
    """Compute the transmission function of each slice and energy, complex64, shape (slices, energies, *grid)."""
    potentials = torch.as_tensor(np.stack([_potential(zone, layer, g, limit) for layer in zone.slices]), device=device)
    phase = potentials[:, None] * torch.as_tensor(sigmas, device=device)[:, None, None]
    spectrum = torch.fft.fft2(torch.polar(torch.ones_like(phase), phase).to(torch.complex64))
    return torch.fft.ifft2(spectrum * torch.as_tensor(kept, device=device))


def _potential(zone: Zone, layer: Slice, g: np.ndarray, limit: float) -> np.ndarray:
    """Compute the projected potential of a slice from its Fourier coefficients up to ``limit``, V Å, on the grid."""
    coefficients = np.zeros(g.shape[:2], complex)
    length = np.linalg.norm(g, axis=-1)
    inside = length <= limit
    along = np.linalg.inv(zone.plane)
    for number in np.unique(layer.numbers):
        places = layer.xy[layer.numbers == number] @ along
        first, second = (
            np.exp(-2j * np.pi * places[:, axis, None] * np.fft.fftfreq(n, 1 / n)) for axis, n in enumerate(g.shape[:2])
        )
        factor = np.zeros_like(length)
        factor[inside] = kirkland.electron([number], length[inside])[0]
        coefficients += factor * (first.T @ second)
    area = abs(np.linalg.det(zone.plane))
    return np.fft.ifft2(coefficients, norm="forward").real * (_VOLT_A2 * zone.weight / area)


def _propagated(transmission: torch.Tensor, step: torch.Tensor, turn: torch.Tensor, layers: int) -> torch.Tensor:
    """Send plane waves through the slab.

    Args:
        transmission: of each slice and energy, shape (slices, E, *grid).
        step: propagator over one slice, of each energy and tilt, shape (E, tilts, *grid).
        turn: factor that makes up for the shift of a period of slices, shape grid.
        layers: slices of the slab.

    Returns:
        Amplitudes of the beams behind the slab, shape (E, tilts, *grid).
    """
    last = step * turn
    wave = transmission[0, :, None].expand_as(step)
    for layer in range(layers):
        if layer:
            wave = torch.fft.ifft2(wave, norm="forward").mul_(transmission[layer % len(transmission), :, None])
        wave = torch.fft.fft2(wave, norm="forward")
        wave *= last if (layer + 1) % len(transmission) == 0 else step
    return wave


def _phasor(angle: np.ndarray, device: str) -> torch.Tensor:
    """Compute exp(i angle) in double precision, returned as complex64."""
    return torch.as_tensor(np.exp(1j * angle).astype(np.complex64), device=device)
