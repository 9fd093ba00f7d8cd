"""The batches of an epoch, shuffled by seed and read ahead while the network computes."""

import math
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from sgbench.samples.items import Items
from sgbench.seeds import generator
from sgbench.training import distributed
from sgbench.training.compute import to_device

_AHEAD = 3
# Items that stand for all of them where a mean is wanted: its error is 1/64 of the deviation.
_SOME = 4096


def batches(labels: np.ndarray, size: int, seed: int, epoch: int, equal: bool) -> list[np.ndarray]:
    """Return the shuffled positions of an epoch, a batch at a time.

    Their sizes differ by one at most: a rest of a few items would spoil the statistics of batch norm. None is too small
    for it, or for all processes to get a share.

    Args:
        labels: class index of each item, (n,).
        size: items a batch at most, 2 or more, where so few are enough.
        seed: seed of the training.
        epoch: number of the epoch.
        equal: draw as many positions with repeats instead, from all classes equally often.
    """
    draw = generator(seed, "shuffle", epoch)
    order = _equal_classes(labels, draw) if equal else draw.permutation(len(labels))
    count = min(math.ceil(len(order) / size), len(order) // max(2, distributed.size()))
    return np.array_split(order, count)


def coming(labels: np.ndarray, size: int, seed: int, start: tuple[int, int], epochs: int, equal: bool) -> Iterator:
    """Yield this process's share of each batch of a training, and its epoch.

    Args:
        labels: see :func:`batches`, as for ``size``, ``seed`` and ``equal``.
        size: items a batch.
        seed: seed of the training.
        start: the first epoch, and how many batches of it are done.
        epochs: number of all epochs.
        equal: draw from all classes equally often.
    """
    first, done = start
    for epoch in range(first, epochs):
        for batch in batches(labels, size, seed, epoch, equal)[done if epoch == first else 0 :]:
            yield _share(batch), epoch


def _share(batch: np.ndarray) -> np.ndarray:
    """Return what this process reads of a batch."""
    return batch[distributed.rank() :: distributed.size()]


def some(count: int) -> np.ndarray:
    """Return positions among ``count`` items that stand for all: each of them or, of many, 4,096 evenly spaced ones."""
    chosen = min(count, _SOME)
    return np.arange(chosen) * count // max(chosen, 1)


def _equal_classes(labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    by_class = np.argsort(labels, kind="stable")
    present, starts, counts = np.unique(labels[by_class], return_index=True, return_counts=True)
    chosen = draw.integers(len(present), size=len(labels))
    return by_class[starts[chosen] + draw.integers(counts[chosen])]


class Feed:
    """Reads this process's share of each batch, a few batches ahead, in a thread of its own.

    Attributes:
        waited_s: seconds that the network has waited for input so far.
    """

    def __init__(self, items: Items, where: torch.device) -> None:
        self._items, self._where = items, where
        self.waited_s = 0.0

    def __call__(self, positions: Sequence[np.ndarray], epoch: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield images (n, C, H, W) and labels (n,) of each batch of ``positions``, on the network's device."""
        with ThreadPoolExecutor(1) as reader:
            waiting: deque = deque()
            for position in positions:
                waiting.append(reader.submit(self._read, _share(position), epoch))
                if len(waiting) > _AHEAD:
                    yield self._next(waiting)
            while waiting:
                yield self._next(waiting)

    def _read(self, index: np.ndarray, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
        images, labels = torch.from_numpy(self._items.images(index, epoch)), torch.from_numpy(self._items.labels[index])
        return (images.pin_memory(), labels.pin_memory()) if self._where.type == "cuda" else (images, labels)

    def _next(self, waiting: deque) -> tuple[torch.Tensor, torch.Tensor]:
        started = time.monotonic()
        images, labels = waiting.popleft().result()
        self.waited_s += time.monotonic() - started
        return to_device(images, self._where), labels.to(self._where, non_blocking=True)
