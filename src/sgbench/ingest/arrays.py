"""Arrays of images and labels as others publish them: NumPy files or pickles, e.g. those of Karan 2022.

A pickle can run any program when it is loaded. Here it is read by an unpickler that knows plain containers and NumPy
arrays of numbers and text, puts the arrays together itself, and refuses everything else.
"""

import pickle
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import IO, Any

import numpy as np

from sgbench.crystals.symmetry import N_SPACE_GROUPS
from sgbench.errors import SgbenchError
from sgbench.ingest import Damaged, Sample, describe, fault_of, first_line, text

# Strings of Python 2 may be text or bytes: this gives text, and any bytes back.
_PYTHON_2 = ("utf-8", "surrogateescape")
_CLASSES = ("bcc(229)", "bct(139)", "bct(141)", "diamond(227)", "fcc(225)", "hex/rh(194,166)", "sc(221)")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the arrays hold.

    Attributes:
        pixels: width and height of the images.
        channels: channels of the images, 1 or more.
        classes: the structure class of each label, from 0 on. The space group is that in parentheses, if there is one.
    """

    pixels: int = 64
    channels: int = 3
    classes: Sequence[str] = _CLASSES

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (C, H, W) of an image."""
        return self.channels, self.pixels, self.pixels

    @property
    def made_by(self) -> dict[str, Any]:
        """Return what a store says of its images."""
        return {"pixels": self.pixels, "classes": list(self.classes)}


def read(paths: Sequence[str], settings: Settings) -> tuple[int, Iterator[Sample | Damaged]]:
    """Read images and their labels.

    Args:
        paths: the file of the images, (N, H, W, C) or (N, C, H, W), and that of the labels, which may be the same:
            class numbers (N,), class names (N,), or one-hot (N, classes).
        settings: what they hold.

    Returns:
        N, and an iterator over the samples.

    Raises:
        SgbenchError: a file cannot be read, or the arrays are not of these shapes or do not belong together.
    """
    images_file, labels_file = paths
    count, images = read_images(images_file, settings.shape)
    labels = _array(labels_file, "labels")
    if len(labels) != count:
        raise SgbenchError(f"{labels_file}: {len(labels)} labels, but {count} images in {images_file}")
    numbers = _numbers(labels, settings.classes, labels_file)
    return count, _labelled(images, labels, numbers, settings)


def read_images(file: str, shape: tuple[int, int, int]) -> tuple[int, Iterator[np.ndarray | str]]:
    """Read images alone.

    Args:
        file: holds them, (N, H, W, C) or (N, C, H, W).
        shape: of one, (C, H, W).

    Returns:
        N, and an iterator over the images, float32 (C, H, W), or what is wrong with one.

    Raises:
        SgbenchError: the file cannot be read, or the images are not of this shape.
    """
    images = _array(file, "images")
    if images.dtype.kind not in "fiu" or images.ndim != 4:
        raise SgbenchError(f"{file}: images are {images.dtype} {images.shape}, not numbers (N, height, width, C)")
    channels, height, width = shape
    channels_last = images.shape[1:] == (height, width, channels)
    if not channels_last and images.shape[1:] != shape:
        raise SgbenchError(
            f"{file}: images are {images.shape[1:]}, not {height} x {width} with {channels} channels; "
            "set pixels and channels"
        )
    return len(images), _images(images, channels_last)


def _images(images: np.ndarray, channels_last: bool) -> Iterator[np.ndarray | str]:
    # Whole numbers are those of a picture file.
    largest = np.iinfo(images.dtype).max if images.dtype.kind in "iu" else 1
    for values in images:
        image = values.astype(np.float32) / np.float32(largest)
        image = np.ascontiguousarray(image.transpose(2, 0, 1) if channels_last else image)
        fault = fault_of(image)
        yield image if fault is None else f"image {fault}"


def _labelled(
    images: Iterator[np.ndarray | str], labels: np.ndarray, numbers: np.ndarray, settings: Settings
) -> Iterator[Sample | Damaged]:
    for index, (image, number) in enumerate(zip(images, numbers, strict=True)):
        if not 0 <= number < len(settings.classes):
            label = shorten(text(labels[index]), 40)
            yield Damaged(str(index), f"has the label {label}, which is none of the {len(settings.classes)} classes")
        elif isinstance(image, str):
            yield Damaged(str(index), image)
        else:
            name = settings.classes[number]
            yield Sample(str(index), image, describe(structure_class=name, space_group=_space_group(name)))


def _space_group(name: str) -> int:
    """Return the space group in the parentheses of a class name; 0 where there is none, or several."""
    found = re.search(r"\((\d+)\)$", name)
    return int(found[1]) if found and 1 <= int(found[1]) <= N_SPACE_GROUPS else 0


def _numbers(labels: np.ndarray, classes: Sequence[str], file: str) -> np.ndarray:
    """Return the class number of each label; -1 for one that is no class."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.shape[1] == len(classes) and np.isin(labels, (0, 1)).all():
        return np.where(labels.sum(axis=1) == 1, labels.argmax(axis=1), -1)
    if labels.ndim == 1 and labels.dtype.kind in "US":
        index = {name: number for number, name in enumerate(classes)}
        return np.array([index.get(text(name), -1) for name in labels.tolist()])
    if labels.ndim == 1 and labels.dtype.kind in "fiu":
        whole = np.isfinite(labels) & (labels == np.round(labels))
        return np.where(whole, labels, -1).astype(int)
    raise SgbenchError(
        f"{file}: labels are {labels.dtype} {labels.shape}, not numbers (N,), names (N,) or one-hot (N, {len(classes)})"
    )


def _array(file: str, name: str) -> np.ndarray:
    """Read the array of a file, or the one of that name where it holds several."""
    suffix = Path(file).suffix.lower()
    try:
        with Path(file).open("rb") as stream:
            if suffix == ".npz":
                with np.load(stream, allow_pickle=False) as archive:
                    found = {key: _member(archive, key) for key in archive.files}
            elif suffix != ".npy" or _of_objects(stream):
                found = _unpickled(stream)
            else:
                # Images are mapped, and read when they are needed.
                found = np.load(file, mmap_mode="r", allow_pickle=False)
            return _only(found, name)
    except SgbenchError as error:
        raise SgbenchError(f"{file}: {error}") from None
    except pickle.UnpicklingError:
        raise SgbenchError(f"{file}: is no file of arrays, .npy, .npz or a pickle, or is damaged") from None
    except Exception as error:  # a damaged file meets any exception
        raise SgbenchError(f"{file}: not readable as arrays: {first_line(error)}") from None


def _member(archive: np.lib.npyio.NpzFile, key: str) -> Any:
    with archive.zip.open(f"{key}.npy") as stream:
        return _unpickled(stream) if _of_objects(stream) else archive[key]


def _of_objects(stream: IO[bytes]) -> bool:
    """Say whether an array in NumPy's format is one of objects, e.g. names; ``stream`` is left at their pickle."""
    major, _ = np.lib.format.read_magic(stream)
    header = stream.read(int.from_bytes(stream.read(2 if major == 1 else 4), "little"))
    return b"'|O'" in header


def _only(found: Any, name: str) -> np.ndarray:
    if isinstance(found, Mapping):
        if name not in found and len(found) > 1:
            raise SgbenchError(f"holds {', '.join(map(str, found))}; call the array {name}, or keep it alone")
        found = found.get(name, next(iter(found.values()), None))
    array = np.asarray(found)
    if array.dtype.kind not in "bfiuUS" or array.ndim == 0:
        raise SgbenchError(f"holds {array.dtype} of shape {array.shape}, not an array of numbers or names")
    return array


class _Dtype:
    """A dtype in a pickle: only its code and byte order are taken."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code, self.order = str(code), "="

    def __setstate__(self, state: tuple) -> None:
        self.order = str(state[1])

    def dtype(self) -> np.dtype:
        if not re.fullmatch(r"[<>|=]?([biufUS]\d+|\?)", self.code):
            raise SgbenchError(f"holds an array of {self.code!r}, which is neither numbers nor text")
        return np.dtype(self.code).newbyteorder(self.order if self.order in "<>=" else "=")


class _Array:
    """An array in a pickle: its bytes are taken, NumPy's own way of loading them is not called."""

    def __init__(self, *_: Any) -> None:
        self.value: np.ndarray | None = None

    def __setstate__(self, state: tuple) -> None:
        _, shape, dtype, fortran, content = state
        if isinstance(content, list):
            self.value = np.empty(len(content), object)
            self.value[:] = content
            self.value = self.value.reshape(shape)
            return
        self.value = _filled(_bytes(content), dtype, shape, "F" if fortran else "C")


def _filled(content: bytes, dtype: _Dtype, shape: tuple, order: str = "C") -> np.ndarray:
    return np.frombuffer(content, dtype.dtype()).reshape(shape, order=order)


def _from_buffer(content: bytes, dtype: _Dtype, shape: tuple, order: str, axes: Sequence[int] | None = None) -> _Array:
    """Do what ``numpy._core.numeric._frombuffer`` does; ``axes`` is the order of the axes in memory."""
    array = _Array()
    if order == "K" and axes is not None:
        array.value = _filled(content, dtype, shape).transpose(axes)
    else:
        array.value = _filled(content, dtype, shape, order)
    return array


def _scalar(dtype: _Dtype, content: bytes | str) -> Any:
    return _filled(_bytes(content), dtype, (1,))[0]


def _bytes(content: bytes | str) -> bytes:
    """Return the bytes that Python 2 called a string."""
    return content.encode(*_PYTHON_2) if isinstance(content, str) else content


def _latin1(content: str, _: str) -> bytes:
    return content.encode("latin1")


_CORE = ("numpy.core", "numpy._core")
_ADMITTED: dict[tuple[str, str], Callable] = {
    **{(f"{core}.multiarray", "_reconstruct"): _Array for core in _CORE},
    **{(f"{core}.multiarray", "scalar"): _scalar for core in _CORE},
    **{(f"{core}.numeric", "_frombuffer"): _from_buffer for core in _CORE},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    # How strings of any length (NumPy 2) say that they are such.
    ("numpy._core._internal", "_convert_to_stringdtype_kwargs"): _Dtype,
    # How protocols up to 2 write bytes.
    ("_codecs", "encode"): _latin1,
    ("collections", "OrderedDict"): dict,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable:
        """Return the stand-in for what an array is made of; nothing else is let in, let alone called."""
        if (module, name) not in _ADMITTED:
            raise SgbenchError(
                f"the pickle holds {module}.{name}; only NumPy arrays, lists, tuples and dicts are taken"
            )
        return _ADMITTED[module, name]


def _unpickled(stream: IO[bytes]) -> Any:
    return _plain(_Unpickler(stream, encoding=_PYTHON_2[0], errors=_PYTHON_2[1]).load())


def _plain(value: Any) -> Any:
    """Replace the stand-ins by arrays, and arrays of objects by lists."""
    if isinstance(value, _Array):
        return _plain(value.value.tolist()) if value.value.dtype == object else value.value
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
