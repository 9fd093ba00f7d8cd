"""The crystal of a CIF block, with what the block declares checked against what is built.

The space group is checked against the one that spglib finds, formula and Z against the atoms, the volume against the
cell, and the atoms against each other.
"""

import math
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from sgbench.crystals.blocks import Block
from sgbench.crystals.confirm import confirmed, found_alone, named
from sgbench.crystals.crystal import LOOSE_A, SYMPREC_A, Crystal
from sgbench.crystals.expand import Atoms, expand
from sgbench.crystals.formula import counts_of, formula_of, symbols, written
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
_FORMULA = (
    "_chemical_formula_sum",
    "_chemical_formula.sum",
    "_chemical_formula_structural",
    "_chemical_formula_moiety",
)
_Z = ("_cell_formula_units_Z", "_cell.formula_units_Z")
_VOLUME = ("_cell_volume", "_cell.volume")
_MODULATED = ("_cell_modulation_dimension", "_cell.modulation_dimension")
_SYMMETRY = (*HERMANN_MAUGUIN, *NUMBER, *HALL, *OPERATIONS)

_EQUAL_COUNTS = 1e-3
_EQUAL_VOLUMES = 0.02
_SAME_PLACE_A = 0.01
_SAME_ATOMS_A = 0.05


@dataclass(frozen=True, slots=True)
class _Content:
    """What a block declares to be in its cell.

    Attributes:
        formula: how many of each element; None where it is not given.
        text: the formula as it is written.
        units: formula units in the cell, Z; 0 where it is not given.
    """

    formula: Mapping[str, float] | None
    text: str
    units: float


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
        if block.value(*_MODULATED) not in (None, "0"):
            raise SgbenchError("the structure is modulated")
    with block.at(*_LENGTHS[0]):
        metric = _metric(block)
    with block.at(*_SYMMETRY):
        declared = declaration(block, metric)
    texts = [text for tag in _FORMULA if (text := block.value(tag))]
    text, formula = next(((text, counts) for text in texts if (counts := counts_of(text))), ("", None))
    with block.at(*LABEL):
        sites = sites_of(block, formula)
    content = _Content(formula, " ".join(text.split()), number(block.value(*_Z) or "0") or 0)
    with block.at(*_SYMMETRY):
        if not (declared.number or (formula and content.units)):
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
    text = block.value(*tags)
    value = None if text is None else number(text)
    if value is None:
        raise SgbenchError(f"{tags[0]} is {'not given' if text is None else f'no number: {text}'}")
    return value


def _only(sites: Sites, metric: np.ndarray, declared: Declaration, content: _Content) -> Crystal:
    """Return the one crystal that the block can mean.

    Raises:
        SgbenchError: it can mean none, or several.
    """
    built, reasons = [], []
    for setting in declared.settings:
        try:
            built.append((setting, _built(sites, metric, setting, declared.number, content)))
        except SgbenchError as reason:
            reasons.append(str(reason))
    if not built:
        reason = " or ".join(dict.fromkeys(reasons))
        listed = declared.settings[0]
        if declared.number and listed.is_primitive and symbol(declared.number)[0] not in "PR":
            reason = f"{named(declared.number)} is centred, which its operations are not: {reason}"
        raise SgbenchError(reason)
    if declared.rival:
        with suppress(SgbenchError):
            built.append((declared.rival, _built(sites, metric, declared.rival, declared.number, content)))
    for setting, other in built[1:]:
        if not _is_same(built[0][1], other):
            raise SgbenchError(f"{built[0][0].source} and {setting.source} give different crystals, both possible")
    return built[0][1]


def _built(sites: Sites, metric: np.ndarray, setting: Setting, declared: int, content: _Content) -> Crystal:
    """Return the crystal that the sites are in one setting, without id and source, once it is checked."""
    atoms = expand(sites, metric, setting)
    if content.formula:
        atoms = _without_repeats(sites, atoms)
    numbers, isotopes = sites.numbers[atoms.site], sites.isotopes[atoms.site]
    masses = isotopes if isotopes.any() else None
    _check_content(Counter(symbols(numbers, masses)), content)
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


def _check_content(found: Counter[str], content: _Content) -> None:
    """Raise SgbenchError where the atoms of the cell are not what formula and Z say."""
    if not content.formula:
        return
    said = f"the formula is {content.text}"
    missing = sorted(content.formula.keys() - found.keys())
    if missing:
        raise SgbenchError(f"{said}, but no site has {' or '.join(missing)}")
    units = {symbol: found[symbol] / content.formula.get(symbol, math.nan) for symbol in found}
    mean = sum(units.values()) / len(units)
    if not all(abs(each / mean - 1) <= _EQUAL_COUNTS for each in units.values()):
        raise SgbenchError(f"{said}, but the atoms give {written(found)}")
    # Some programs write the whole cell as the formula, and the Z of a smaller one.
    is_cell = mean == 1 and math.gcd(*found.values()) % content.units == 0 if content.units else True
    if not is_cell and abs(mean - content.units) > 0.01:
        raise SgbenchError(f"{said} with Z = {content.units:g}, but the atoms of the cell give Z = {mean:g}")


def _is_same(one: Crystal, other: Crystal) -> bool:
    if one.numbers.size != other.numbers.size or one.space_group != other.space_group:
        return False
    between = one.frac_coords[:, None] - other.frac_coords
    between -= np.rint(between)
    near = np.linalg.norm(between @ one.lattice, axis=2) < _SAME_ATOMS_A
    alike = one.numbers[:, None] == other.numbers
    return bool((near & alike).any(axis=1).all())
