"""Balanced softmax (Ren et al. 2020): the softmax of training knows how frequent each class is."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from sgbench import losses
from sgbench.balance.none import plan as plan


@dataclass(frozen=True)
class Settings:
    """There is nothing to set."""


class Loss(losses.Loss):
    """Cross-entropy of n_c exp(z_c) / sum_k n_k exp(z_k) (equation 3); prediction takes the plain softmax."""

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> torch.Tensor:
        """Return the loss of a batch; see :class:`sgbench.losses.Loss`."""
        return F.cross_entropy(logits + self.counts.log(), labels)
