"""Sums of the waves that the atoms of a replicated cell scatter.

A replicated cell needs no sum over its atoms. The structure factor is that of one cell times three geometric sums, or,
with vacancies, a contraction of the occupancies with the phases of the rows of cells, as a matrix product.
"""

from collections.abc import Sequence

import numpy as np
import torch

# Atoms summed at once: bounds the memory of large cells, and keeps the work in the processor's cache.
ATOMS_AT_ONCE = 64


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


def sum_atoms(atoms: torch.Tensor, one_hot: torch.Tensor, hkl: torch.Tensor) -> torch.Tensor:
    """Sum the waves of each species' atoms one by one: (M, 3), (A, M), (3, Q) -> (A, Q)."""
    chunks = zip(atoms.split(ATOMS_AT_ONCE), one_hot.split(ATOMS_AT_ONCE, dim=1), strict=True)
    return sum(selected @ _waves(chunk @ hkl) for chunk, selected in chunks)


def lattice_sum(hkl: torch.Tensor, replicas: Sequence[int]) -> torch.Tensor:
    """Sum the waves of whole cells, Π_i Σ_n exp(-2πi n h_i), up to a phase: (3, Q) -> (Q,), real.

    Each geometric sum is sin(πNh)/sin(πh); as a ratio of sinc functions within half a cycle it has no pole.
    """
    offset = (hkl - hkl.round()).to(torch.float32)
    counts = torch.tensor(replicas, dtype=torch.float32, device=hkl.device)[:, None]
    return (counts * torch.sinc(counts * offset) / torch.sinc(offset)).prod(0)


def sum_occupied(cell: torch.Tensor, one_hot: torch.Tensor, hkl: torch.Tensor, occupancy: torch.Tensor) -> torch.Tensor:
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
