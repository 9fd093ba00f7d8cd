"""The reflections of a crystal in a range of its reciprocal lattice, and its structure factors there."""

import numpy as np

from sgbench.crystals.crystal import Crystal, species
from sgbench.errors import SgbenchError

_SHORTEST_DISTANCE_A = 0.5  # the shortest known bond, H-H, is 0.74 Å
_SMALLEST_ATOM_A3 = 1.0
_MOST_ATOMS = 2_000
_MOST_NODES = 30_000_000  # of the reciprocal-lattice grid, about 0.5 GB


def checked(crystal: Crystal) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lattice (3, 3), species (N,) and coordinates (N, 3) of a possible crystal, else SgbenchError."""
    try:
        lattice = np.asarray(crystal.lattice, float).reshape(3, 3)
        numbers = np.asarray(crystal.numbers, int).reshape(-1)
        coords = np.asarray(crystal.frac_coords, float).reshape(len(numbers), 3)
    except (TypeError, ValueError, OverflowError) as error:
        raise SgbenchError("lattice, numbers or coordinates are not arrays of matching shapes") from error
    if len(numbers) == 0:
        raise SgbenchError("no atoms")
    if len(numbers) > _MOST_ATOMS:
        raise SgbenchError(f"cell too large: {len(numbers)} atoms")
    if not np.isfinite(lattice).all():
        raise SgbenchError("lattice is not finite")
    if not np.isfinite(coords).all():
        raise SgbenchError("coordinates are not finite")
    volume = abs(np.linalg.det(lattice))
    if volume < _SMALLEST_ATOM_A3 * len(numbers):
        raise SgbenchError(f"cell volume {volume:.3g} Å³ is too small for {len(numbers)} atoms")
    nearest = _nearest_distance(lattice, coords)
    if nearest < _SHORTEST_DISTANCE_A:
        raise SgbenchError(f"atoms overlap: two are {nearest:.2g} Å apart")
    return lattice, species(numbers, crystal.isotopes), coords


def _nearest_distance(lattice: np.ndarray, coords: np.ndarray) -> float:
    """Least distance between two sites, Å; where it exceeds half the cell's thickness, perhaps too large."""
    one, other = np.triu_indices(len(coords), 1)
    difference = coords[one] - coords[other]
    difference -= np.rint(difference)
    return float(np.sqrt(((difference @ lattice) ** 2).sum(1).min(initial=np.inf)))


def reflections(
    lattice: np.ndarray, atoms: int, g_min: float, g_max: float
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
    """Reciprocal-lattice vectors g with g_min <= |g| <= g_max (1/Å) in the half-space h >= 0.

    Returns:
        The grid's axes h, k, l; Miller indices (M, 3) of the vectors; their lengths (M,), 1/Å.
    """
    most = np.floor(g_max * np.linalg.norm(lattice, axis=1)) + 0.0  # h = g . a, hence |h| <= |g| |a|
    nodes = (most[0] + 1) * (2 * most[1] + 1) * max(2 * most[2] + 1, atoms)
    if not nodes <= _MOST_NODES:
        raise SgbenchError("cell too large: too many reflections to list")
    top = most.astype(int)
    # Negative indices lie behind the positive ones, where an index of -1 finds them.
    axes = (np.arange(top[0] + 1), _signed(top[1]), _signed(top[2]))
    reciprocal = np.linalg.inv(lattice).T
    metric = reciprocal @ reciprocal.T
    h, k, l = np.ix_(*axes)  # noqa: E741
    square = h * (h * metric[0, 0] + 2 * (k * metric[0, 1] + l * metric[0, 2]))
    square = square + k * (k * metric[1, 1] + 2 * l * metric[1, 2]) + l * l * metric[2, 2]
    inside = np.nonzero((square >= g_min**2) & (square <= g_max**2))
    if len(inside[0]) == 0:
        raise SgbenchError("no Bragg peak in the angular range")
    hkl = np.stack([axis[index] for axis, index in zip(axes, inside, strict=True)], axis=1)
    return axes, hkl, np.sqrt(square[inside])


def _signed(top: int) -> np.ndarray:
    """0, 1, ..., top, -top, ..., -1."""
    return np.concatenate([np.arange(top + 1), np.arange(-top, 0)])


def geometric_factor(coords: np.ndarray, axes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    """Sum over sites of exp(2 pi i (hx + ky + lz)) on the whole grid, shape (H, K, L).

    The exponential is a product of one factor an axis: few are evaluated, and the rest is a matrix product.
    """
    along_h, along_k, along_l = (np.exp(2j * np.pi * np.outer(axis, x)) for axis, x in zip(axes, coords.T, strict=True))
    plane = (along_h[:, None] * along_k[None]).reshape(-1, len(coords))
    return (plane @ along_l.T).reshape([len(axis) for axis in axes])
