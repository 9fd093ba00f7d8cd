"""The space in which samples are compared, and the nearest neighbours in it: streamed, exact, of bounded memory."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.utils import gen_batches

from sgbench.samples.items import Images
from sgbench.seeds import generator

#: Turns images (n, C, H, W) into features, float32 (n, d).
Reduce = Callable[[np.ndarray], np.ndarray]

_BATCH_BYTES = 64 * 1024**2
# Dimensions beyond the components asked for, and passes over the images. Where variance
# falls as 1 / rank², they miss a hundred-thousandth of that of the exact ones (``benchmarks/balance.py``).
_SPARE_COMPONENTS, _PASSES = 10, 6
# One block of distances stays in the processor's cache.
_QUERIES, _POINTS = 512, 4096


def reducer(images: Images, count: int, components: int | None) -> Reduce:
    """Return what turns images into features: their pixels, or their principal components.

    Args:
        images: gives the images of positions 0 to ``count`` - 1.
        count: number of samples to find the components from, 1 or more.
        components: principal components, fewer where the samples span fewer; None takes the pixels.
    """
    if components is None:
        return _pixels
    return principal_components(images, count, components).transform


@dataclass(frozen=True)
class Components:
    """Principal components of images.

    Attributes:
        mean: of the images' pixels, float32 (pixels,).
        axes: orthonormal, of falling variance, float32 (components, pixels).
    """

    mean: np.ndarray
    axes: np.ndarray

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return the components of images (n, ...), float32 (n, components)."""
        return (_pixels(images) - self.mean) @ self.axes.T

    def restore(self, points: np.ndarray) -> np.ndarray:
        """Return the pixels that have these components (n, components), (n, pixels)."""
        return points @ self.axes + self.mean


def principal_components(images: Images, count: int, components: int) -> Components:
    """Find the principal components by subspace iteration, a batch of images at a time.

    A random subspace, somewhat larger than asked for, is multiplied by the covariance in each pass over the images, and
    turns to the largest components (Halko, Martinsson & Tropp 2011, algorithm 4.4).

    Args:
        images: gives the images of positions 0 to ``count`` - 1.
        count: number of samples to find the components from, 1 or more.
        components: principal components, fewer where the samples span fewer.
    """
    one = images(np.arange(1))
    batches = _batches(count, one.nbytes)
    components = min(components, count, one.size)
    size = min(components + _SPARE_COMPONENTS, count, one.size)
    mean = sum(_pixels(images(batch)).sum(axis=0, dtype=np.float64) for batch in batches) / count
    mean = mean.astype(np.float32)
    turned = generator(0, "components").standard_normal((one.size, size))
    for _ in range(_PASSES):
        basis = np.linalg.qr(turned)[0]
        narrow = basis.astype(np.float32)
        turned = np.zeros_like(basis)
        for batch in batches:
            centred = _pixels(images(batch)) - mean
            turned += centred.T @ (centred @ narrow)
    inside = basis.T @ turned
    rotation = np.linalg.eigh((inside + inside.T) / 2)[1][:, ::-1]
    axes = (basis @ rotation[:, :components]).T
    # An axis and its opposite are as good: the largest entry is positive.
    axes *= np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1))
    return Components(mean, axes.astype(np.float32))


def features(images: Images, positions: np.ndarray, reduce: Reduce) -> np.ndarray:
    """Return the features of positions, float32 (n, d), reading a batch of images at a time."""
    one = images(positions[:1])
    return np.concatenate([reduce(images(positions[batch])) for batch in _batches(len(positions), one.nbytes)])


def nearest(points: np.ndarray, queries: np.ndarray, count: int) -> np.ndarray:
    """Return the exact nearest neighbours of some points among all, nearest first, the point itself included.

    It is what scikit-learn's brute force does, several times faster where points are many and of few dimensions:
    there the selection costs more than the distances, and a bound from the points seen so far spares most of it.

    Args:
        points: float32 (n, d).
        queries: positions of the points to ask for, (m,).
        count: neighbours, 1 to n.

    Returns:
        Positions in ``points``, int64 (m, count); equal distances in any order.
    """
    centred = points - points.mean(axis=0, dtype=np.float64).astype(np.float32)
    # |p - q|^2 - |q|^2 = |p|^2 - 2 q.p for all pairs is one product of matrices.
    right = np.vstack([-2 * centred.T, (centred**2).sum(axis=1)])
    left = np.hstack([centred, np.ones((len(points), 1), np.float32)])
    # Single precision may swap nearly equal distances: some more are kept, then measured exactly.
    keep = min(count + 8, len(points))
    found = np.empty((len(queries), count), np.int64)
    for block in gen_batches(len(queries), _QUERIES):
        rough = _scan(left[queries[block]], right, keep)
        apart = points[queries[block], None].astype(np.float64) - points[rough]
        order = np.argsort((apart**2).sum(axis=2), axis=1, kind="stable")[:, :count]
        found[block] = np.take_along_axis(rough, order, axis=1)
    return found


def _scan(left: np.ndarray, right: np.ndarray, keep: int) -> np.ndarray:
    """Return the columns of the ``keep`` smallest entries in each row of ``left @ right``, a block at a time."""
    rows = np.arange(len(left))[:, None]
    columns, values = np.empty((len(left), 0), np.int64), np.empty((len(left), 0), np.float32)
    room = np.empty(len(left) * (max(_POINTS, keep) + keep), np.float32)
    for block in gen_batches(right.shape[1], max(_POINTS, keep), min_batch_size=keep):
        part = right[:, block]
        product = np.matmul(left, part, out=room[: len(left) * part.shape[1]].reshape(len(left), -1))
        if not columns.size:
            columns = np.argpartition(product, keep - 1, axis=1)[:, :keep]
            values = product[rows, columns]
            continue
        row, column = np.divmod(np.flatnonzero(product < values.max(axis=1, keepdims=True)), product.shape[1])
        every_row = np.concatenate([np.repeat(rows[:, 0], keep), row])
        every_column = np.concatenate([columns.ravel(), column + block.start])
        every_value = np.concatenate([values.ravel(), product[row, column]])
        order = np.lexsort((every_value, every_row))
        first = np.searchsorted(every_row[order], rows) + np.arange(keep)
        columns, values = every_column[order][first], every_value[order][first]
    return columns


def _pixels(array: np.ndarray) -> np.ndarray:
    return array.reshape(len(array), -1)


def _batches(count: int, bytes_each: int) -> list[np.ndarray]:
    """Return positions 0 to ``count`` - 1 in batches of some tens of megabytes."""
    size = max(_BATCH_BYTES // bytes_each, 1)
    return [np.arange(batch.start, batch.stop) for batch in gen_batches(count, size)]
