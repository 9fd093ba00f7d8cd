"""CBED from batch files, those of the ORNL data set or others in its layout (:mod:`sgbench.ingest.batchfile`)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, log2, nan, radians, sqrt
from pathlib import Path
from textwrap import shorten
from typing import Any

import h5py
import numpy as np
from scipy.sparse import csr_array

from sgbench.crystals.formula import counts_of, written
from sgbench.crystals.symmetry import N_SPACE_GROUPS
from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged, Sample, describe, fault_of, first_line, text
from sgbench.ingest.batchfile import STACK
from sgbench.study.sources import PARTS

# What h5py raises on damaged files.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError)
# What programs write in place of a name that they do not have.
_NAMELESS = {"", "none", "nan", "null"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How stacks become images. An intensity x is relative to the largest of its stack.

    Attributes:
        orientations: zone directions of a stack.
        stack_pixels: width and height of the stacks in the files, pixels.
        pixels: width and height of the images, at most ``stack_pixels``.
        scale: root: x^scale_exponent; log: 1 + log10(x) / decades, and 0 where that is negative.
        scale_exponent: exponent of the root, above 0, at most 1.
        decades: orders of magnitude that the logarithm shows, above 0.

    Raises:
        SgbenchError: images would be larger than the stacks.
    """

    orientations: int = 3
    stack_pixels: int = 512
    pixels: int = 64
    scale: str = "root"
    scale_exponent: float = 0.25
    decades: float = 6.0

    def __post_init__(self) -> None:
        if self.pixels > self.stack_pixels:
            raise SgbenchError(f"pixels: {self.pixels} is more than the {self.stack_pixels} of the stacks")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (C, H, W) of an image."""
        return self.orientations, self.pixels, self.pixels

    @property
    def made_by(self) -> dict[str, Any]:
        """Return what a store says of its intensities; ``scale_exponent`` where a power undoes their scaling."""
        scaling = {"scale_exponent": self.scale_exponent} if self.scale == "root" else {"decades": self.decades}
        size = {"orientations": self.orientations, "stack_pixels": self.stack_pixels, "pixels": self.pixels}
        return {**size, "scale": self.scale, **scaling}


def read(paths: Sequence[str], settings: Settings) -> tuple[int, Iterator[Sample | Damaged]]:
    """Read a batch file, a stack at a time.

    Args:
        paths: the file.
        settings: how its stacks become images.

    Returns:
        The number of its samples, and an iterator over them; a file that cannot be read is one damaged sample.
    """
    [path] = paths
    try:
        # Parallel file systems, read by many jobs at once, often know no locks.
        file = h5py.File(path, locking=False)
        names = sorted(file, key=_in_order_written)
    except _DAMAGE as error:
        empty = Path(path).is_file() and Path(path).stat().st_size == 0
        return 1, iter([Damaged("", "is empty" if empty else f"is not readable as HDF5: {first_line(error)}")])
    if not names:
        return 1, iter([Damaged("", "holds no sample")])
    return len(names), _read(file, names, _partition(path), settings)


def _in_order_written(name: str | bytes) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", text(name))], text(name)


def _partition(path: str) -> str:
    found = re.match(rf"batch_({'|'.join(PARTS)})_", Path(path).name)
    return found[1] if found else ""


def _read(file: h5py.File, names: list[str | bytes], partition: str, settings: Settings) -> Iterator[Sample | Damaged]:
    room = np.empty((settings.orientations, settings.stack_pixels, settings.stack_pixels), np.float32)
    with file:
        for name in names:
            try:
                found = _sample(file[name], partition, settings, room)
            except _DAMAGE as error:
                found = f"is not readable: {first_line(error)}"
            yield Damaged(text(name), found) if isinstance(found, str) else Sample(text(name), *found)


def _sample(
    group: h5py.Group, partition: str, settings: Settings, room: np.ndarray
) -> tuple[np.ndarray, dict[str, Any]] | str:
    """Return the image of a sample and what is said of it, or why it has none."""
    stack = group.get(STACK) if isinstance(group, h5py.Group) else None
    if not isinstance(stack, h5py.Dataset):
        return f"has no {STACK}"
    attributes = {text(key): _meant(value) for key, value in group.attrs.items()}
    label = attributes.pop("space_group", None)
    if label is None:
        return "has no space_group"
    space_group = _space_group(label)
    if space_group is None:
        return f"has the space_group {_shown(label)}, which is no number from 1 to {N_SPACE_GROUPS}"
    if "material" in attributes and not _name(attributes["material"]):
        return "has an empty material: it needs an id, or no such attribute"
    if stack.shape != room.shape or stack.dtype.kind not in "fiu":
        return f"{STACK} is {stack.dtype} {stack.shape}, not float32 {room.shape}"
    stack.read_direct(room)
    fault = fault_of(room)
    if fault is not None:
        return f"{STACK} {fault}"
    return to_image(room, settings), _about(attributes, space_group, partition)


def _meant(value: Any) -> Any:
    """Return what an attribute stands for: an array of one element is that element, an empty one is None."""
    if isinstance(value, h5py.Empty) or np.size(value) == 0:
        return None
    element = np.asarray(value).item() if np.size(value) == 1 else value
    return text(element) if isinstance(element, str | bytes) else element


def _shown(value: Any) -> str:
    """Return a value as a reason shows it: on one line, and not too long for it."""
    return shorten(text(value), 40)


def _space_group(value: Any) -> int | None:
    number = re.fullmatch(r"(\d{1,3})(\.0*)?", text(value), re.ASCII)
    return int(number[1]) if number and 1 <= int(number[1]) <= N_SPACE_GROUPS else None


def _name(value: Any) -> str:
    """Return the text of an attribute; "" where a program has written that it knew none."""
    name = text(value)
    return "" if name.lower() in _NAMELESS else name


def _about(attributes: dict[str, Any], space_group: int, partition: str) -> dict[str, Any]:
    """Translate a group's attributes; those that the layout does not know are kept as JSON."""
    cell_formula = _name(attributes.pop("formula", None))
    formula, atoms = _composition(cell_formula)
    cell = [*_floats(attributes, "abc_angstrom", 3), *_floats(attributes, "angles_degree", 3)]
    known = dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), cell, strict=True))
    for vector in ("z_dirs", "y_dirs"):
        values = _floats(attributes, vector)
        known |= {f"{vector[0]}{index // 3 + 1}_{'xyz'[index % 3]}": value for index, value in enumerate(values)}
    for name, column in (("semi_angles_rad", "semi_angle_{}_rad"), ("d_hkls_angstrom", "d_hkl_{}_A")):
        values = _floats(attributes, name)
        known |= {column.format(number): value for number, value in enumerate(values, start=1)}
    return describe(
        material=_name(attributes.pop("material", None)),
        formula=formula,
        space_group=space_group,
        volume_per_atom=_volume(*cell) / atoms if atoms else nan,
        energy_kev=_floats(attributes, "energy_keV", 1)[0],
        partition=partition,
        cell_formula=cell_formula,
        **known,
        attributes=json.dumps(attributes, default=_plain, sort_keys=True) if attributes else "",
    )


def _floats(attributes: dict[str, Any], name: str, count: int | None = None) -> list[float]:
    """Take the numbers of an attribute; NaN each where there are not ``count``."""
    value = attributes.pop(name, None)
    try:
        values = [] if value is None else np.asarray(value, float).ravel().tolist()
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {_shown(value)}, not numbers") from None
    return values if count in (None, len(values)) else [nan] * count


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else text(value)


@cache
def _composition(cell_formula: str) -> tuple[str, float]:
    """Return the reduced formula of a cell's and its atoms; what is no formula stays, and has 0 atoms."""
    counts = counts_of(cell_formula)
    return (written(counts), sum(counts.values())) if counts else ("".join(cell_formula.split()), 0)


def _volume(a: float, b: float, c: float, alpha: float, beta: float, gamma: float) -> float:
    x, y, z = (cos(radians(angle)) for angle in (alpha, beta, gamma))
    return a * b * c * sqrt(max(0.0, 1 - x * x - y * y - z * z + 2 * x * y * z))


def to_image(stack: np.ndarray, settings: Settings) -> np.ndarray:
    """Scale a stack (C, n, n) in place, and return the image (C, pixels, pixels) that it becomes."""
    return shrink(_scale(stack, settings), settings.pixels)


def _scale(stack: np.ndarray, settings: Settings) -> np.ndarray:
    """Scale intensities in place; see :class:`Settings`."""
    stack /= stack.max()
    if settings.scale == "log":
        np.maximum(stack, np.float32(10**-settings.decades), out=stack)
        np.log10(stack, out=stack)
        stack /= np.float32(settings.decades)
        stack += 1
        return stack
    halvings = -log2(settings.scale_exponent)
    if halvings.is_integer():
        # Square roots are many times faster than a power.
        for _ in range(int(halvings)):
            np.sqrt(stack, out=stack)
        return stack
    return np.power(stack, np.float32(settings.scale_exponent), out=stack)


def unscale(images: np.ndarray, made_by: Mapping[str, Any]) -> np.ndarray:
    """Return the intensities, relative to the largest of their stack, that a store's images show.

    Args:
        images: float32, any shape.
        made_by: what the store says of itself.
    """
    if made_by.get("scale") == "log":
        return np.where(images > 0, 10 ** (made_by["decades"] * (images - 1)), 0).astype(np.float32)
    return images ** np.float32(1 / made_by.get("scale_exponent", 1.0))


def shrink(images: np.ndarray, pixels: int) -> np.ndarray:
    """Average images over square areas, which need not be whole pixels.

    Args:
        images: (C, n, n), float32.
        pixels: width and height of the result, at most n.

    Returns:
        (C, pixels, pixels), float32, with the same mean.
    """
    weights = _weights(images.shape[1], pixels)
    return np.stack([(weights @ (weights @ image).T).T for image in images])


@cache
def _weights(size: int, pixels: int) -> csr_array:
    """Return how much each of ``size`` pixels counts in the mean of each of ``pixels`` stretches of the same edge."""
    edges = np.linspace(0, size, pixels + 1)
    starts = np.arange(size)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return csr_array((np.clip(overlap, 0, None) * pixels / size).astype(np.float32))
