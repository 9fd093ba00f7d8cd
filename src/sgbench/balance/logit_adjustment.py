"""Logit adjustment (Menon et al. 2021): a margin between classes by the ratio of their frequencies."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from sgbench import losses
from sgbench.balance.none import plan as plan


@dataclass(frozen=True)
class Settings:
    """Settings of logit adjustment.

    Attributes:
        tau: strength, 0 (cross-entropy) or more; 1 is consistent for the balanced error, and is balanced softmax.
    """

    tau: float = 1.0


class Loss(losses.Loss):
    """Cross-entropy of the logits z_c + tau log(n_c / N) (equation 10); prediction takes the plain softmax."""

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> torch.Tensor:
        """Return the loss of a batch; see :class:`sgbench.losses.Loss`."""
        return F.cross_entropy(logits + self.settings.tau * (self.counts / self.counts.sum()).log(), labels)
