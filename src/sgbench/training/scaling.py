"""The first layer of a network: the one scale on which all networks see intensities, kept with the model.

Patterns differ by orders of magnitude in how bright they are: a fingerprint, stored as it is measured, has a mean of
0.012 and a maximum of 1, from which a network learns next to nothing. So it sees square roots of intensities that are
stored linear, as is usual for counts (Bartlett 1936), and each channel with mean 0 and deviation 1 over the training
items. Nothing else enters, dev and test samples least of all.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from sgbench.samples.items import Items
from sgbench.training import distributed
from sgbench.training.feed import some


class Scaling(nn.Module):
    """Standardises the channels of images, after a square root where one is taken."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, channels: int, root: bool) -> None:
        """Make the layer, which changes nothing but for the root until it is fitted.

        Args:
            channels: of the images.
            root: take square roots first, of negative values that of 0.
        """
        super().__init__()
        self.root = root
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("deviation", torch.ones(channels, 1, 1))

    @classmethod
    def fitted(cls, items: Items) -> Self:
        """Return the layer for training items, as the plan repeats, mixes and augments them in the first epoch.

        Of many items, evenly spaced ones stand for all. The result is the same for any number of processes.
        """
        scaling = cls(items.shape[0], is_linear(items.store.made_by))
        chosen = some(len(items))

        def moments(index: np.ndarray) -> np.ndarray:
            values = items.images(chosen[index]).reshape(len(index), items.shape[0], -1).astype(np.float64)
            if scaling.root:
                values = np.sqrt(np.maximum(values, 0))
            return np.stack([values.mean(axis=2), values.var(axis=2)], axis=1)

        means, variances = distributed.in_shares(moments, len(chosen)).swapaxes(0, 1)
        deviation = np.sqrt(variances.mean(axis=0) + means.var(axis=0))
        # A channel that is the same in all items stays at 0.
        deviation[deviation == 0] = 1
        scaling.mean.copy_(torch.from_numpy(means.mean(axis=0))[:, None, None])
        scaling.deviation.copy_(torch.from_numpy(deviation)[:, None, None])
        return scaling

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return images (n, C, H, W) on the network's scale."""
        if self.root:
            images = images.clamp(min=0).sqrt()
        return (images - self.mean) / self.deviation


def is_linear(made_by: Mapping[str, Any]) -> bool:
    """Return whether a store holds intensities as a detector counts them.

    That is a simulation without a scale of its own, or one whose scale is the power of 1. What arrays of others hold
    is not known.

    Args:
        made_by: what the store says of itself.
    """
    return "simulate" in made_by and made_by.get("scale_exponent", 1) == 1
