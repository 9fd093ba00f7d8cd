"""Physical over-sampling: the crystals of a small class, simulated again under other conditions.

No pixel is mixed: a crystal is changed as its relatives and specimens differ, in ways that keep its space group, and
its pattern is computed anew. In every modality

- the lattice is strained as the point group allows (Neumann's principle), as by temperature, pressure or composition;
- elements are replaced by others of their column of the periodic table that occur in the training crystals, distinct
  ones by distinct ones, and the cell grows or shrinks with the volume of the atoms (radii of Slater, J. Chem. Phys.
  41, 3199, 1964). spglib must find the space group that it finds without the change, or another change is drawn;

and, by what is measured,

- powder: preferred orientation (Dollase 1986), and peaks as another instrument of the kind broadens them;
- fingerprint: any other orientation where the modality turns its crystals, else a slight tilt.

A module of :mod:`sgbench.simulate` that is not named here has its crystals changed, and its conditions left alone.
"""

import importlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import spglib
from pymatgen.core import Element
from scipy.spatial.transform import Rotation

from sgbench.balance.plan import Made, Target, raised, with_generated
from sgbench.crystals import SYMPREC_A, Cell, Crystal
from sgbench.neighbours import Images
from sgbench.seeds import generator
from sgbench.simulate import settings_of

logger = logging.getLogger(__name__)

_ATTEMPTS = 8


@dataclass(frozen=True)
class Settings:
    """Settings of physical over-sampling.

    Attributes:
        target: the size to come up to; see :func:`sgbench.balance.plan.target_sizes`.
        cap: a class grows to at most this many times its samples, 1 or more; None sets no limit.
        strain: standard deviation of the components of the strain tensor, 0 to 0.05.
        substitution: share of the items whose elements are replaced, 0 to 1.
        march: range of the March parameter of a powder's preferred orientation; 1 is none.
        width: range of the factor on the width of a powder's peaks; lines without width stay so.
        tilt_deg: largest tilt of a crystal before its fingerprint is taken, degrees, 0 to 180.
    """

    target: Target = "largest"
    cap: float | None = None
    strain: float = 0.01
    substitution: float = 0.5
    march: tuple[float, float] = (0.8, 1.2)
    width: tuple[float, float] = (0.9, 1.1)
    tilt_deg: float = 5.0


#: Gives the crystals of positions in a table of samples.
Crystals = Callable[[np.ndarray], list[Crystal]]


def generate(
    rows: pd.DataFrame,
    settings: Settings,
    seed: int,
    images: Images,
    crystals: Crystals,
    made_by: Mapping[str, Any],
) -> Iterator[Made]:
    """Simulate the crystals of each class below its target again, each equally often, to within one.

    A crystal that has no pattern under what was drawn gets another draw, and none after the eighth.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the draws.
        images: not used; the method needs no pixels.
        crystals: gives the crystals, with their standard cells, of positions in ``rows``.
        made_by: how the store of the real images was made.

    Yields:
        The images one by one, with the crystal's sample as the parent.
    """
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    elements = {int(number) for crystal in crystals(np.arange(len(rows))) for number in set(crystal.numbers)}
    for label, size in raised(rows, settings.target, settings.cap).items():
        members = np.flatnonzero(labels == label)
        order = generator(seed, "physics", label).permutation(len(members))
        parents = {
            at: (crystal, *symmetry(crystal.standard)) for at, crystal in zip(members, crystals(members), strict=True)
        }
        failed = 0
        for number, parent in enumerate(np.resize(members[order], size - len(members)).tolist()):
            rng = generator(seed, "physics", label, number)
            made = _again(*parents[parent], settings, elements, made_by, rng)
            if made is None:
                failed += 1
            else:
                yield Made(label, ids[parent], *made)
        if failed:
            logger.info("class %d: %d items have no pattern under any of %d draws", label, failed, _ATTEMPTS)


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images, generated: pd.DataFrame) -> pd.DataFrame:
    """Return a plan of all ``rows`` and the generated items; see :func:`sgbench.balance.plan.with_generated`."""
    return with_generated(rows, generated, raised(rows, settings.target, settings.cap))


def vary(
    crystal: Crystal, rotations: np.ndarray, settings: Settings, elements: set[int], rng: np.random.Generator
) -> tuple[Crystal, dict[str, Any]]:
    """Strain a crystal and replace its elements; its space group stays.

    Args:
        crystal: a crystal with its standard cell.
        rotations: the point group of that, (n, 3, 3), Cartesian.
        settings: how far.
        elements: atomic numbers that may come in.
        rng: source of random numbers.

    Returns:
        The crystal, given by its standard cell alone, and what was drawn: strain (xx, yy, zz, yz, xz, xy) and elements
        (those that changed, ``Na>K Cl>Br``).
    """
    cell = crystal.standard
    draw = rng.normal(0, settings.strain, (3, 3))
    strain = (rotations @ ((draw + draw.T) / 2) @ rotations.swapaxes(1, 2)).mean(axis=0)
    swaps = substitution(set(cell.numbers.tolist()), elements, rng) if rng.random() < settings.substitution else {}
    numbers = np.array([swaps.get(number, number) for number in cell.numbers.tolist()])
    growth = np.cbrt(_volume(numbers) / _volume(cell.numbers)) if swaps else 1.0
    changed = Cell(cell.lattice @ (np.eye(3) + strain) * growth, numbers, cell.frac_coords)
    symbols = " ".join(f"{_symbol(old)}>{_symbol(new)}" for old, new in sorted(swaps.items()))
    drawn = {"strain": [round(float(strain[at]), 6) for at in zip(*_VOIGT, strict=True)], "elements": symbols}
    return replace(crystal, **changed._asdict(), standard=changed), drawn


def substitution(present: set[int], allowed: set[int], rng: np.random.Generator) -> dict[int, int]:
    """Draw what the elements of a crystal are replaced by: each by one of its column, no two by the same.

    Args:
        present: atomic numbers in the crystal.
        allowed: atomic numbers that may come in; those of ``present`` may as well.
        rng: source of random numbers.

    Returns:
        The new number of each that changes. Hydrogen, and elements without a radius, stay.
    """
    swaps: dict[int, int] = {}
    columns: dict[int, list[int]] = {}
    for number in sorted(present):
        columns.setdefault(_column(number), []).append(number)
    for column, members in columns.items():
        choice = sorted(number for number in allowed | present if _column(number) == column)
        drawn = rng.choice(choice, len(members), replace=False).tolist() if column else members
        swaps.update({old: new for old, new in zip(members, drawn, strict=True) if old != new})
    return swaps


_VOIGT = (0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1)


def _again(
    crystal: Crystal,
    group: int,
    rotations: np.ndarray,
    settings: Settings,
    elements: set[int],
    made_by: Mapping[str, Any],
    rng: np.random.Generator,
) -> tuple[dict[str, Any], np.ndarray] | None:
    """Draw until a changed crystal keeps its space group and has a pattern; return the draw and the pattern."""
    kind = made_by["simulate"]
    simulator = importlib.import_module(f"sgbench.simulate.{kind}")
    for _ in range(_ATTEMPTS):
        changed, drawn = vary(crystal, rotations, settings, elements, rng)
        if symmetry(changed.standard)[0] != group:
            continue
        condition = _CONDITIONS.get(kind, _unchanged)
        changed, measured, more, options = condition(changed, settings_of(made_by), settings, rng)
        image = simulator.simulate(changed, measured, int(rng.integers(2**62)), **options)
        if not isinstance(image, str):
            return drawn | more, image
    return None


def symmetry(cell: Cell) -> tuple[int, np.ndarray]:
    """Return the number of the space group that spglib finds at 0.01 Å, and its point group, (n, 3, 3), Cartesian.

    Where it finds none, that is 0 and the identity.
    """
    try:
        found = spglib.get_symmetry_dataset((cell.lattice, cell.frac_coords, cell.numbers), symprec=SYMPREC_A)
    except spglib.error.SpglibError:
        found = None
    if found is None:
        return 0, np.eye(3)[None]
    return found.number, cell.lattice.T @ found.rotations @ np.linalg.inv(cell.lattice.T)


# What a condition returns: crystal, simulator's settings, what was drawn, further arguments of the simulator.
Condition = tuple[Crystal, Any, dict[str, Any], dict[str, Any]]


def _powder(crystal: Crystal, measured: Any, settings: Settings, rng: np.random.Generator) -> Condition:
    from sgbench.simulate.powder import RESOLUTIONS, Distortion

    march, width = float(rng.uniform(*settings.march)), float(rng.uniform(*settings.width))
    if measured.resolution == "none":
        width = 1.0
    elif width != 1:
        own = measured.resolution
        caglioti = RESOLUTIONS[own] if isinstance(own, str) else own
        measured = replace(measured, resolution=tuple(width**2 * value for value in caglioti))
    drawn = {"march": round(march, 6), "width": round(width, 6)}
    return crystal, measured, drawn, {"distortion": Distortion(march=(march, march))}


def _fingerprint(crystal: Crystal, measured: Any, settings: Settings, rng: np.random.Generator) -> Condition:
    if measured.rotate:
        return crystal, measured, {}, {}
    axis, angle = rng.normal(size=3), float(rng.uniform(0, settings.tilt_deg))
    turn = Rotation.from_rotvec(angle * axis / np.linalg.norm(axis), degrees=True).as_matrix()
    tilted = crystal.standard._replace(lattice=crystal.standard.lattice @ turn.T)
    return replace(crystal, standard=tilted), measured, {"tilt_deg": round(angle, 6)}, {}


def _unchanged(crystal: Crystal, measured: Any, settings: Settings, rng: np.random.Generator) -> Condition:
    return crystal, measured, {}, {}


_CONDITIONS = {"powder": _powder, "fingerprint": _fingerprint}


def _column(number: int) -> int:
    """Return an element's column of the periodic table, 0 where it may not be replaced."""
    return 0 if number == 1 or _radius(number) is None else Element.from_Z(number).group


def _radius(number: int) -> float | None:
    radius = Element.from_Z(number).data.get("Atomic radius")
    return radius if isinstance(radius, float) else None


def _symbol(number: int) -> str:
    return Element.from_Z(number).symbol


def _volume(numbers: np.ndarray) -> float:
    """Return the sum of the cubes of the atomic radii, Å³; an element without one counts as 1 Å."""
    return sum((_radius(number) or 1.0) ** 3 for number in numbers.tolist())
