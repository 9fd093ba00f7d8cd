"""Training items that are made beside training, by workers, and never stored.

The image of an item follows from its seed and from how often it has been renewed, so it is the same whoever makes it
and whenever: in an unbroken training, in one that resumes in the middle of an epoch, with any number of workers. Of an
item that is to be new in each epoch nothing is kept; of others the image, in memory, until it is renewed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import Protocol, Self

import numpy as np

from sgbench.errors import SgbenchError
from sgbench.parallel import Workers, result
from sgbench.seeds import derive

#: Items that a worker makes at a time.
_AT_ONCE = 16
# What is made ahead of training at most: items, and the memory of their images.
_AHEAD, _AHEAD_BYTES = 2048, 2**28
_KEPT_BYTES = 8 * 2**30
_EXAMPLES = 1024


#: Gives the images, float32 (n, C, H, W), of positions (n,).
Images = Callable[[np.ndarray], np.ndarray]


class Maker(Protocol):
    """Makes images; a process can be sent it."""

    def __call__(self, name: str, seed: int) -> np.ndarray:
        """Return an image, float32 (C, H, W), of what ``name`` says; the same seed gives the same bytes."""


@dataclass
class _Started:
    """An image that is being made, or waits to be read: ``place`` in what ``future`` gives, ``uses`` times."""

    future: Future
    place: int
    uses: int


class Stream:
    """Items that are made as they are needed, or a little before.

    Attributes:
        seeds: seed of each item, int64 (n,); -1 for one that is not of the stream.
    """

    def __init__(
        self, workers: Workers, names: np.ndarray, seeds: np.ndarray, fresh: float, shape: tuple[int, int, int]
    ) -> None:
        """Prepare items; nothing is made yet.

        Args:
            workers: what makes them, of a :class:`Maker`.
            names: what each item shows, (n,).
            seeds: seed of each, int64 (n,).
            fresh: share of the items that are new in each epoch, above 0, up to 1.
            shape: (C, H, W) of an image.

        Raises:
            SgbenchError: the items that stay from one epoch to the next take more memory than 8 GB.
        """
        self._workers, self._names, self.seeds, self._fresh, self._shape = workers, names, seeds, fresh, shape
        size = 4 * int(np.prod(shape))
        if fresh < 1 and len(seeds) * size > _KEPT_BYTES:
            raise SgbenchError(
                f"a stream of {len(seeds)} items that last longer than an epoch would hold"
                f" {len(seeds) * size / 1e9:.0f} GB in memory: give it fewer items, or fresh: 1, which keeps none"
            )
        self._most = max(_AT_ONCE, min(_AHEAD, _AHEAD_BYTES // size)) if workers.count else 0
        # Reading fills them; until then they take no memory.
        self._kept = np.empty((len(seeds) if fresh < 1 else 0, *shape), np.float32)
        self._age = np.full(len(seeds), -1)
        self._started: dict[tuple[int, int], _Started] = {}
        self._coming: Iterator[tuple[np.ndarray, int]] = iter(())

    def select(self, index: np.ndarray) -> Self:
        """Return a stream of some of the items, by the same workers."""
        return type(self)(self._workers, self._names[index], self.seeds[index], self._fresh, self._shape)

    def after(self, known: Images, count: int) -> tuple[Images, int]:
        """Return images with those of items behind, as in the first epoch: of all items, or 1,024 evenly spaced ones.

        Args:
            known: gives the images of positions 0 to ``count`` - 1.
            count: of these.

        Returns:
            What gives the images of all, and how many these are.
        """
        made = np.flatnonzero(self.seeds >= 0)
        number = min(_EXAMPLES, len(made))
        behind = cache(lambda: self.images(made[np.arange(number) * len(made) // number], 0))

        def images(positions: np.ndarray) -> np.ndarray:
            chosen = np.empty((len(positions), *self._shape), np.float32)
            is_known = positions < count
            chosen[is_known] = known(positions[is_known])
            chosen[~is_known] = behind()[positions[~is_known] - count]
            return chosen

        return images, count + number

    def ages(self, index: np.ndarray, epoch: int) -> np.ndarray:
        """Return how often items have been renewed before or in an epoch, from 0 in the first, int (m,).

        An item is renewed after each 1 / fresh epochs, at a time that its seed gives.
        """
        return np.floor(self.seeds[index] / 2.0**63 + self._fresh * epoch).astype(np.int64)

    def expect(self, coming: Iterable[tuple[np.ndarray, int]]) -> None:
        """Have made ahead, from now on, what will be read: items (m,) and the epoch, in that order."""
        for started in self._started.values():
            started.future.cancel()
        self._started, self._coming = {}, iter(coming)

    def images(self, index: np.ndarray, epoch: int) -> np.ndarray:
        """Return the images of items in an epoch, float32 (m, C, H, W), made now if they were not before."""
        self._look_ahead()
        ages = self.ages(index, epoch)
        asked = list(zip(index.tolist(), ages.tolist(), strict=True))
        self._start(Counter(key for key in asked if key not in self._started and not self._has(key)))
        images = np.empty((len(index), *self._shape), np.float32)
        for image, key in zip(images, asked, strict=True):
            if key not in self._started and not self._has(key):
                # Asked for more often than was expected.
                self._start(Counter([key]))
            image[...] = self._taken(key)
        self._look_ahead()
        return images

    def _has(self, key: tuple[int, int]) -> bool:
        item, age = key
        return len(self._kept) > 0 and self._age[item] == age

    def _taken(self, key: tuple[int, int]) -> np.ndarray:
        """Return an image that is kept or started, and keep it where it may be needed again."""
        item, age = key
        if key not in self._started:
            return self._kept[item]
        started = self._started[key]
        image = result(started.future)[started.place]
        started.uses -= 1
        if not started.uses:
            del self._started[key]
        if len(self._kept):
            self._kept[item], self._age[item] = image, age
        return image

    def _look_ahead(self) -> None:
        """Start what will be read next, as much as may be held."""
        waiting: Counter[tuple[int, int]] = Counter()
        while len(self._started) + len(waiting) < self._most:
            batch = next(self._coming, None)
            if batch is None:
                break
            index, epoch = batch
            index = index[self.seeds[index] >= 0]
            for key in zip(index.tolist(), self.ages(index, epoch).tolist(), strict=True):
                if key in self._started:
                    self._started[key].uses += 1
                elif not self._has(key):
                    waiting[key] += 1
        self._start(waiting)

    def _start(self, uses: Mapping[tuple[int, int], int]) -> None:
        """Have images made, each of an item and an age, for so many uses."""
        keys = list(uses)
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            calls = [(self._names[item], derive(int(self.seeds[item]), age)) for item, age in some]
            future = self._workers.submit(calls)
            for place, key in enumerate(some):
                self._started[key] = _Started(future, place, uses[key])
