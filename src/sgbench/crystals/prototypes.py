"""Elemental solids of seven structure types, as many as in the published data set of the fingerprint.

The data set of Ziletti et al., Nature Communications 9, 2775 (2018), holds 10,517 elemental solids of the
AFLOW library in seven classes. This one has the same classes and counts, built from prototypes and from what
is known of the elements: the volume per atom is the molar volume of a solid element (pymatgen) times a random
factor within 0.85 to 1.15, the spread of an element over its polymorphs and of calculated over measured
volumes; axial ratios and free coordinates are uniform within the ranges of :data:`PROTOTYPES`, which enclose
the elements named there (Ashcroft & Mermin, Solid State Physics (1976), chapter 7; Donohue, The Structures of
the Elements (1974)) and stop short of ratios at which the symmetry would be cubic. As published, each crystal
is turned at random; its standard cell, and thus its fingerprint, does not know. That cell is the one that it was
built from, so it brings it along and need not be searched for its symmetry.

After scaling by the neighbour distance, two perfect cubic crystals of one class differ by the form factors of
their elements alone. What sets samples apart is vacancies and displacements.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Element
from scipy.spatial.transform import Rotation

from sgbench.crystals.crystal import SYMPREC_A, Cell, Crystal
from sgbench.crystals.formula import canonical_formula
from sgbench.errors import SgbenchError

VOLUME_FACTOR = (0.85, 1.15)
FEWEST_OF_A_CLASS = 4
A3_PER_ATOM = 1e24 / 6.02214076e23  # of one cm³/mol

_P = ((0, 0, 0),)
_I = ((0, 0, 0), (1 / 2, 1 / 2, 1 / 2))
_F = ((0, 0, 0), (0, 1 / 2, 1 / 2), (1 / 2, 0, 1 / 2), (1 / 2, 1 / 2, 0))
_R = ((0, 0, 0), (2 / 3, 1 / 3, 1 / 3), (1 / 3, 2 / 3, 2 / 3))


@dataclass(frozen=True)
class Prototype:
    """A structure type of one element, in its conventional cell.

    Attributes:
        name: the element or elements that it is known from.
        space_group: international number.
        centring: lattice points of the conventional cell, fractional.
        basis: the atoms at a lattice point as a function of the free coordinate z, fractional.
        hexagonal: whether a and b enclose 120° rather than 90°; a = b in any case.
        axial_ratio: smallest and largest c/a.
        z: smallest and largest free coordinate.
    """

    name: str
    space_group: int
    centring: tuple[tuple[float, float, float], ...]
    basis: Callable[[float], list[tuple[float, float, float]]]
    hexagonal: bool = False
    axial_ratio: tuple[float, float] = (1.0, 1.0)
    z: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class PrototypeClass:
    """One of the seven classes.

    Attributes:
        name: structure and space groups, as the published figures call it.
        count: crystals in the published data set.
        prototypes: its structure types, drawn with equal chance.
    """

    name: str
    count: int
    prototypes: tuple[Prototype, ...]


def _one(z: float) -> list[tuple[float, float, float]]:
    return [(0, 0, 0)]


def _hcp(z: float) -> list[tuple[float, float, float]]:
    return [(1 / 3, 2 / 3, 1 / 4), (2 / 3, 1 / 3, 3 / 4)]


PROTOTYPES = (
    PrototypeClass("bcc(229)", 2601, (Prototype("W", 229, _I, _one),)),
    PrototypeClass(
        "bct(139)",
        221,
        (
            Prototype("Pa 0.825, Hg-β 0.707", 139, _I, _one, axial_ratio=(0.68, 0.88)),
            Prototype("In 1.52", 139, _I, _one, axial_ratio=(1.48, 1.60)),
        ),
    ),
    PrototypeClass(
        "bct(141)",
        842,
        (Prototype("Sn-β 0.546", 141, _I, lambda z: [(0, 0, 0), (0, 1 / 2, 1 / 4)], axial_ratio=(0.50, 0.60)),),
    ),
    PrototypeClass("diamond(227)", 910, (Prototype("C", 227, _F, lambda z: [(0, 0, 0), (1 / 4, 1 / 4, 1 / 4)]),)),
    PrototypeClass("fcc(225)", 2761, (Prototype("Cu", 225, _F, _one),)),
    PrototypeClass(
        "hex/rh(194,166)",
        3178,
        (
            Prototype("Be 1.567 to Cd 1.886", 194, _P, _hcp, True, (1.55, 1.90)),
            Prototype("La-α 3.23", 194, _P, lambda z: [(0, 0, 0), (0, 0, 1 / 2), *_hcp(z)], True, (3.15, 3.35)),
            Prototype("Po-β 0.97", 166, _R, _one, True, (0.90, 1.05)),
            Prototype("Hg-α 1.94", 166, _R, _one, True, (1.80, 2.05)),
            Prototype(
                "As 2.81, Sb 2.62, Bi 2.61",
                166,
                _R,
                lambda z: [(0, 0, z), (0, 0, -z)],
                True,
                (2.55, 2.85),
                (0.226, 0.236),
            ),
            Prototype(
                "Sm-α 7.22",
                166,
                _R,
                lambda z: [(0, 0, 0), (0, 0, z), (0, 0, -z)],
                True,
                (7.10, 7.35),
                (0.220, 0.224),
            ),
        ),
    ),
    PrototypeClass("sc(221)", 4, (Prototype("Po-α", 221, _P, _one),)),
)
"""The classes in the order of their labels, 0 to 6, and of their names. Numbers in a name are the element's own c/a."""

CLASS_OF_SPACE_GROUP = {
    prototype.space_group: label for label, group in enumerate(PROTOTYPES) for prototype in group.prototypes
}
"""Label, 0 to 6, of each space group in the data set."""


def read(divisor: str) -> list[Crystal]:
    """Build the data set, or a part of it: ``10`` is a tenth of each class, "" all; see :func:`elemental_solids`.

    Raises:
        SgbenchError: the divisor is not a whole number above 0.
    """
    if not (divisor or "1").isdecimal():
        raise SgbenchError(f"crystals: prototypes:{divisor}: give a whole number, as in prototypes:10")
    return elemental_solids(0, divisor=int(divisor or "1"))


def elemental_solids(seed: int, *, divisor: int = 1) -> list[Crystal]:
    """Build the data set, class by class.

    A crystal depends on the seed, its class and its place in it alone: a smaller data set holds the first
    crystals of each class of a larger one.

    Args:
        seed: 0 or more.
        divisor: each class has its published count divided by this, rounded down, but at least 4 crystals.

    Returns:
        The crystals, with ids such as ``class4-17``. Their class is
        ``CLASS_OF_SPACE_GROUP[crystal.space_group]``.

    Raises:
        SgbenchError: the divisor is below 1.
    """
    if divisor < 1:
        raise SgbenchError(f"elemental solids: divisor must be 1 or more, not {divisor}")
    elements = _solid_elements()
    return [
        _crystal(group, f"class{label}-{index}", elements, np.random.default_rng([seed, label, index]))
        for label, group in enumerate(PROTOTYPES)
        for index in range(max(FEWEST_OF_A_CLASS, group.count // divisor))
    ]


def _solid_elements() -> list[Element]:
    """List the elements up to uranium that are solid at room temperature and whose molar volume is known."""
    elements = map(Element.from_Z, range(1, 93))
    return [element for element in elements if {"Density of solid", "Molar volume"} <= element.data.keys()]


def _crystal(group: PrototypeClass, identifier: str, elements: list[Element], rng: np.random.Generator) -> Crystal:
    prototype = group.prototypes[rng.integers(len(group.prototypes))]
    element = elements[rng.integers(len(elements))]
    basis = np.array(prototype.basis(rng.uniform(*prototype.z)))
    frac_coords = (np.array(prototype.centring, float)[:, None] + basis).reshape(-1, 3) % 1
    volume = len(frac_coords) * element.data["Molar volume"] * A3_PER_ATOM * rng.uniform(*VOLUME_FACTOR)
    angle = 2 * np.pi / 3 if prototype.hexagonal else np.pi / 2
    c = rng.uniform(*prototype.axial_ratio)
    shape = np.array([[1, 0, 0], [np.cos(angle), np.sin(angle), 0], [0, 0, c]])
    lattice = shape * np.cbrt(volume / np.linalg.det(shape))
    numbers = np.full(len(frac_coords), element.Z)
    # Four normal numbers, made a unit quaternion, turn evenly into every orientation.
    turn = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    return Crystal(
        id=identifier,
        source="prototypes",
        formula=canonical_formula(element.symbol),
        space_group=prototype.space_group,
        lattice=lattice @ turn.T,
        numbers=numbers,
        frac_coords=frac_coords,
        structure_class=group.name,
        standard=Cell(lattice, numbers, frac_coords),
        spacegroup_reported=prototype.space_group,
        confirmed_at_A=SYMPREC_A,
    )
