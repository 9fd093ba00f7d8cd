"""What training minimises: cross-entropy with class weights, or what a balance variant puts in its place."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from sgbench.crystals.coarser import coarser
from sgbench.errors import SgbenchError
from sgbench.samples.items import Items
from sgbench.training import compute, distributed
from sgbench.training.f1 import macro_f1, right
from sgbench.training.objective import Objective


class Loss(nn.Module):
    """Cross-entropy with class weights, a mean over the items of a batch weighted by their class.

    A balance variant that is more than class weights has a subclass.

    Attributes:
        settings: the ``Settings`` of the variant's step.
        counts: training items of each class, at least 1, float32 (classes,).
        weights: weight of each class, float32 (classes,).
        cosine_scale: the network's logits are this many times the cosines between features and class vectors; None
            leaves its last layer as it is.
        retrain_epochs: epochs of a second phase that learns the last layer anew
            (:func:`sgbench.training.loop.retrain_classifier`); 0 for none.
    """

    counts: torch.Tensor
    weights: torch.Tensor
    cosine_scale: float | None = None
    retrain_epochs: int = 0

    def __init__(self, settings: Any, counts: np.ndarray, weights: np.ndarray) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("counts", torch.tensor(np.maximum(counts, 1), dtype=torch.float32))
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each item and its weight, both (n,); a batch's loss is the weighted mean.

        Args:
            logits: the network's output, (n, classes).
            labels: class index of each item, (n,).
            progress: share of the epochs done at the end of this one, above 0, up to 1.
        """
        return F.cross_entropy(logits, labels, reduction="none"), self.weights[labels]

    def of(
        self, network: nn.Module, images: torch.Tensor, labels: torch.Tensor, progress: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what :meth:`forward` does, for images (n, C, H, W) that ``network`` has yet to see."""
        return self(network(images), labels, progress)

    def judge(self, network: nn.Module, dev: Items) -> dict[str, float]:
        """Return the scores on ``dev`` that the history tells, by name; nan without dev samples."""
        if len(dev) == 0:
            return {"dev_loss": np.nan, "dev_accuracy": np.nan, "dev_macro_f1": np.nan}
        found = distributed.in_shares(lambda index: compute.probabilities(network, dev.images(index)), len(dev))
        truth = np.take_along_axis(found, dev.labels[:, None], axis=1)
        return {
            "dev_loss": float(-np.log(np.maximum(truth, 1e-12)).mean()),
            "dev_accuracy": float(right(dev.labels, found).mean()),
            "dev_macro_f1": macro_f1(dev.labels, found),
        }

    @staticmethod
    def score(row: dict[str, Any]) -> float:
        """Return what the best epoch has most of, from its row of the history."""
        return row["dev_macro_f1"]


class Coarser(Loss):
    """The mean of the cross-entropies of a space group and of its crystal system, Bravais lattice and extinction group.

    The probability of each of these three is the sum of those of its space groups, so a network has no more outputs.
    Bertinetto et al. 2020 weigh the levels of a tree like this; ours are no tree, and weigh the same.
    """

    places: torch.Tensor
    members: torch.Tensor

    def __init__(self, objective: Objective) -> None:
        """Make it of an objective whose classes are space groups.

        Raises:
            SgbenchError: they are others, or the balance variant asks for a loss of its own.
        """
        if objective.loss:
            raise SgbenchError(
                f"coarser classes are learnt by cross-entropy, not {objective.loss_name}; set coarser: false"
            )
        if objective.space_groups is None:
            raise SgbenchError("coarser classes are learnt where classes are space groups; set coarser: false")
        super().__init__(None, objective.counts, objective.weights)
        places, first = [], 0
        for numbers in coarser(objective.space_groups).values():
            places.append(first + numbers)
            first += numbers.max() + 1
        self.register_buffer("places", torch.tensor(np.stack(places, axis=1)))
        self.register_buffer("members", torch.eye(first)[self.places].sum(dim=1))

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, progress: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each item and its weight; see :class:`Loss`."""
        with torch.autocast(logits.device.type, enabled=False):
            own = logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(dim=1)
            together = (own.exp() @ self.members.to(own.dtype)).clamp_min(torch.finfo(own.dtype).tiny).log()
        truths = torch.cat([own.gather(1, labels[:, None]), together.gather(1, self.places[labels])], dim=1)
        return -truths.mean(dim=1), self.weights[labels]


class Reconstruction(Loss):
    """The mean squared error between an image and what an autoencoder makes of it; labels play no part."""

    def __init__(self) -> None:
        super().__init__(None, np.ones(1), np.ones(1))

    def of(
        self, network: nn.Module, images: torch.Tensor, labels: torch.Tensor, progress: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the error of each image and its weight, 1, both (n,)."""
        errors = F.mse_loss(network(images).float(), images, reduction="none").flatten(1).mean(dim=1)
        return errors, torch.ones_like(errors)

    def judge(self, network: nn.Module, dev: Items) -> dict[str, float]:
        """Return the mean error on ``dev``; nan without dev samples."""
        if len(dev) == 0:
            return {"dev_loss": np.nan}

        def errors(index: np.ndarray) -> np.ndarray:
            images = dev.images(index)
            return ((compute.outputs(network, images) - images) ** 2).reshape(len(images), -1).mean(axis=1)

        return {"dev_loss": float(distributed.in_shares(errors, len(dev)).mean())}

    @staticmethod
    def score(row: dict[str, Any]) -> float:
        """Return minus the error on dev, which is best where it is lowest."""
        return -row["dev_loss"]


def make(objective: Objective) -> Loss:
    """Return the loss that is asked for."""
    if objective.loss:
        return objective.loss(objective.counts, objective.weights)
    return Loss(None, objective.counts, objective.weights)
