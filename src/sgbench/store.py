"""The store: each pattern once, in HDF5; everything after it moves tables only.

``images`` is float32 (N, C, H, W), a chunk a sample, in the order of ``samples.parquet``; a powder pattern is an
image of one row, (N, 1, 1, bins). Intensities are scaled already. The file's attributes say how it was made.
"""

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from sgbench.errors import SgbenchError
from sgbench.files import atomic

_AT_ONCE = 64


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


class Store:
    """A store opened for reading.

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
            self._file = h5py.File(path)
            self._images = self._file["images"]
        except (OSError, KeyError) as error:
            raise SgbenchError(f"{path}: not a readable store ({error})") from None
        self.shape: tuple[int, int, int] = self._images.shape[1:]
        self.made_by: dict[str, Any] = json.loads(self._file.attrs["made_by"])

    def __len__(self) -> int:
        return len(self._images)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the images of ``rows`` (integers, any order, repeats allowed), float32 (len(rows), C, H, W)."""
        # h5py reads increasing positions without repeats; runs of neighbours are read in one go, but not many at once,
        # since HDF5 keeps some kilobytes a chunk while it reads.
        unique, inverse = np.unique(rows, return_inverse=True)
        images = np.empty((len(unique), *self.shape), np.float32)
        gaps = np.flatnonzero(np.diff(unique) > 1) + 1
        starts = np.union1d(gaps, np.arange(0, len(unique), _AT_ONCE))
        for start, stop in pairwise(np.append(starts, len(unique))):
            first = unique[start]
            self._images.read_direct(images, np.s_[first : first + stop - start], np.s_[start:stop])
        return images if np.array_equal(unique, rows) else images[inverse]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


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
