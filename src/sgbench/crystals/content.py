"""What a CIF block says that its cell holds, checked against its atoms: formulas, Z, weight and density."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import gemmi

from sgbench.crystals.blocks import Block
from sgbench.crystals.formula import counts_of, is_element, written
from sgbench.crystals.sites import number
from sgbench.errors import SgbenchError

_FORMULAS = (
    "_chemical_formula_sum",
    "_chemical_formula.sum",
    "_chemical_formula_structural",
    "_chemical_formula_moiety",
    "_chemical_formula_iupac",
    "_chemical_formula_analytical",
)
_Z = ("_cell_formula_units_Z", "_cell.formula_units_Z")
_WEIGHT = ("_chemical_formula_weight", "_chemical_formula.weight")
_DENSITY = ("_exptl_crystal_density_diffrn", "_exptl_crystal.density_diffrn")

_EQUAL_COUNTS = 1e-3
_EQUAL_WEIGHTS = 0.01
_EQUAL_DENSITIES = 0.05
#: g/cm³ of one atomic mass unit in one Å³.
_DENSITY_OF_UNIT = 1.66053907


@dataclass(frozen=True, slots=True)
class Content:
    """What a block declares to be in its cell.

    Attributes:
        formulas: each formula that can be read: its text, and how many of each element.
        named: the elements of each other formula, such as ``Ca S O4, 2(H2 O)``, by its text.
        units: formula units in the cell, Z; 0 where it is not given.
        weight: of a formula unit, atomic mass units; 0 where it is not given.
        density: as follows from the cell, g/cm³; 0 where it is not given.
    """

    formulas: Sequence[tuple[str, Mapping[str, float]]]
    named: Mapping[str, frozenset[str]]
    units: float
    weight: float
    density: float

    @property
    def formula(self) -> Mapping[str, float] | None:
        """How many of each element the first formula has; None without one."""
        return self.formulas[0][1] if self.formulas else None


def content_of(block: Block) -> Content:
    """Read what a block says."""
    texts = [" ".join(text.split()) for tag in _FORMULAS if (text := block.value(tag))]
    read = [(text, counts) for text in texts if (counts := counts_of(text))]
    others = {text: re.findall(r"[A-Z][a-z]*", text) for text in texts if not counts_of(text)}
    named = {text: frozenset(words) for text, words in others.items() if all(map(is_element, words))}
    units, weight, density = (number(block.value(*tags) or "") or 0 for tags in (_Z, _WEIGHT, _DENSITY))
    return Content(read, named, units, weight, density)


def check_content(found: Counter[str], volume_A3: float, content: Content) -> None:
    """Compare all that a block says with the atoms of its cell.

    Args:
        found: how many atoms of each element.
        volume_A3: of the cell, Å³.
        content: what the block says.

    Raises:
        SgbenchError: they differ.
    """
    for text, elements in content.named.items():
        _check_elements(text, elements, found)
    for text, formula in content.formulas:
        _check_formula(text, formula, found, content.units)
    mass = sum(gemmi.Element(symbol).weight * count for symbol, count in found.items())
    if content.weight > 0:
        units = max(round(mass / content.weight), 1)
        if abs(mass / units / content.weight - 1) > _EQUAL_WEIGHTS:
            both = f"{content.weight:g}, but the atoms, {written(found)}, have {mass / units:.4g}"
            raise SgbenchError(f"the formula weight is {both}")
    density = mass / volume_A3 * _DENSITY_OF_UNIT
    if content.density > 0 and abs(density / content.density - 1) > _EQUAL_DENSITIES:
        raise SgbenchError(f"the density is {content.density:g} g/cm³, but the atoms of the cell give {density:.3g}")


def _check_elements(text: str, elements: Iterable[str], found: Counter[str]) -> None:
    missing = sorted(set(elements) - found.keys())
    if missing:
        raise SgbenchError(f"the formula is {text}, but no site has {' or '.join(missing)}")


def _check_formula(text: str, formula: Mapping[str, float], found: Counter[str], z: float) -> None:
    _check_elements(text, formula, found)
    units = {symbol: found[symbol] / formula.get(symbol, math.nan) for symbol in found}
    mean = sum(units.values()) / len(units)
    if not all(abs(each / mean - 1) <= _EQUAL_COUNTS for each in units.values()):
        raise SgbenchError(f"the formula is {text}, but the atoms give {written(found)}")
    # Some programs write the whole cell as the formula, and the Z of a smaller one.
    is_cell = mean == 1 and math.gcd(*found.values()) % z == 0 if z else True
    if not is_cell and abs(mean - z) > 0.01:
        raise SgbenchError(f"the formula is {text} with Z = {z:g}, but the atoms of the cell give Z = {mean:g}")
