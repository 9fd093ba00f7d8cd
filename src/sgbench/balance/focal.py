"""Focal loss (Lin et al. 2017): items that are already told well count less."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from sgbench.training import losses


@dataclass(frozen=True)
class Settings:
    """Settings of the focal loss.

    Attributes:
        gamma: 0 (cross-entropy) to 10; the paper has 0 to 5, its best is 2.
    """

    gamma: float = 2.0


class Loss(losses.Loss):
    """The mean of -(1 - p)^gamma log p, p being the probability of the true class (equation 4)."""

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each item and its weight; see :class:`sgbench.training.losses.Loss`."""
        surprise = F.cross_entropy(logits, labels, reduction="none")
        # A power below 1 has no gradient at 0, where an item is certain.
        doubt = (-torch.expm1(-surprise)).clamp(min=torch.finfo(surprise.dtype).tiny)
        return doubt**self.settings.gamma * surprise, torch.ones_like(surprise)
