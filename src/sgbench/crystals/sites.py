"""Atom sites of a CIF block: which element each is, where, and whether it is fully occupied.

What a file leaves open (``CO1``: carbon or cobalt?) is read as its formula has it; without a formula it is refused.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import gemmi
import numpy as np

from sgbench.crystals.blocks import Block
from sgbench.crystals.formula import DEUTERIUM, TRITIUM, is_element
from sgbench.errors import SgbenchError

LABEL = ("_atom_site_label", "_atom_site.label", "_atom_site.id")
_TYPE = ("_atom_site_type_symbol", "_atom_site.type_symbol")
_FRACT = [(f"_atom_site_fract_{axis}", f"_atom_site.fract_{axis}") for axis in "xyz"]
_OCCUPANCY = ("_atom_site_occupancy", "_atom_site.occupancy")
_GROUP = ("_atom_site_disorder_group", "_atom_site.disorder_group")
_FLAG = ("_atom_site_calc_flag", "_atom_site.calc_flag")
# Some programs write the order of the site symmetry into the tag of the multiplicity.
_MULTIPLICITY = (
    "_atom_site_symmetry_multiplicity",
    "_atom_site_site_symmetry_multiplicity",
    "_atom_site.site_symmetry_multiplicity",
    "_atom_site_site_symmetry_order",
    "_atom_site.site_symmetry_order",
)
_HYDROGENS = ("_atom_site_attached_hydrogens", "_atom_site.attached_hydrogens")

_SYMBOL = re.compile(r"(\d*)([A-Za-z]+)(.*)", re.DOTALL)
_CHARGE = re.compile(r"(\d*\.?\d*[+-]\d*)?")
_DEUTERIUM_LABEL = re.compile(r"D(?![a-z])")
_NUMBER = re.compile(r"([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?)(?:\((\d+)\))?")
_FRACTION = re.compile(r"([+-]?\d+)/(\d+)")
_NO_ATOM = {
    "vac": "a vacancy",
    "vacancy": "a vacancy",
    "wat": "a water molecule",
    "hoh": "a water molecule",
}
#: OH, O-H, Ow, Wat, H2O, NH4, CH3: labels of an atom that has hydrogens.
_HYDROUS = re.compile(r"O[-_]?[HW]|W|H\d?O|[NC][-_]?H", re.IGNORECASE)
#: Na/K, (Fe,Ni): labels of a place that elements share.
_SHARED = re.compile(r"[A-Z][a-z]?\d*[/,&+][A-Z]")
_DUMMY = {"x", "xx", "q", "du", "dum", "cnt", "cent"}
_FULL = 0.005
_FULL_BY_ERROR = 0.02


@dataclass(frozen=True, slots=True)
class Sites:
    """The fully occupied sites of a block, S of them.

    Attributes:
        labels: their names.
        numbers: atomic numbers, shape (S,).
        isotopes: mass numbers, 0 for a natural element, shape (S,).
        coords: fractional coordinates as they are written, shape (S, 3).
        decimals: of the coordinate with most of them.
        guessed: something was read as the formula has it: the atoms must agree with the formula.
        multiplicities: how many atoms of the cell each site is said to stand for, or by how many operations it stays
            where it is; 0 where neither is given.
    """

    labels: list[str]
    numbers: np.ndarray
    isotopes: np.ndarray
    coords: np.ndarray
    decimals: int
    guessed: bool
    multiplicities: list[int]


def sites_of(block: Block, formula: Mapping[str, float] | None) -> Sites:
    """Read the sites of a block.

    Args:
        block: the block.
        formula: how many of each element its formula has, if it says.

    Raises:
        SgbenchError: a site cannot be understood, or is not fully occupied by one kind of atom.
    """
    labels, types = block.column(*LABEL), block.column(*_TYPE)
    texts = [block.column(*tags) for tags in _FRACT]
    if not all(texts):
        if block.column("_atom_site_Cartn_x", "_atom_site.Cartn_x"):
            raise SgbenchError("has Cartesian coordinates only; fractional ones are needed")
        raise SgbenchError("has no atom sites with fractional coordinates")
    labels = labels or types
    if not labels:
        raise SgbenchError("the atom sites have neither labels nor type symbols")
    further = (_OCCUPANCY, _GROUP, _FLAG, _HYDROGENS, _MULTIPLICITY)
    optional = [block.column(*tags) or [None] * len(labels) for tags in further]
    columns = [labels, types or [None] * len(labels), *texts, *optional]
    if len({len(column) for column in columns}) > 1:
        raise SgbenchError("the columns of the atom sites differ in length")
    groups = sorted({group for group in optional[1] if group not in (None, "0")})
    if len(groups) > 1:
        raise SgbenchError(f"disordered: the sites are of disorder groups {', '.join(groups)}")
    _check_shared(zip(labels, types or labels, zip(*texts, strict=True), optional[0], strict=True))

    rows, guessed = [], False
    for label, kind, *place, occupancy, _, flag, hydrogens, multiplicity in zip(*columns, strict=True):
        name = label or kind or "without a label"
        if flag == "dum":
            continue
        if hydrogens not in (None, "0"):
            raise SgbenchError(f"site {name}: {hydrogens} attached hydrogen atoms have no coordinates")
        if not _is_full(name, occupancy):
            guessed = True
            continue
        species, sure = _species(name, kind, formula)
        guessed |= not sure
        if species:
            rows.append((name, *species, _place(name, place), int(number(multiplicity or "") or 0)))
    if not rows:
        raise SgbenchError("has no atom")
    if guessed and formula is None:
        raise SgbenchError("some sites can be read in several ways, and there is no formula that decides")
    names, numbers, isotopes, coords, multiplicities = zip(*rows, strict=True)
    hydrous = [name for name, z in zip(names, numbers, strict=True) if z in (6, 7, 8) and _HYDROUS.match(name)]
    if hydrous and formula is None and 1 not in numbers:
        raise SgbenchError(f"site {hydrous[0]} is named after hydrogen, which no site has, and there is no formula")
    decimals = max(_decimals(text) for axis in texts for text in axis if text)
    return Sites(
        list(names),
        np.array(numbers),
        np.array(isotopes),
        np.array(coords, float),
        decimals,
        guessed,
        list(multiplicities),
    )


def number(text: str) -> float | None:
    """Return a number as CIF files have it: with an error in brackets, as a fraction, with a decimal comma."""
    if fraction := _FRACTION.fullmatch(text):
        return int(fraction[1]) / int(fraction[2]) if int(fraction[2]) else None
    found = _NUMBER.fullmatch(text)
    value = float(found[1].replace(",", ".")) if found else math.nan
    return value if math.isfinite(value) else None


def _decimals(text: str) -> int:
    return len(text.partition("(")[0].replace(",", ".").partition(".")[2])


def _place(name: str, texts: list[str | None]) -> list[float]:
    place = []
    for axis, text in zip("xyz", texts, strict=True):
        if text is None:
            raise SgbenchError(f"site {name}: the coordinate {axis} is not given")
        value = number(text)
        if value is None:
            hint = " (its minus sign is a typographic one)" if "\\u2212" in text or "\\u2013" in text else ""
            raise SgbenchError(f"site {name}: the coordinate {axis} is no number: {text}{hint}")
        place.append(value)
    return place


def _is_full(name: str, text: str | None) -> bool:
    """Say whether a site is full; False where it is empty.

    Raises:
        SgbenchError: it is neither.
    """
    if text is None:
        return True
    value, found = number(text), _NUMBER.fullmatch(text)
    if value is None:
        raise SgbenchError(f"site {name}: the occupancy is no number: {text}")
    if value == 0:
        return False
    error = 0.0
    if found and found[2]:
        error = min(3 * int(found[2]) * 10.0 ** -_decimals(text), _FULL_BY_ERROR)
    if abs(value - 1) > max(_FULL, error) + 1e-9:
        kind = "negative" if value < 0 else "above 1" if value > 1 else "disordered: partly occupied"
        raise SgbenchError(f"site {name}: occupancy {text}, {kind}")
    return True


def _check_shared(rows: Iterable[tuple]) -> None:
    """Raise SgbenchError where a place is shared, which says more than that its sites are partly occupied."""
    seen: dict[tuple, tuple[str, str, str | None]] = {}
    for label, kind, place, occupancy in rows:
        if None in place or occupancy is None or number(occupancy) in (None, 0, 1):
            continue
        if place in seen:
            other, other_kind, other_occupancy = seen[place]
            raise SgbenchError(
                f"disordered: {other} ({other_kind}, {other_occupancy}) and {label} ({kind}, {occupancy}) share a site"
            )
        seen[place] = label, kind, occupancy


def _species(name: str, kind: str | None, formula: Mapping[str, float] | None) -> tuple[tuple[int, int] | None, bool]:
    """Return atomic and mass number of a site, None for a dummy, and whether that is sure without the formula."""
    text = kind or name
    found = _SYMBOL.match(text)
    if found is None:
        raise SgbenchError(f"site {name}: {text} is no element")
    mass, letters, rest = found.groups()
    if letters.lower() in _NO_ATOM:
        raise SgbenchError(f"site {name}: {text} is {_NO_ATOM[letters.lower()]}, not an atom")
    if letters.lower() in _DUMMY:
        return None, False
    if mass in ("2", "3") and letters.upper() == "H":
        letters, mass = {"2": DEUTERIUM, "3": TRITIUM}[mass], ""
    if mass:
        raise SgbenchError(f"site {name}: {text} is an isotope; only natural elements and deuterium are known")
    symbol, sure = _element(name, text, letters, kind is not None, formula)
    if kind is None:
        # H2O may be water, or the hydrogen at oxygen 2.
        sure &= symbol not in ("H", DEUTERIUM) or "O" not in rest.upper()
    else:
        # What follows a type symbol and is no charge may be the rest of a group, as in CH3.
        sure &= _CHARGE.fullmatch(rest) is not None and not (symbol == "H" and _DEUTERIUM_LABEL.match(name))
    sure &= not _SHARED.search(name)
    if symbol == TRITIUM:
        raise SgbenchError(f"site {name}: tritium, of which no scattering length is known here")
    return ((1, 2) if symbol == DEUTERIUM else (gemmi.Element(symbol).atomic_number, 0)), sure


def _element(
    name: str, text: str, letters: str, is_type: bool, formula: Mapping[str, float] | None
) -> tuple[str, bool]:
    """Return the symbol that begins a label or is a type symbol, and whether it can be no other."""
    two, one = letters[:2].capitalize(), letters[0].upper()
    options = [symbol for symbol in dict.fromkeys((two, one)) if is_element(symbol)]
    in_case = letters[1:2].islower() or (is_type and not is_element(letters[1:2].upper()))
    if options and options[0].lower() == letters.lower() and (len(options) == 1 or in_case):
        # T stands for a tetrahedral site more often than for tritium.
        if options[0] != TRITIUM or is_type or (formula and TRITIUM in formula):
            return options[0], True
        options = []
    inside = [symbol for symbol in options if formula is not None and symbol in formula]
    if inside:
        return inside[0], False
    if not options or formula is not None:
        where = "" if formula is None else " of the formula"
        raise SgbenchError(f"site {name}: {text} is no element{where}")
    raise SgbenchError(f"site {name}: {text} may be {' or '.join(options)}, and there is no formula that decides")
