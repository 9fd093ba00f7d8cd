"""The store: each pattern once, in HDF5; everything after it moves tables only.

``images`` is float32 (N, C, H, W), a chunk a sample, in the order of ``samples.parquet``; a powder pattern is an
image of one row, (N, 1, 1, bins). Intensities are scaled already. The file's attributes say how it was made.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np

from sgbench.errors import SgbenchError
from sgbench.files import atomic

_Settings = TypeVar("_Settings")


def write(path: str | Path, images: Iterable[np.ndarray], shape: tuple[int, int, int], made_by: dict[str, Any]) -> int:
    """Write images one by one; memory is bounded by one image.

    Args:
        path: the HDF5 file to write.
        images: float32 arrays of ``shape``, (C, H, W).
        shape: the shape of one image.
        made_by: settings to keep with the file, as JSON.

    Returns:
        The number of images written.
    """
    with atomic(path) as partial, h5py.File(partial, "w", track_order=True) as file:
        # HDF5 wants some first dimension to grow from; growing by blocks keeps the file's metadata small.
        dataset = file.create_dataset("images", (0, *shape), "float32", maxshape=(None, *shape), chunks=(1, *shape))
        count = 0
        for image in images:
            if count == len(dataset):
                dataset.resize(count + 1024, axis=0)
            dataset[count] = image
            count += 1
        dataset.resize(count, axis=0)
        file.attrs["made_by"] = json.dumps(made_by)
    return count


def settings_of(kind: type[_Settings], made_by: Mapping[str, Any]) -> _Settings:
    """Return the settings that a store was simulated or read with.

    Args:
        kind: their dataclass, e.g. :class:`sgbench.simulate.instrument.Settings`.
        made_by: what the store says of itself.
    """
    return kind(**{field.name: made_by[field.name] for field in fields(kind) if field.name in made_by})


def holds_powder(made_by: Mapping[str, Any]) -> bool:
    """Say whether the images of a store are powder patterns, simulated or measured.

    Args:
        made_by: what the store says of itself.
    """
    return made_by.get("simulate") == "powder" or made_by.get("ingest") == "patterns"


def image_hash(image: np.ndarray) -> str:
    """Return 16 hex digits that equal images, float32 and any shape, share, and others but for one chance in 2^64."""
    return hashlib.blake2b(np.ascontiguousarray(image, np.float32), digest_size=8).hexdigest()


class Store:
    """A store opened for reading.

    HDF5 says where in the file each image lies, and from there it is read directly: scattered rows, as training asks
    for them, come tens of times faster than through h5py's selections (``benchmarks/store.py``), and without the memory
    that HDF5 keeps for each chunk.

    Attributes:
        shape: (C, H, W) of one image.
        made_by: the settings that it was made with.
    """

    def __init__(self, path: str | Path) -> None:
        """Open ``path``.

        Raises:
            SgbenchError: it is missing or not a store.
        """
        try:
            with h5py.File(path) as file:
                images = file["images"]
                self.shape: tuple[int, int, int] = images.shape[1:]
                self.made_by: dict[str, Any] = json.loads(file.attrs["made_by"])
                self._places = _places(images)
        except (OSError, KeyError, ValueError) as error:
            raise SgbenchError(f"{path}: not a readable store ({error})") from None
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115, closed by close()

    def __len__(self) -> int:
        return len(self._places)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the images of ``rows`` (integers, any order, repeats allowed), float32 (len(rows), C, H, W).

        Raises:
            SgbenchError: the file has become shorter since it was opened.
        """
        images = np.empty((len(rows), *self.shape), np.float32)
        parts = images.reshape(len(rows), math.prod(self.shape)).view(np.uint8)
        for part, place in zip(parts, self._places[rows].tolist(), strict=True):
            if os.preadv(self._file.fileno(), [part], place) < len(part):
                raise SgbenchError(f"{self._file.name}: has lost images since it was opened")
        return images

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the images in their order, (C, H, W) each."""
        for row in range(len(self)):
            yield self.read(np.array([row]))[0]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _places(images: h5py.Dataset) -> np.ndarray:
    """Return the first byte of each image in the file, int64 (N,); raise ValueError where they do not lie apart."""
    plain = images.dtype == np.float32 and images.id.get_create_plist().get_nfilters() == 0
    if not plain or images.chunks != (1, *images.shape[1:]):
        raise ValueError("images are not float32 without compression, a chunk each")
    places = np.full(len(images), -1)

    def note(chunk: h5py.h5d.StoreInfo) -> None:
        places[chunk.chunk_offset[0]] = chunk.byte_offset

    images.id.chunk_iter(note)
    if (places < 0).any():
        raise ValueError("some images were never written")
    return places


class Joined:
    """Two stores as one: the rows of the second follow those of the first.

    Attributes:
        shape: (C, H, W) of one image.
        made_by: the settings that the first was made with.
    """

    def __init__(self, first: Store, second: Store) -> None:
        """Join two open stores.

        Raises:
            SgbenchError: their images differ in shape.
        """
        if first.shape != second.shape:
            raise SgbenchError(f"a store of images of {second.shape} does not go with one of {first.shape}")
        self._first, self._second = first, second
        self.shape, self.made_by = first.shape, first.made_by

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the images of ``rows``, as :meth:`Store.read` does."""
        images = np.empty((len(rows), *self.shape), np.float32)
        later = rows >= len(self._first)
        images[~later] = self._first.read(rows[~later])
        images[later] = self._second.read(rows[later] - len(self._first))
        return images
