"""Text as instruments write it: in whatever encoding, and what its headers say of the measurement."""

import re

from sgbench.errors import SgbenchError
from sgbench.samples.pattern import K_ALPHA_A

_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_CONTROL = bytes({*range(32)} - {*b"\a\b\t\n\v\f\r\x1a\x1b"})  # of which text has none
_SHORTEST_A, _LONGEST_A = 0.05, 10.0  # of wavelengths that powders are measured with
_ALIKE = 0.01  # the lines of K-alpha differ by less, relative to the shorter one
_NUMBER = re.compile(r"(?<![\w.])(?:\d+[.,]|\.)\d+(?:[eE][+-]?\d+)?")
_NEXT_SETTING = re.compile(r"[,;\s]\s*[a-z]{3,}\s*[=:]", re.IGNORECASE)
_NAMES_WAVELENGTH = re.compile(r"wave[ _-]?length|\blambda|λ", re.IGNORECASE)
_BETA = re.compile(r"beta|β", re.IGNORECASE)
# Nickel is named as what filters copper.
_SYMBOLS = "|".join(symbol for symbol in K_ALPHA_A if symbol != "Ni")
_NAMES_LINE = re.compile(rf"\b({_SYMBOLS})[ _-]?K[ _\\-]*(?:alpha|α|a)[ _~-]*(12|1)?")
_NAMES_ANODE = re.compile(rf"(?i:\b(?:anode|target|tube)\b[^\n]{{0,30}}?)\b({_SYMBOLS})\b")


def decoded(content: bytes) -> str | None:
    """Return the text of a file, with ends of lines as \\n; None if it is none.

    It is UTF-16 or UTF-8 by its mark or its zeros, else Latin-1.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    if encoding is None and content[:1000].count(0) > len(content[:1000]) // 3:
        # Letters of other languages aside, UTF-16 has a zero beside each letter.
        encoding = "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    if encoding is None and len(content.translate(None, _CONTROL)) < len(content):
        return None
    for name in [encoding] if encoding else ["utf-8", "latin1"]:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")
    return None


def wavelengths(header: str) -> tuple[float, ...]:
    """Return the wavelengths that a header states, Å: none, one, or those of K-alpha 1 and 2.

    A line has to call it wavelength or lambda, or name an anode. Numbers are in Å unless the line says nm, or they are
    as small as in metres.

    Raises:
        SgbenchError: it states several that are not the two lines of K-alpha.
    """
    found: set[float] = set()
    for line in header.split("\n"):
        name = _NAMES_WAVELENGTH.search(line)
        if name and not _BETA.search(line):
            said = _NEXT_SETTING.split(line[name.end() :])[0]
            found |= {_in_angstrom(number, said) for number in _NUMBER.findall(said)}
    stated = sorted(value for value in found if _SHORTEST_A <= value <= _LONGEST_A)
    if not stated:
        return radiated(header)
    if stated[-1] - stated[0] > _ALIKE * stated[0]:
        raise SgbenchError(f"states several wavelengths, {' and '.join(f'{value:g}' for value in stated)} Å; keep one")
    return (stated[0], stated[-1]) if len(stated) > 1 else (stated[0],)


def radiated(header: str) -> tuple[float, ...]:
    """Return the wavelengths of the anode that a header names, K-alpha 1 alone where it says so; none without."""
    symbol, only_first = _anode(header)
    return K_ALPHA_A[symbol][: 1 if only_first else 2] if symbol else ()


def anode(header: str) -> str:
    """Return the symbol of the anode that a header names, or ""."""
    return _anode(header)[0]


def _anode(header: str) -> tuple[str, bool]:
    line = _NAMES_LINE.search(header)
    if line:
        return line[1], line[2] == "1"
    named = _NAMES_ANODE.search(header)
    return (named[1] if named else ""), False


def _in_angstrom(number: str, said: str) -> float:
    value = float(number.replace(",", "."))
    if re.search(r"\bnm\b", said):
        return 10 * value
    return value * 1e10 if value < 1e-8 else value
