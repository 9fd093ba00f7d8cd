"""What all networks share: they see images on one scale, are trained by one loop, and saved with scale and shape."""

from abc import abstractmethod
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

from sgbench.errors import SgbenchError
from sgbench.files import atomic
from sgbench.models import base
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training import compute, distributed, loop, losses
from sgbench.training.calibration import Calibration
from sgbench.training.f1 import right
from sgbench.training.feed import some
from sgbench.training.objective import Objective
from sgbench.training.scaling import Scaling

#: Share of the errors of naming the largest class that a network may leave to count as converged.
_ERRORS_LEFT = 0.5


@dataclass(frozen=True, kw_only=True)
class SmallSchedule(loop.Schedule):
    """How networks are trained that a processor takes to the end; chosen on dev, of those for patterns.

    Attributes:
        coarser: learn crystal system, Bravais lattice and extinction group of a space group as well, by
            :class:`sgbench.training.losses.Coarser`.
    """

    epochs: int = 10
    batch_size: int = 64
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    decay: str = "cosine"
    clip_norm: float | None = 1.0
    coarser: bool = False


class CosineLinear(nn.Linear):
    """A last layer whose logits are ``scale`` times the cosines between features and class vectors."""

    def __init__(self, in_features: int, out_features: int, scale: float) -> None:
        super().__init__(in_features, out_features, bias=False)
        self.scale = scale

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the logits (n, classes) of features (n, d)."""
        return self.scale * F.linear(F.normalize(features), F.normalize(self.weight))


class NetworkClassifier(base.Classifier):
    """A classifier around a network, behind a :class:`Scaling`; a model of the matrix says only how to build it.

    Attributes:
        standardised: False for a network that sees images as they are stored, for its source does.
    """

    settings: loop.Schedule
    standardised: ClassVar[bool] = True
    _facts: dict[str, Any]

    @abstractmethod
    def build(self, shape: tuple[int, int, int]) -> nn.Module:
        """Return an untrained network from scaled images of ``shape`` (C, H, W) to ``n_classes`` logits.

        Raises:
            SgbenchError: it cannot take images of this shape.
        """

    def learn(self, train: Items, dev: Items, objective: Objective, run: base.Run) -> pd.DataFrame:
        """Train the network; see :func:`sgbench.training.loop.train`.

        The history of a second phase, where the loss has one, follows that of the first.
        """
        loss = self.loss(objective)
        self.start(train, run.seed, loss.cosine_scale, run.start)
        history = loop.train(self._network, train, dev, self.settings, loss, run)
        if loss.retrain_epochs:
            second = loop.retrain_classifier(self._network, train, dev, self.settings, loss, run)
            second["epoch"] += len(history)
            history = pd.concat([history, second], ignore_index=True)
        self._facts = _learnt(self._network, train)
        return history

    def loss(self, objective: Objective) -> losses.Loss:
        """Return what the network minimises."""
        return losses.make(objective)

    def facts(self) -> dict[str, Any]:
        """Return beside the rest what the network has learnt of its training items; nothing of one without training.

        Returns:
            train_accuracy, of up to 4,096 of them, as the plan augments them in the first epoch, by the weights of the
            best epoch; and converged, whether the network leaves at most half of the errors that naming the largest
            class each time would make of them (Goodman & Kruskal's lambda of 1/2 or more). One that does not has been
            trained for too short, or not well enough: its score says little of what it could do.
        """
        return super().facts() | self._facts

    def load_pretrained(self, network: nn.Module) -> None:
        """Put weights learnt elsewhere into an untrained network, in place; most models have none.

        Raises:
            SgbenchError: there are no such weights, or they are of another network.
        """

    def start(self, train: Items, seed: int, cosine_scale: float | None = None, trained: Path | None = None) -> None:
        """Build the network with the scale of its images and the weights that training starts from.

        Args:
            train: the training items, which give shape and scale.
            seed: seed of the random weights.
            cosine_scale: see :class:`sgbench.training.losses.Loss`.
            trained: see :class:`sgbench.training.run.Run`.

        Raises:
            SgbenchError: what is to be started from is another network.
        """
        torch.manual_seed(derive(seed, "weights"))
        if trained:
            self._take(trained, train.shape, cosine_scale)
        else:
            scaling = Scaling.fitted(train) if self.standardised else Scaling(train.shape[0], root=False)
            self._prepare(scaling, train.shape, cosine_scale)
            self.load_pretrained(self._network.layers)
        self._network.to(compute.device(), memory_format=torch.channels_last)

    def _take(self, path: Path, shape: tuple[int, int, int], cosine_scale: float | None) -> None:
        """Take the weights and the scale of images of a trained model."""
        other = type(self).load(path)
        self._prepare(Scaling(shape[0], other._network.scaling.root), shape, cosine_scale)
        try:
            self._network.load_state_dict(other._network.state_dict())
        except RuntimeError as error:
            what = str(error).splitlines()[-1].strip()
            raise SgbenchError(f"{path}: no network to start this one from, its layers differ: {what}") from None

    def features(self, images: np.ndarray) -> np.ndarray:
        """Return what the network's last linear layer sees of images (n, C, H, W), float32 (n, d)."""
        seen: list[np.ndarray] = []
        layer = self._network.get_submodule(loop.classifier_name(self._network))
        hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].float().cpu().numpy()))
        compute.outputs(self._network, images)
        hook.remove()
        return np.concatenate(seen)

    def _prepare(self, scaling: Scaling, shape: tuple[int, int, int], cosine_scale: float | None) -> None:
        self._shape, self._cosine_scale, self._facts = shape, cosine_scale, {}
        self._network = nn.Sequential(OrderedDict(scaling=scaling, layers=self.build(shape)))
        if cosine_scale is not None:
            name = loop.classifier_name(self._network)
            features = self._network.get_submodule(name).in_features
            self._network.set_submodule(name, CosineLinear(features, self.n_classes, cosine_scale))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the softmax probabilities of images (n, C, H, W)."""
        return compute.probabilities(self._network, images)

    def save(self, path: Path) -> None:
        """Write settings, scale, shape and weights to ``path``."""
        with atomic(path) as partial:
            state = self.__getstate__()
            # Without objects, of which arrays are some, it can be read without running anything.
            weights = {name: torch.from_numpy(value) for name, value in state["weights"].items()}
            torch.save(state | {"weights": weights}, partial)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that :meth:`save` wrote.

        Raises:
            SgbenchError: it was saved without the scale of its images, as networks once were.
        """
        state = torch.load(path, map_location="cpu", weights_only=True)
        if "root" not in state:
            raise SgbenchError(f"{path}: a network without the scale of its images; delete it and train it anew")
        model = cls.__new__(cls)
        model.__setstate__(state)
        return model

    # Models that are built from networks pickle them: as plain values and arrays, for any machine.
    def __getstate__(self) -> dict[str, Any]:
        return {
            "settings": vars(self.settings),
            "n_classes": self.n_classes,
            "shape": self._shape,
            "cosine_scale": self._cosine_scale,
            "root": self._network.scaling.root,
            "facts": self._facts,
            "calibration": vars(self.calibration),
            "correction": None if self.correction is None else self.correction.tolist(),
            "weights": compute.weights(self._network),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        module = self.__module__.rpartition(".")[2]
        self.__init__(base.settings(module, state["settings"]), state["n_classes"])
        self.calibration = Calibration(**state["calibration"])
        if (correction := state.get("correction")) is not None:
            self.correction = np.array(correction)
        shape = tuple(state["shape"])
        self._prepare(Scaling(shape[0], state["root"]), shape, state["cosine_scale"])
        self._facts = state["facts"]
        compute.put_weights(self._network, state["weights"])


class SmallNetwork(NetworkClassifier):
    """A network that a processor takes to the end."""

    settings: SmallSchedule

    def loss(self, objective: Objective) -> losses.Loss:
        """Return what the network minimises: that of coarser classes too, if it is to learn them."""
        return losses.Coarser(objective) if self.settings.coarser else super().loss(objective)


def _learnt(network: nn.Module, train: Items) -> dict[str, Any]:
    """Return what :meth:`NetworkClassifier.facts` tells of a trained network."""
    chosen = some(len(train))
    labels = train.labels[chosen]
    found = distributed.in_shares(
        lambda index: compute.probabilities(network, train.images(chosen[index])), len(chosen)
    )
    accuracy = float(right(labels, found).mean())
    largest = np.bincount(labels).max() / len(labels)
    return {"train_accuracy": accuracy, "converged": bool(1 - accuracy <= _ERRORS_LEFT * (1 - largest))}
