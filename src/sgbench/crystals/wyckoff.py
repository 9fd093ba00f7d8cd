"""Wyckoff positions, worked out from the operations of a space group, and those that a crystal's atoms are on.

Two points are on one Wyckoff position where the operations that leave them in place are conjugate in the space group
(International Tables A, section 1.4.4). All arithmetic is exact: each position has a site whose coordinates are whole
multiples of 1/16, or 1/12 where axes are hexagonal, and that lies on no position of higher symmetry.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import moyopy
import numpy as np

from sgbench.crystals.crystal import SYMPREC_A, Cell, Crystal, species
from sgbench.errors import SgbenchError

# It warns of cells that break the symmetry of their atoms, which it takes all the same.
logging.getLogger("moyo").setLevel(logging.ERROR)

_HEXAGONAL = range(143, 195)
# The shortest whole vectors first: those that are independent make a basis, in three dimensions, and the directions of
# every space group are this short.
_SHORT = np.array(sorted(product(range(-2, 3), repeat=3), key=lambda v: (sum(x * x for x in v), [-x for x in v])))


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """A Wyckoff position of a space group, in its first setting of spglib's.

    Attributes:
        multiplicity: sites in the conventional cell.
        origin: a site, fractional, shape (3,).
        directions: the free directions through it, fractional, shape (freedom, 3): its sites are
            origin + coordinates @ directions and their images.
        across: whole numbers, shape (3 - freedom, 3): a point is on one of the lines or planes that lattice
            translations make of origin + coordinates @ directions where across @ (point - origin) is whole.
    """

    multiplicity: int
    origin: np.ndarray
    directions: np.ndarray
    across: np.ndarray

    @property
    def freedom(self) -> int:
        """Free coordinates, 0 to 3."""
        return len(self.directions)


@dataclass(frozen=True, slots=True, eq=False)
class Orbits:
    """The atoms of a crystal as orbits under its space group, n of them.

    Attributes:
        positions: of each, its index in :func:`positions`, shape (n,).
        species: of each, see :func:`sgbench.crystals.crystal.species`, shape (n,).
        lattice: of the standard conventional cell, rows, shape (3, 3), Å.
    """

    positions: np.ndarray
    species: np.ndarray
    lattice: np.ndarray


@cache
def operations(space_group: int, primitive: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return rotations, int (K, 3, 3), and translations (K, 3), fractional, of a space group (1 to 230).

    Args:
        space_group: international number.
        primitive: of the primitive cell, not of the conventional one, in the first of spglib's settings.
    """
    found = moyopy.operations_from_number(space_group, setting=moyopy.Setting.spglib(), primitive=primitive)
    return np.array(found.rotations), np.array(found.translations)


@cache
def primitive_axes(space_group: int) -> np.ndarray:
    """Return the vectors of a primitive cell in the conventional one, as columns, shape (3, 3)."""
    settings = map(moyopy.HallSymbolEntry, range(1, 531))
    return np.linalg.inv(next(setting.centering.linear for setting in settings if setting.number == space_group))


def positions(space_group: int) -> tuple[Position, ...]:
    """Return the Wyckoff positions of a space group (1 to 230), those with the fewest sites first, the general last."""
    return _catalogue(space_group)[0]


@cache
def _catalogue(space_group: int) -> tuple[tuple[Position, ...], np.ndarray]:
    """Return the positions, and of each point of the grid, shape (grid, grid, grid), the index of the one it is on."""
    rotations, translations = operations(space_group)
    grid = _grid(space_group)
    points = np.array(list(product(range(grid), repeat=3)))
    # As floating-point numbers, which hold them exactly, they are multiplied much faster.
    moves = points.astype(np.float32) @ (rotations - np.eye(3)).astype(np.float32).swapaxes(1, 2)
    moves += np.rint(translations * grid).astype(np.float32)[:, None]
    stays = (moves % grid == 0).all(axis=2).T
    _, stabilizer = np.unique(np.packbits(stays, axis=1), axis=0, return_inverse=True)
    found: list[Position] = []
    of_point = np.zeros(len(points), int)
    for number in range(stabilizer.max() + 1):
        members = np.flatnonzero(stabilizer == number)
        fixed = stays[members[0]]
        projector = rotations[fixed].mean(axis=0)
        directions, across = _whole_basis(np.eye(3) - projector), _whole_basis(projector.T)
        _, firsts, kinds = np.unique(points[members] @ across.T % grid, axis=0, return_index=True, return_inverse=True)
        for kind, point in enumerate(points[members[firsts]]):
            position = Position(len(rotations) // int(fixed.sum()), point / grid, directions, across)
            known = (at for at, other in enumerate(found) if _same(position, other, rotations, translations))
            at = next(known, len(found))
            found += [position] if at == len(found) else []
            of_point[members[kinds == kind]] = at
    order = sorted(range(len(found)), key=lambda at: (found[at].multiplicity, found[at].freedom, *found[at].origin))
    return tuple(found[at] for at in order), np.argsort(order)[of_point].reshape(grid, grid, grid)


def _grid(space_group: int) -> int:
    return 12 if space_group in _HEXAGONAL else 16


@cache
def permutations(space_group: int) -> np.ndarray:
    """Return what changes of origin and axes make of the positions of a space group.

    They are those of its affine normaliser (International Tables A, section 3.5.2): whatever takes the space group to
    itself, though the cell may become another one. Linear parts of -1, 0 and 1, in primitive axes, do all that others
    do.

    Returns:
        Indices of positions, int (P, n): what position i becomes is in column i, without repeats.
    """
    rotations, translations = operations(space_group)
    grid, (known, of_point) = _grid(space_group), _catalogue(space_group)
    origins = np.rint([place.origin * grid for place in known]).astype(int)
    shifts = np.rint(translations * grid).astype(int) % grid
    centring = shifts[(rotations == np.eye(3)).all(axis=(1, 2))]
    turns, firsts = np.unique(rotations, axis=0, return_index=True)
    shifts = shifts[firsts]
    moved = np.array(list(product(range(0, grid, 2), repeat=3)))
    found = set()
    for linear, becomes in _linear_parts(space_group, turns):
        # (P, t) takes (W, w) to (W', w') where W' = P W P^-1 and w' = P w + t - W' t.
        fits = np.ones(len(moved), bool)
        for shift, at in zip(shifts, becomes, strict=True):
            off = linear @ shift - shifts[at] + moved @ (np.eye(3, dtype=int) - turns[at]).T
            fits &= ((off[:, None] - centring) % grid == 0).all(axis=2).any(axis=1)
        images = (origins @ linear.T + moved[fits][:, None]) % grid
        found |= set(map(tuple, of_point[tuple(np.moveaxis(images, -1, 0))].tolist()))
    return np.array(sorted(found))


def _linear_parts(space_group: int, turns: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the changes of axes that take a space group's lattice and its point group, int (D, 3, 3), to themselves.

    Of those that differ by an operation of the point group only one is there.

    Yields:
        The matrix P and, for each W of the point group, the index of P W P^-1 in it.
    """
    axes = primitive_axes(space_group)
    every, back = (axes @ matrices @ np.linalg.inv(axes) for matrices in _unimodular())
    turned = np.rint(every[:, None] @ turns @ back[:, None]).astype(int).reshape(len(every), len(turns), 9)
    small = (np.abs(turned) <= 1).all(axis=(1, 2)) & (np.abs(every - np.rint(every)) < 1e-6).all(axis=(1, 2))
    # A number for each matrix of -1, 0 and 1.
    digits = 3 ** np.arange(9)
    numbers = {int(number): at for at, number in enumerate(turns.reshape(-1, 9) @ digits)}
    seen: set[bytes] = set()
    for linear, codes in zip(np.rint(every[small]).astype(int), turned[small] @ digits, strict=True):
        becomes = [numbers.get(code, -1) for code in codes.tolist()]
        if min(becomes) >= 0 and linear.tobytes() not in seen:
            seen |= {(turn @ linear).tobytes() for turn in turns}
            yield linear, np.array(becomes)


@cache
def _unimodular() -> tuple[np.ndarray, np.ndarray]:
    """Return the matrices of -1, 0 and 1 whose inverses are whole, and these, int (6960, 3, 3) each."""
    every = np.array(list(product((-1, 0, 1), repeat=9))).reshape(-1, 3, 3)
    every = every[np.abs(np.rint(np.linalg.det(every))) == 1]
    return every, np.rint(np.linalg.inv(every)).astype(int)


def _whole_basis(matrix: np.ndarray) -> np.ndarray:
    """Return a basis of the whole vectors v, shape (n, 3), for which matrix @ v is 0."""
    kernel = _SHORT[(np.abs(_SHORT @ matrix.T) < 1e-6).all(axis=1)]
    basis = kernel[:0]
    for vector in kernel:
        longer = np.vstack([basis, vector])
        # Of the rows' products with each other, which is 0 where they depend on one another.
        if abs(np.linalg.det(longer @ longer.T)) > 0.5:
            basis = longer
        if len(basis) == 3 - np.linalg.matrix_rank(matrix):
            break
    return basis


def _same(one: Position, other: Position, rotations: np.ndarray, translations: np.ndarray) -> bool:
    """Say whether an operation brings one position onto another."""
    if (one.multiplicity, one.freedom) != (other.multiplicity, other.freedom):
        return False
    images = rotations @ one.origin + translations
    turned = one.directions @ rotations.swapaxes(1, 2)
    offset = (images - other.origin) @ other.across.T
    along = (turned @ other.across.T == 0).all(axis=(1, 2))
    return bool((along & (np.abs(offset - np.rint(offset)) < 1e-6).all(axis=1)).any())


def orbits_of(crystal: Crystal) -> Orbits:
    """Return the orbits of a crystal's atoms.

    Raises:
        SgbenchError: no symmetry is found at :data:`sgbench.crystals.crystal.SYMPREC_A`, or another space group.
    """
    # The standard cell, where it is known, has the symmetry exactly.
    standard = crystal.standard
    cell = standard if standard is not None and len(standard.numbers) else Cell.of(crystal)
    found = analysed(cell, crystal.space_group)
    rotations, translations = operations(crystal.space_group)
    known = positions(crystal.space_group)
    _, first, sizes = np.unique(found.orbits, return_index=True, return_counts=True)
    # From the cell that is given to the standard one, where the positions are known.
    sites = (np.asarray(cell.frac_coords, float)[first] - found.std_origin_shift) @ np.linalg.inv(found.std_linear).T
    sizes = sizes * len(found.std_cell.numbers) // len(cell.numbers)
    places = []
    for site, size in zip(sites, sizes, strict=True):
        images = rotations @ site + translations
        candidates = [at for at, place in enumerate(known) if place.multiplicity == size]
        if not candidates:
            raise SgbenchError("the atoms are no orbits of the space group")
        places.append(min(candidates, key=lambda at: _off(images, known[at])))
    kinds = species(cell.numbers, cell.isotopes)[first]
    return Orbits(np.array(places), kinds, np.array(found.std_cell.basis))


def _off(images: np.ndarray, place: Position) -> float:
    """Return how far the nearest of images (K, 3) is from a position's line or plane, in spacings of lattice planes."""
    offset = (images - place.origin) @ place.across.T
    return float(np.abs(offset - np.rint(offset)).max(axis=1, initial=0).min())


def analysed(cell: Cell, space_group: int) -> moyopy.MoyoDataset:
    """Return what moyopy finds of a cell at :data:`sgbench.crystals.crystal.SYMPREC_A`, in spglib's first settings.

    Raises:
        SgbenchError: it finds nothing, or another space group than this one.
    """
    numbers = species(cell.numbers, cell.isotopes).tolist()
    given = moyopy.Cell(np.asarray(cell.lattice, float).tolist(), np.asarray(cell.frac_coords, float).tolist(), numbers)
    try:
        found = moyopy.MoyoDataset(given, symprec=SYMPREC_A, setting=moyopy.Setting.spglib())
    except ValueError as error:
        raise SgbenchError(f"no symmetry is found: {error}") from None
    if found.number != space_group:
        raise SgbenchError(f"the atoms give the space group {found.number}, not {space_group}")
    return found
