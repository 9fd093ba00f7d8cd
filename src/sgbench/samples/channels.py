"""The channels of images as items of their own, such as the zone axes of a CBED stack."""

from dataclasses import dataclass, field, fields, replace
from typing import Self

import numpy as np

from sgbench.samples.items import Items

_AT_ONCE = 1024


@dataclass
class Channels(Items):
    """Items that show one channel each; those of an image stand behind one another.

    An image is mixed and augmented as a whole before a channel is taken, so its channels are changed alike. They have
    its group: folds keep them together.

    Attributes:
        channels: the channel of each item, int (n,).
    """

    channels: np.ndarray = field(kw_only=True)

    @classmethod
    def of(cls, items: Items) -> Self:
        """Return each channel of items as an item, (n * C), with its item's label."""
        count = items.shape[0]
        each = items.select(np.repeat(np.arange(len(items)), count), np.repeat(items.labels, count))
        given = {of.name: getattr(each, of.name) for of in fields(each) if of.init}
        return cls(**given, channels=np.tile(np.arange(count), len(items)))

    def select(self, index: np.ndarray, labels: np.ndarray) -> Self:
        """Return some of the items; see :meth:`Items.select`."""
        return replace(super().select(index, labels), channels=self.channels[index])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (1, H, W)."""
        return 1, *self.store.shape[1:]

    def images(self, index: np.ndarray | slice = slice(None), epoch: int = 0) -> np.ndarray:
        """Return the channel of each item, float32 (n, 1, H, W)."""
        places = np.arange(len(self))[index]
        images = np.empty((len(places), *self.shape), np.float32)
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            whole = super().images(some, epoch)
            images[start : start + _AT_ONCE, 0] = whole[np.arange(len(some)), self.channels[some]]
        return images
