"""Siemens' and Bruker's binary .raw, versions 1 (``RAW ``), 2 (``RAW2``), 3 (``RAW1.01``) and 4 (``RAW4.00``).

The layout of versions 1 to 3 is that of *DIFFRAC plus XCH, User's Manual* (2002), appendix A, as xylib and GSAS-II read
them; that of version 4 is not published, and as GSAS-II found it in files (G2pwd_BrukerRAW.py).
"""

from collections.abc import Iterator
from struct import calcsize, unpack_from

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged
from sgbench.samples.pattern import K_ALPHA_A, RATIO, Pattern

FORMAT = "Bruker .raw"

_POWDER = ("Locked Coupled", "Unlocked Coupled", "Detector Scan")
_RANGE, _OPTICS = (0, 160), 30  # kinds of segments of version 4


def recognised(content: bytes) -> bool:
    """Say whether a file is of this format, of any version."""
    return content[:4] in (b"RAW ", b"RAW2") or content[:7] in (b"RAW1.01", b"RAW4.00")


def patterns(content: bytes) -> Iterator[Pattern | Damaged]:
    """Yield the ranges of a file."""
    versions = {b"RAW ": _version_1, b"RAW2": _version_2, b"RAW1": _version_3, b"RAW4": _version_4}
    yield from versions[content[:4]](content)


def _version_1(content: bytes) -> Iterator[Pattern | Damaged]:
    place, more = 4, True
    while more:
        # The mark was not repeated before later ranges in the early days.
        place += 4 if content[place : place + 4] == b"RAW " else 0
        steps, step, start = _fields(content, place, "<I4xf8xf")
        title, first, second = _fields(content, place + 36, "<32sff")
        more = bool(_fields(content, place + 148, "<I")[0])
        intensities = _floats(content, place + 152, steps)
        yield _pattern(start, step, intensities, (first, second), title=_word(title))
        place += 152 + 4 * steps


def _version_2(content: bytes) -> Iterator[Pattern | Damaged]:
    ranges, anode, first, second, ratio = _fields(content, 4, "<H182x2sfff")
    place = 256
    for _ in range(ranges):
        header, steps, step, start = _fields(content, place, "<HH8xff")
        yield _pattern(start, step, _floats(content, place + header, steps), (first, second), ratio, _word(anode))
        place += header + 4 * steps


def _version_3(content: bytes) -> Iterator[Pattern | Damaged]:
    [ranges] = _fields(content, 12, "<I")
    title, anode = _fields(content, 326, "<60s222x4s")
    first, second, ratio = _fields(content, 624, "<dd8xd")
    place = 712
    for _ in range(ranges):
        header, steps, start = _fields(content, place, "<II8xd")
        [step] = _fields(content, place + 176, "<d")
        supplement = _fields(content, place + 256, "<I")[0]
        intensities = _floats(content, place + header + supplement, steps)
        yield _pattern(start, step, intensities, (first, second), ratio, _word(anode), _word(title))
        place += header + supplement + 4 * steps


def _version_4(content: bytes) -> Iterator[Pattern | Damaged]:
    place, wavelengths, ratio, anode = 61, (0.0, 0.0), 0.0, b""
    while place + 8 <= len(content):
        kind, length = _fields(content, place, "<II")
        if kind not in _RANGE:
            if kind == _OPTICS:
                first, second, ratio, anode = _fields(content, place + 80, "<dd8xd4x4s")
                wavelengths = (first, second)
            place += max(length, 8)
            continue
        scan, start, step, steps = _fields(content, place + 32, "<24s16xddI")
        size, header = _fields(content, place + 136, "<II")
        place += 160 + header
        if size < 4:
            raise ValueError(f"its points have {size} bytes")
        intensities = _floats(content, place, steps, size)
        if _word(scan) in _POWDER:
            yield _pattern(start, step, intensities, wavelengths, ratio, _word(anode))
        else:
            yield Damaged("", f"is a scan of kind {_word(scan)}, and no powder pattern")
        place += size * steps


def _pattern(
    start: float,
    step: float,
    intensities: np.ndarray,
    wavelengths: tuple[float, float],
    ratio: float = RATIO,
    anode: str = "",
    title: str = "",
) -> Pattern:
    stated = tuple(value for value in wavelengths if value > 0)
    return Pattern(
        positions=start + step * np.arange(len(intensities)),
        intensities=intensities,
        wavelengths_A=stated or K_ALPHA_A.get(anode, ()),
        ratio=ratio if ratio > 0 else RATIO,
        anode=anode,
        radiation="xray",
        title=title,
    )


def _fields(content: bytes, place: int, layout: str) -> tuple:
    if place + calcsize(layout) > len(content):
        raise SgbenchError(f"is cut off: its header goes on beyond its {len(content)} bytes")
    return unpack_from(layout, content, place)


def _floats(content: bytes, place: int, count: int, size: int = 4) -> np.ndarray:
    """Return the first number, 32 bits, of each of so many points of a size in bytes."""
    if place + size * count > len(content):
        there = max(0, len(content) - place) // size
        raise SgbenchError(f"is cut off: {there} of {count} points are there")
    points = np.frombuffer(content, np.uint8, size * count, place).reshape(count, size)
    return points[:, :4].copy().view("<f4").ravel().astype(float)


def _word(content: bytes) -> str:
    return content.split(b"\0")[0].decode("latin1").strip()
