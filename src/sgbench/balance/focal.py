"""Focal loss (Lin et al. 2017): items that are already told well count less."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from sgbench.training import losses


@dataclass(frozen=True)
class Settings:
    """Settings of the focal loss.

    Attributes:
        gamma: 0 (cross-entropy) or more; the paper's best is 2.
    """

    gamma: float = 2.0


class Loss(losses.Loss):
    """The mean of -(1 - p)^gamma log p, p being the probability of the true class (equation 4)."""

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each item and its weight; see :class:`sgbench.training.losses.Loss`."""
        surprise = F.cross_entropy(logits, labels, reduction="none")
        return (1 - torch.exp(-surprise)) ** self.settings.gamma * surprise, torch.ones_like(surprise)
