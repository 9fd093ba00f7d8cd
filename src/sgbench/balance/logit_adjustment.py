"""Logit adjustment (Menon et al. 2021): a margin between classes by the ratio of their frequencies."""

from dataclasses import dataclass

import torch

from sgbench.training import losses


@dataclass(frozen=True)
class Settings:
    """Settings of logit adjustment.

    Attributes:
        tau: strength, 0 (cross-entropy) to 10; 1 is consistent for the balanced error, and is balanced softmax.
    """

    tau: float = 1.0


class Loss(losses.Loss):
    """Cross-entropy of the logits z_c + tau log(n_c / N) (equation 10); prediction takes the plain softmax."""

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each item and its weight; see :class:`sgbench.training.losses.Loss`."""
        prior = (self.counts / self.counts.sum()).log()
        return super().forward(logits + self.settings.tau * prior, labels, progress)
