"""All atoms of the cell, from the sites of the asymmetric unit and the operations of the space group."""

from dataclasses import dataclass

import numpy as np

from sgbench.crystals.settings import Setting
from sgbench.crystals.sites import Sites
from sgbench.errors import SgbenchError

#: How far a site may be from the symmetry element that it lies on, Å: thirds rounded to 0.33, not another crystal.
OFF_AT_MOST_A = 0.1
_SAME_A = 1e-3


@dataclass(frozen=True, slots=True)
class Atoms:
    """Atoms of a whole cell, N of them, exactly as symmetric as the operations.

    Attributes:
        lattice: lattice vectors as rows, shape (3, 3), Å.
        coords: fractional coordinates in [0, 1), shape (N, 3).
        site: which site each atom is of, shape (N,).
        moved_A: how far the farthest site was moved onto its symmetry element, and the cell's corners with it, Å.
    """

    lattice: np.ndarray
    coords: np.ndarray
    site: np.ndarray
    moved_A: float


def expand(sites: Sites, metric: np.ndarray, setting: Setting) -> Atoms:
    """Apply the operations of a setting to sites.

    A site within :data:`OFF_AT_MOST_A` of a symmetry element is moved onto it: two atoms of one site are never that
    close.

    Args:
        sites: of the block.
        metric: tensor of its cell, Å², shape (3, 3).
        setting: the operations.

    Raises:
        SgbenchError: the cell does not fit the operations, or a site lies neither on a symmetry element nor off it.
    """
    if not setting.fits(metric):
        raise SgbenchError("the cell does not fit the symmetry operations")
    rotations, translations = setting.rotations, setting.translations
    symmetric = (rotations.transpose(0, 2, 1) @ metric @ rotations).mean(0)
    lattice = np.linalg.cholesky(symmetric)
    moved = float(np.linalg.norm(lattice - np.linalg.cholesky(metric), axis=1).max())
    coords, origin = [], []
    for index, (label, place) in enumerate(zip(sites.labels, sites.coords, strict=True)):
        orbit, shift = _orbit(label, place, rotations, translations, lattice)
        moved = max(moved, shift)
        coords.append(orbit)
        origin += [index] * len(orbit)
    return Atoms(lattice, np.concatenate(coords), np.array(origin), moved)


def _orbit(
    label: str, place: np.ndarray, rotations: np.ndarray, translations: np.ndarray, lattice: np.ndarray
) -> tuple[np.ndarray, float]:
    """Atoms (M, 3) of one site, moved onto its symmetry element, and how far, Å."""
    moved = place
    # Near the crossing of several elements, the first move may show more of them.
    for _ in range(4):
        images, near = _images(moved, rotations, translations, lattice, 2 * OFF_AT_MOST_A)
        if len(near) == 1:
            return images % 1, float(np.linalg.norm((moved - place) @ lattice))
        moved = moved + near.mean(0)
    images, near = _images(moved, rotations, translations, lattice, 2 * OFF_AT_MOST_A)
    shift = float(np.linalg.norm((moved - place) @ lattice))
    if shift > OFF_AT_MOST_A or np.linalg.norm(near @ lattice, axis=1).max() > _SAME_A:
        raise SgbenchError(f"site {label} lies neither on a symmetry element nor off it")
    images %= 1
    between = images[:, None] - images
    between -= np.rint(between)
    same = np.linalg.norm(between @ lattice, axis=2) < _SAME_A
    # The first of each set of images that are one atom.
    atoms = images[same.argmax(axis=1) == np.arange(len(images))]
    if len(atoms) * len(near) != len(images):
        raise SgbenchError(f"site {label} lies neither on a symmetry element nor off it")
    return atoms, shift


def _images(
    place: np.ndarray, rotations: np.ndarray, translations: np.ndarray, lattice: np.ndarray, within: float
) -> tuple[np.ndarray, np.ndarray]:
    """Images (K, 3) of a place, and how far those that are nearer than ``within`` Å are from it, fractional."""
    images = rotations @ place + translations
    offset = images - place
    offset -= np.rint(offset)
    return images, offset[np.linalg.norm(offset @ lattice, axis=1) < within]
