"""Formulas: read in whatever order they are written, and written in one."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from math import gcd

import gemmi
from pymatgen.core import Composition, Element

DEUTERIUM = "D"
TRITIUM = "T"
_TOKEN = re.compile(r"([A-Z][a-z]?)|([(\[])|([)\]])|(\d+\.?\d*|\.\d+)|[\s,*]+")
_ISOTOPES = {DEUTERIUM: 2, TRITIUM: 3}


def counts_of(text: str) -> dict[str, float] | None:
    """Return how many of each element a formula has, e.g. {"Mg": 1, "O": 2, "H": 2} of ``Mg(OH)2``.

    D and T are elements of their own. Returns None where ``text`` is no formula.
    """
    groups: list[Counter[str]] = [Counter()]
    last: Counter[str] = Counter()
    end = 0
    for token in _TOKEN.finditer(text):
        if token.start() != end:
            return None
        end = token.end()
        symbol, opening, closing, number = token.groups()
        if symbol:
            if not is_element(symbol):
                return None
            last = Counter({symbol: 1})
            groups[-1].update(last)
        elif opening:
            groups.append(Counter())
        elif closing:
            if len(groups) == 1:
                return None
            last = groups.pop()
            groups[-1].update(last)
        elif number:
            # 2(H2O) is of another notation.
            if not last:
                return None
            for name, count in last.items():
                groups[-1][name] += count * (float(number) - 1)
            last = Counter()
    if end != len(text) or len(groups) > 1 or not groups[0]:
        return None
    return dict(groups[0])


def is_element(symbol: str) -> bool:
    """Say whether a symbol is that of an element, or of deuterium or tritium."""
    return symbol in _ISOTOPES or gemmi.Element(symbol).atomic_number > 0


def canonical_formula(text: str) -> str:
    """Return a formula reduced and in the one order that all tables have: ``NaCl`` for ``Cl4 Na4``.

    The order is pymatgen's, by electronegativity. What is no formula is a name, and stays as it is.
    """
    counts = counts_of(text)
    return written(counts) if counts else text


def formula_of(numbers: Iterable[int], isotopes: Iterable[int] | None = None) -> str:
    """Return the reduced formula of atomic numbers and, where there are some, mass numbers (0 for natural)."""
    return written(Counter(symbols(numbers, isotopes)))


def cell_formula(numbers: Iterable[int], isotopes: Iterable[int] | None = None) -> str:
    """Return all that a cell holds, e.g. ``Fe8 O14 F2``, from the least to the most electronegative element."""
    counts = Counter(symbols(numbers, isotopes))
    if DEUTERIUM not in counts:
        return Composition(counts).formula
    return " ".join(f"{symbol}{count}" for symbol, count in sorted(counts.items(), key=_electronegativity))


def symbols(numbers: Iterable[int], isotopes: Iterable[int] | None = None) -> list[str]:
    """Return the symbol of each atom, that of deuterium being D."""
    names = [_symbol(int(number)) for number in numbers]
    if isotopes is None:
        return names
    return [DEUTERIUM if mass == 2 else name for name, mass in zip(names, isotopes, strict=True)]


def written(counts: dict[str, float]) -> str:
    """Return the reduced formula of so many atoms of each element."""
    whole = all(float(count).is_integer() for count in counts.values())
    divisor = gcd(*map(int, counts.values())) if whole else 1
    return _written(tuple(sorted((symbol, count / divisor) for symbol, count in counts.items())))


@lru_cache(maxsize=4096)
def _written(counts: tuple[tuple[str, float], ...]) -> str:
    if not any(symbol in _ISOTOPES for symbol, _ in counts):
        return Composition(dict(counts)).reduced_formula
    # pymatgen takes D for H.
    ordered = sorted(counts, key=_electronegativity)
    return "".join(symbol + ("" if count == 1 else f"{count:g}") for symbol, count in ordered)


def _electronegativity(entry: tuple[str, float]) -> tuple[float, str]:
    symbol = entry[0]
    return Element("H" if symbol in _ISOTOPES else symbol).X, symbol


@lru_cache
def _symbol(number: int) -> str:
    return gemmi.Element(number).name
