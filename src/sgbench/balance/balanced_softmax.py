"""Balanced softmax (Ren et al. 2020): the softmax of training knows how frequent each class is."""

from dataclasses import dataclass

import torch

from sgbench.training import losses


@dataclass(frozen=True)
class Settings:
    """There is nothing to set."""


class Loss(losses.Loss):
    """Cross-entropy of n_c exp(z_c) / sum_k n_k exp(z_k) (equation 3); prediction takes the plain softmax."""

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each item and its weight; see :class:`sgbench.training.losses.Loss`."""
        return super().forward(logits + self.counts.log(), labels, progress)
