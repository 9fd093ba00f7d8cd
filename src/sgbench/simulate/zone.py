"""A crystal seen along the normals of its strongest reflections, in slices that repeat.

The beam runs along a reciprocal lattice vector g, and slices are as thick as the lattice spacing d = 1/|g|, or a whole
fraction of it. So cut, a crystal repeats exactly, whatever g and the crystal system are: lattice vectors normal to g
span a plane lattice, in which every slice is periodic, and one more lattice vector leads from one period of slices to
the next, with a shift within the plane.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd

import numpy as np

from sgbench.crystals.crystal import Cell
from sgbench.simulate import kirkland

_COPPER_K_ALPHA_A = 1.54184
_SAME_SPACING = 1e-4  # relative; the reflections of one form differ by rounding alone
_SAME_SITE_A = 0.02  # sites that centring takes this close to each other are one
_THIRD = 1 / 3

#: Primitive lattice vectors, as rows in the axes of the conventional cell, of the centred lattices; P is the rest.
_CENTRED = {
    "F": [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]],
    "I": [[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]],
    "A": [[1, 0, 0], [0, 0.5, -0.5], [0, 0.5, 0.5]],
    "B": [[0.5, 0, -0.5], [0, 1, 0], [0.5, 0, 0.5]],
    "C": [[0.5, -0.5, 0], [0.5, 0.5, 0], [0, 0, 1]],
    "R": [[2 * _THIRD, _THIRD, _THIRD], [-_THIRD, _THIRD, _THIRD], [-_THIRD, -2 * _THIRD, _THIRD]],
}


@dataclass(frozen=True, eq=False)
class Slice:
    """The atoms of one slice.

    Attributes:
        numbers: atomic numbers, shape (S,).
        xy: places in the plane, Å, shape (S, 2).
    """

    numbers: np.ndarray
    xy: np.ndarray


@dataclass(frozen=True, eq=False)
class Zone:
    """A crystal as the beam meets it, in the frame of the detector: the beam runs along z.

    Attributes:
        hkl: Miller indices of the reflection whose normal is the beam's direction, in the conventional cell.
        uvw: the lattice direction along y, in the same axes: the shortest translation normal to the beam.
        spacing: lattice spacing d of the reflection, Å.
        plane: two translations that span the plane lattice, as rows, Å, shape (2, 2).
        slices: one period of slices, in the order in which the beam meets them.
        thickness: of a slice, Å.
        shift: how far one period of slices is shifted against the one before, Å, shape (2,).
        weight: share of an atom that each site of a slice stands for: centred cells list each atom several times.
    """

    hkl: np.ndarray
    uvw: np.ndarray
    spacing: float
    plane: np.ndarray
    slices: tuple[Slice, ...]
    thickness: float
    shift: np.ndarray
    weight: float


def zones(cell: Cell, count: int, spacings: Sequence[float], slices_per_spacing: int = 1) -> list[Zone]:
    """Look at a crystal along the normals of its strongest reflections.

    Args:
        cell: its standard conventional cell.
        count: how many reflections.
        spacings: least and largest lattice spacing, exclusive, Å.
        slices_per_spacing: slices in one lattice spacing.

    Returns:
        ``count`` zones, that of the strongest reflection first; fewer where there are fewer reflections.
    """
    primitive = _primitive(cell)
    return [zone(cell, primitive, hkl, slices_per_spacing) for hkl in strongest(cell, spacings)[:count]]


def strongest(cell: Cell, spacings: Sequence[float]) -> np.ndarray:
    """List reflections by their kinematic intensity in a powder pattern, X-rays of Cu Kα; one of each spacing.

    Intensity = multiplicity x |F|² x Lorentz and polarisation factor (1 + cos² 2θ) / (sin² θ cos θ). Of reflections
    with the same spacing, that with the largest |F|² and then the largest h, k, l stands for all.

    Args:
        cell: the conventional cell.
        spacings: least and largest lattice spacing, exclusive, Å.

    Returns:
        Miller indices, strongest first, shape (R, 3).
    """
    reciprocal = np.linalg.inv(cell.lattice)  # columns
    most = np.floor(np.linalg.norm(cell.lattice, axis=1) / spacings[0]).astype(int)
    hkl = np.array(list(product(*(range(n, -n - 1, -1) for n in most))))
    # Friedel's law: -h, -k, -l is as strong as h, k, l. The first half of the list ends at 0, 0, 0.
    hkl = hkl[: len(hkl) // 2]
    length = np.linalg.norm(hkl @ reciprocal.T, axis=1)
    inside = (length > 1 / spacings[1]) & (length < 1 / spacings[0])
    order = np.argsort(length[inside], kind="stable")
    hkl, length = hkl[inside][order], length[inside][order]
    if not len(hkl):
        return hkl

    elements, species = np.unique(cell.numbers, return_inverse=True)
    waves = np.exp(-2j * np.pi * hkl @ cell.frac_coords.T)
    structure = np.stack([waves[:, species == kind].sum(1) for kind in range(len(elements))])
    square = np.abs((kirkland.xray(elements, length) * structure).sum(0)) ** 2
    sine = _COPPER_K_ALPHA_A / 2 * length
    factor = (1 + (1 - 2 * sine**2) ** 2) / (sine**2 * np.sqrt(1 - sine**2))

    starts = np.flatnonzero(np.diff(length, prepend=0) > _SAME_SPACING * length)
    intensity = np.add.reduceat(square * factor, starts)
    chosen = []
    for start, stop in zip(starts, [*starts[1:], len(hkl)], strict=True):
        candidates = square[start:stop] >= (1 - 1e-3) * square[start:stop].max()
        chosen.append(max(hkl[start:stop][candidates].tolist()))
    present = np.flatnonzero(intensity > 1e-6 * intensity.max())  # absences cancel only nearly
    return np.array(chosen)[present[np.argsort(-intensity[present], kind="stable")]]


def zone(cell: Cell, primitive: np.ndarray, hkl: np.ndarray, slices_per_spacing: int = 1) -> Zone:
    """Cut a crystal into slices along the normal of a reflection.

    The cuts lie midway in the widest gap between planes of atoms, so that rounding moves no atom to another slice.

    Args:
        cell: the conventional cell.
        primitive: its primitive lattice vectors as rows, in the axes of the cell, shape (3, 3).
        hkl: the reflection.
        slices_per_spacing: slices in one lattice spacing.
    """
    g = np.linalg.inv(cell.lattice) @ hkl
    spacing = 1 / np.linalg.norm(g)
    normal = g * spacing
    indices = np.rint(primitive @ hkl).astype(int)
    order = gcd(*indices)
    first, second, across = (basis @ primitive @ cell.lattice for basis in _lattice_basis(indices // order))
    first, second = _reduced(first, second)

    shortest = [i * first + j * second for i, j in product((-1, 0, 1), repeat=2) if (i, j) != (0, 0)]
    lengths = np.linalg.norm(shortest, axis=1)
    uvw = np.array(shortest)[lengths < (1 + _SAME_SPACING) * lengths.min()] @ np.linalg.inv(cell.lattice)
    uvw = max(uvw.round(6).tolist())
    y = uvw @ cell.lattice
    y /= np.linalg.norm(y)
    frame = np.stack([np.cross(y, normal), y], axis=1)  # columns x and y

    thickness = spacing / slices_per_spacing
    places = cell.frac_coords @ cell.lattice
    height = places @ normal / thickness
    index = np.floor(height - _widest_gap(height)).astype(int)
    period, index = np.divmod(index, order * slices_per_spacing)
    xy = (places - period[:, None] * across) @ frame
    return Zone(
        hkl=np.asarray(hkl),
        uvw=np.array(uvw),
        spacing=float(spacing),
        plane=np.stack([first, second]) @ frame,
        slices=tuple(
            Slice(cell.numbers[index == layer], xy[index == layer]) for layer in range(order * slices_per_spacing)
        ),
        thickness=float(thickness),
        shift=across @ frame,
        weight=float(abs(np.linalg.det(primitive))),
    )


def _primitive(cell: Cell) -> np.ndarray:
    """Find the centring of a conventional cell, and return its primitive lattice vectors in the axes of the cell."""
    for vectors in map(np.array, _CENTRED.values()):
        if all(_repeats(cell, vector) for vector in vectors):
            return vectors
    return np.eye(3)


def _repeats(cell: Cell, vector: np.ndarray) -> bool:
    """Whether a translation takes every atom to one of its kind."""
    for number in np.unique(cell.numbers):
        sites = cell.frac_coords[cell.numbers == number]
        apart = sites[:, None] + vector - sites
        apart -= np.rint(apart)
        if (np.linalg.norm(apart @ cell.lattice, axis=2).min(1) > _SAME_SITE_A).any():
            return False
    return True


def _lattice_basis(indices: np.ndarray) -> np.ndarray:
    """Integer vectors that span the lattice: two normal to the coprime ``indices``, and one with product 1; rows."""
    h, k, el = map(int, indices)
    common, x, y = _bezout(h, k)
    if not common:
        return np.array([[1, 0, 0], [0, 1, 0], [0, 0, el]])
    _, p, q = _bezout(common, el)
    return np.array([[k // common, -h // common, 0], [-x * el, -y * el, common], [p * x, p * y, q]])


def _bezout(a: int, b: int) -> tuple[int, int, int]:
    """Return d, x, y with d = a x + b y the greatest common divisor, 0 or more."""
    if not b:
        return abs(a), (a > 0) - (a < 0), 0
    common, x, y = _bezout(b, a % b)
    return common, y, x - a // b * y


def _reduced(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Reduce the basis of a plane lattice to its shortest vectors (Lagrange and Gauss)."""
    while True:
        if first @ first > second @ second:
            first, second = second, first
        steps = first @ second / (first @ first)
        if abs(steps) < 0.5 + 1e-6:  # exactly a half in a hexagonal lattice, where rounding would go on for ever
            return first, second
        second = second - np.rint(steps) * first


def _widest_gap(heights: np.ndarray) -> float:
    """Return the middle of the widest gap between numbers taken modulo 1; the first of equally wide ones."""
    places = np.sort(heights % 1)
    gaps = np.diff(places, append=places[0] + 1)
    widest = int(np.argmax(gaps > gaps.max() - 1e-6))
    return float(places[widest] + gaps[widest] / 2)
