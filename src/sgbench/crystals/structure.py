"""The crystal of a CIF block, with what the block declares checked against what is built.

The space group is checked against the one that spglib finds, formula and Z against the atoms, the volume against the
cell, and the atoms against each other.
"""

import math
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import numpy as np

from sgbench.crystals.blocks import Block
from sgbench.crystals.confirm import OtherGroupError, confirmed, found_alone, named
from sgbench.crystals.content import Content, check_content, content_of
from sgbench.crystals.crystal import LOOSE_A, SYMPREC_A, Crystal
from sgbench.crystals.expand import Atoms, expand
from sgbench.crystals.formula import formula_of, symbols
from sgbench.crystals.possible import closest, fault_of_volume
from sgbench.crystals.settings import (
    HALL,
    HERMANN_MAUGUIN,
    NUMBER,
    OPERATIONS,
    Declaration,
    Setting,
    declaration,
)
from sgbench.crystals.sites import LABEL, Sites, number, sites_of
from sgbench.crystals.symmetry import symbol
from sgbench.errors import SgbenchError

_LENGTHS = [(f"_cell_length_{edge}", f"_cell.length_{edge}") for edge in "abc"]
_ANGLES = [(f"_cell_angle_{angle}", f"_cell.angle_{angle}") for angle in ("alpha", "beta", "gamma")]
_VOLUME = ("_cell_volume", "_cell.volume")
_MODULATED = (
    "_cell_modulation_dimension",
    "_cell.modulation_dimension",
    *(f"_space_group{dot}ssg_name{of}" for dot in "_." for of in ("", "_IT", "_WJJ")),
    "_space_group_symop_ssg_operation_algebraic",
    "_space_group_symop_ssg.operation_algebraic",
)
_MAGNETIC = (
    "_space_group_symop_magn_operation_xyz",
    "_space_group_symop_magn_operation.xyz",
    "_space_group_magn_number_BNS",
    "_space_group_magn.number_BNS",
    "_parent_space_group_IT_number",
    "_parent_space_group.IT_number",
)
_SYMMETRY = (*HERMANN_MAUGUIN, *NUMBER, *HALL, *OPERATIONS)

_EQUAL_VOLUMES = 0.02
_SAME_PLACE_A = 0.01
_SAME_ATOMS_A = 0.05


def crystal_of(block: Block, name: str, source: str) -> Crystal:
    """Build the crystal of a block.

    Args:
        block: the block.
        name: the crystal's id.
        source: where it is from.

    Raises:
        SgbenchError: it is none, or cannot be told from another, or is not what the block declares.
    """
    with block.at(*_MODULATED):
        if block.values(*_MODULATED) not in ([], ["0"]):
            raise SgbenchError("the structure is modulated")
    with block.at(*_LENGTHS[0]):
        metric = _metric(block)
    with block.at(*_SYMMETRY):
        declared = declaration(block, metric)
        if not declared.number and block.values(*_MAGNETIC):
            raise SgbenchError("states the space group of the magnetic structure only")
    content = content_of(block)
    with block.at(*LABEL):
        sites = sites_of(block, content.formula)
    with block.at(*_SYMMETRY):
        if not (declared.number or (content.formula and content.units)):
            raise SgbenchError("states no symmetry, nor by formula and Z how many atoms the cell has")
        return replace(_only(sites, metric, declared, content), id=name, source=source)


def _metric(block: Block) -> np.ndarray:
    """Metric tensor of the cell, Å², shape (3, 3)."""
    lengths = [_known(block, tags) for tags in _LENGTHS]
    # The dictionary of CIF gives angles that are left out on purpose, with a dot, as 90 degrees.
    angles = [90.0 if list(block.cif.find_values(tags[0])) == ["."] else _known(block, tags) for tags in _ANGLES]
    cosines = np.cos(np.radians(angles))
    shape = np.array([[1, cosines[2], cosines[1]], [cosines[2], 1, cosines[0]], [cosines[1], cosines[0], 1]])
    shape[np.abs(shape) < 1e-12] = 0
    if not (min(lengths) > 0 and all(0 < angle < 180 for angle in angles) and np.linalg.det(shape) > 1e-4):
        raise SgbenchError("the cell has no volume")
    metric = shape * np.outer(lengths, lengths)
    stated = number(block.value(*_VOLUME) or "")
    volume = math.sqrt(np.linalg.det(metric))
    if stated and abs(volume / stated - 1) > _EQUAL_VOLUMES:
        raise SgbenchError(f"declares a cell of {stated:g} Å³, but its edges and angles give {volume:.4g} Å³")
    return metric


def _known(block: Block, tags: tuple[str, ...]) -> float:
    texts = block.values(*tags)
    if not texts:
        raise SgbenchError(f"{tags[0]} is not given")
    values = [number(text) for text in texts]
    if None in values:
        raise SgbenchError(f"{tags[0]} is no number: {texts[values.index(None)]}")
    if len(set(values)) > 1:
        raise SgbenchError(f"{tags[0]} is given twice, as {' and '.join(texts)}")
    return values[0]


def _only(sites: Sites, metric: np.ndarray, declared: Declaration, content: Content) -> Crystal:
    """Return the one crystal that the block can mean.

    Raises:
        SgbenchError: it can mean none, or several.
    """
    built, reasons = [], []
    doubtful: list[Setting] = []
    for setting in declared.settings:
        try:
            built.append((setting, _built(sites, metric, setting, declared.number, content)))
        except SgbenchError as reason:
            reasons.append(str(reason))
            doubtful += [setting] * isinstance(reason, OtherGroupError)
    if not built:
        reason = " or ".join(dict.fromkeys(reasons))
        listed = declared.settings[0]
        if declared.number and listed.is_primitive and symbol(declared.number)[0] not in "PR":
            reason = f"{named(declared.number)} is centred, which its operations are not: {reason}"
        raise SgbenchError(reason)
    # Where the axes are left open, a file may mean the ones on which it states the wrong group.
    if doubtful:
        sources = f"{built[0][0].source} and {doubtful[0].source}"
        raise SgbenchError(
            f"{sources} give different crystals, both possible, but the second not of the group declared"
        )
    if declared.rival:
        with suppress(SgbenchError):
            built.append((declared.rival, _built(sites, metric, declared.rival, declared.number, content)))
    for setting, other in built[1:]:
        if not _is_same(built[0][1], other):
            raise SgbenchError(f"{built[0][0].source} and {setting.source} give different crystals, both possible")
    return built[0][1]


def _built(sites: Sites, metric: np.ndarray, setting: Setting, declared: int, content: Content) -> Crystal:
    """Return the crystal that the sites are in one setting, without id and source, once it is checked."""
    atoms = expand(sites, metric, setting)
    _check_multiplicities(sites, atoms, setting)
    if content.formula:
        atoms = _without_repeats(sites, atoms)
    numbers, isotopes = sites.numbers[atoms.site], sites.isotopes[atoms.site]
    masses = isotopes if isotopes.any() else None
    check_content(Counter(symbols(numbers, masses)), abs(np.linalg.det(atoms.lattice)), content)
    if reason := fault_of_volume(atoms.lattice, len(numbers)):
        raise SgbenchError(reason)
    if crowded := closest(atoms.lattice, numbers, atoms.coords):
        one, other, distance = crowded
        first, second = sites.labels[atoms.site[one]], sites.labels[atoms.site[other]]
        pair = f"two atoms {first}" if first == second else f"{first} and {second}"
        raise SgbenchError(f"{pair} are {distance:.2f} Å apart, which is too close")
    crystal = Crystal(
        id="",
        source="",
        formula=formula_of(numbers, masses),
        space_group=declared,
        lattice=atoms.lattice,
        numbers=numbers,
        frac_coords=atoms.coords,
        isotopes=masses,
        spacegroup_reported=declared,
    )
    # P1 is what programs write that leave symmetry out.
    if declared <= 1:
        return found_alone(crystal, 0.5 * 10.0**-sites.decimals * math.sqrt(np.diag(metric).max()))
    known = confirmed(crystal)
    return known if atoms.moved_A <= SYMPREC_A else replace(known, confirmed_at_A=LOOSE_A)


def _check_multiplicities(sites: Sites, atoms: Atoms, setting: Setting) -> None:
    """Raise SgbenchError where a site stands for another number of atoms than the block says."""
    for site, (said, count) in enumerate(zip(sites.multiplicities, np.bincount(atoms.site), strict=True)):
        order = len(setting.rotations) // count
        if said and said not in (count, order):
            both = f"multiplicity {said}, but the operations make {count} atoms of it"
            raise SgbenchError(f"site {sites.labels[site]} has {both}")


def _without_repeats(sites: Sites, atoms: Atoms) -> Atoms:
    """Leave out sites that repeat another of the same element; whether that is right, the formula says."""
    while True:
        numbers = sites.numbers[atoms.site]
        pair = closest(atoms.lattice, numbers, atoms.coords)
        if pair is None or pair[2] > _SAME_PLACE_A:
            return atoms
        one, other = atoms.site[pair[0]], atoms.site[pair[1]]
        alike = sites.numbers[one] == sites.numbers[other] and sites.isotopes[one] == sites.isotopes[other]
        if one == other or not alike:
            return atoms
        kept = atoms.site != max(one, other)
        atoms = replace(atoms, coords=atoms.coords[kept], site=atoms.site[kept])


def _is_same(one: Crystal, other: Crystal) -> bool:
    if one.numbers.size != other.numbers.size or one.space_group != other.space_group:
        return False
    between = one.frac_coords[:, None] - other.frac_coords
    between -= np.rint(between)
    near = np.linalg.norm(between @ one.lattice, axis=2) < _SAME_ATOMS_A
    alike = one.numbers[:, None] == other.numbers
    return bool((near & alike).any(axis=1).all())
