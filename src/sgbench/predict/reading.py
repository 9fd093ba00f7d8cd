"""Patterns to ask a model about, from files of the kind that it learnt from: each becomes an image, or a reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged, arrays, cbed, diffractograms
from sgbench.predict.peaks import stands_out
from sgbench.samples.pattern import Pattern
from sgbench.samples.preparation import LEAST_MEASURED, Axis, Preparation, prepare
from sgbench.samples.store import settings_of


@dataclass(frozen=True, eq=False)
class Asked:
    """A pattern to ask about.

    Attributes:
        file: where it was read.
        name: its name in the file, "" where that has one pattern.
        image: as the model sees it, float32 (C, H, W); None where there is a reason.
        reason: why it cannot be asked about, "" where it can.
    """

    file: str
    name: str
    image: np.ndarray | None = None
    reason: str = ""


def read(
    file: str, made_by: Mapping[str, Any], shape: tuple[int, int, int], wavelength_A: float | None = None
) -> Iterator[Asked]:
    """Read the patterns of a file, in its order.

    Args:
        file: a powder pattern, a batch file of CBED, or images (N, H, W, C) or (N, C, H, W); the last scaled as the
            model's own images are.
        made_by: what the store says of the model's own patterns.
        shape: of one of them, (C, H, W).
        wavelength_A: the wavelength of powder patterns that state none, Å.
    """
    match made_by.get("simulate") or made_by.get("ingest"):
        case "powder" | "patterns":
            found = _scans(file, made_by, wavelength_A)
        case "cbed":
            _, records = cbed.read([file], settings_of(cbed.Settings, made_by))
            found = ((one.group, one.reason if isinstance(one, Damaged) else one.image) for one in records)
        case _:
            found = _images(file, shape)
    for name, image in found:
        yield Asked(file, name, reason=image) if isinstance(image, str) else Asked(file, name, image)


def _images(file: str, shape: tuple[int, int, int]) -> Iterator[tuple[str, np.ndarray | str]]:
    try:
        _, images = arrays.read_images(file, shape)
    except SgbenchError as error:
        yield "", str(error).removeprefix(f"{file}: ")
        return
    yield from ((str(number), image) for number, image in enumerate(images))


def _scans(file: str, made_by: Mapping[str, Any], wavelength_A: float | None) -> Iterator[tuple[str, np.ndarray | str]]:
    for scan in diffractograms.read(file):
        if isinstance(scan, Damaged):
            yield scan.group, scan.reason
            continue
        try:
            yield scan.block, _seen(scan, made_by, wavelength_A)
        except SgbenchError as reason:
            yield scan.block, str(reason)


def _seen(scan: Pattern, made_by: Mapping[str, Any], wavelength_A: float | None) -> np.ndarray:
    """Return what a model sees of a scan, (1, 1, bins).

    Raises:
        SgbenchError: it says nothing to the model, and why.
    """
    learnt = made_by.get("radiation", "")
    if scan.radiation and learnt and scan.radiation != learnt:
        raise SgbenchError(f"is measured with {_RADIATION[scan.radiation]}, and the model knows {_RADIATION[learnt]}")
    if scan.unit == "two_theta" and not (scan.wavelength_A or wavelength_A):
        raise SgbenchError("states no wavelength; give it with --wavelength, e.g. 1.5406 or CuKa")
    axis, preparation = settings_of(Axis, made_by), settings_of(Preparation, made_by)
    image, measured = prepare(scan, axis, preparation, wavelength_A)
    if measured.mean() < LEAST_MEASURED:
        share = f"{100 * measured.mean():.0f} %"
        raise SgbenchError(f"is measured in {share} of the range of the model, too little to say anything")
    if not stands_out(scan.intensities):
        raise SgbenchError("shows no peak that stands out of its noise")
    return image


_RADIATION = {"xray": "X-rays", "neutron": "neutrons"}
