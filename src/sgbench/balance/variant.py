"""A balance variant: its steps put together, from the training rows to what training minimises."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sgbench.balance import none
from sgbench.balance.plan import Made, made_items
from sgbench.samples.items import Augmenter, Images, Items
from sgbench.samples.stream import Maker
from sgbench.training.objective import Objective


class Step(NamedTuple):
    """A step of a variant.

    Attributes:
        method: its name in the configuration.
        module: its module of :mod:`sgbench.balance`.
        settings: its ``Settings``.
    """

    method: str
    module: ModuleType
    settings: Any


class Variant:
    """Steps in the order sample, make, change, loss, any of which may be missing.

    A job that needs only some of the steps, such as a training, may be given those alone.

    Every ``rows`` below are training rows with id, label and name, the class's (categorical, of all classes), and every
    ``images`` gives the images, (n, C, H, W), of positions in them.
    """

    def __init__(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Read the steps.

        Args:
            steps: each as the configuration gives it, the method and its settings; in an order that
                :func:`sgbench.study.config.check` lets pass.
        """
        self._steps = [_step(**values) for values in steps]
        planning = [step for step in self._steps if hasattr(step.module, "plan")]
        *self._sampling, self._planning = planning or [Step("none", none, none.Settings())]

    def search(
        self, rows: pd.DataFrame, dev: pd.DataFrame, seed: int, images: Images, dev_images: Images
    ) -> pd.DataFrame:
        """Return the record of the step that searches, on the rows that the steps before it leave.

        Args:
            rows: see :class:`Variant`.
            dev: dev rows with label.
            seed: the seed of all draws.
            images: see :class:`Variant`.
            dev_images: gives the images of positions in ``dev``.
        """
        left = self._left(rows, seed, images)
        _, module, settings = self._planning
        return module.search(rows.iloc[left], dev, settings, seed, _of(left, images), dev_images)

    def generate(
        self, rows: pd.DataFrame, seed: int, images: Images, crystals: Callable, made_by: Mapping[str, Any]
    ) -> Iterator[Made]:
        """Return the new images of the step that generates, made from the rows that the steps before it leave.

        Args:
            rows: see :class:`Variant`.
            seed: the seed of all draws.
            images: see :class:`Variant`.
            crystals: gives the crystals of positions in ``rows``.
            made_by: how the store of the real images was made.
        """
        left = self._left(rows, seed, images)
        _, module, settings = self._planning
        return module.generate(rows.iloc[left], settings, seed, _of(left, images), _of(left, crystals), made_by)

    def maker(
        self, rows: pd.DataFrame, seed: int, images: Images, crystals: Callable, made_by: Mapping[str, Any]
    ) -> Maker:
        """Return what makes the items of a stream, of a variant that has one; arguments as for :meth:`generate`."""
        _, module, settings = self._planning
        left = self._left(rows, seed, images)
        return module.maker(rows.iloc[left], settings, seed, _of(left, images), _of(left, crystals), made_by)

    @property
    def fresh(self) -> float:
        """Return the share of a stream's items that are new in each epoch; 0 without a stream."""
        return getattr(self._planning.settings, "fresh", None) or 0.0

    def plan(self, rows: pd.DataFrame, seed: int, images: Images, *before: pd.DataFrame) -> pd.DataFrame:
        """Return the plan of training items; see :mod:`sgbench.balance.plan`.

        Args:
            rows: see :class:`Variant`.
            seed: the seed of all draws.
            images: see :class:`Variant`.
            before: what a step that searches found, or the table of what one generated.
        """
        left = self._left(rows, seed, images)
        _, module, settings = self._planning
        plan = module.plan(rows.iloc[left], settings, seed, _of(left, images), *before)
        if changing := self._with("change"):
            items = plan.assign(name=pd.Categorical.from_codes(plan["label"], rows["name"].cat.categories))
            plan = changing.module.change(items, changing.settings, seed).drop(columns="name")
        return plan

    def weights(self, counts: np.ndarray) -> np.ndarray:
        """Return the weight of each class in the loss, 1 where no step weighs classes.

        Args:
            counts: training items of each class, shape (classes,).
        """
        weighing = self._with("weights")
        return weighing.module.weights(counts, weighing.settings) if weighing else np.ones(len(counts))

    def objective(self, classes: pd.DataFrame, space_groups: np.ndarray | None = None) -> Objective:
        """Return what a model is to learn for.

        Args:
            classes: the variant's class table; see :func:`sgbench.balance.plan.class_table`.
            space_groups: see :class:`Objective`.
        """
        known = [classes[name].to_numpy() for name in ("samples", "items", "loss_weight")]
        if step := self._with("Loss"):
            loss = partial(step.module.Loss, step.settings)
            return Objective(*known, self.weights, loss, step.method, space_groups=space_groups)
        step = self._with("expected")
        expected = step.module.expected(classes) if step else None
        return Objective(*known, self.weights, expected=expected, space_groups=space_groups)

    def augmenter(self, made_by: Mapping[str, Any]) -> Augmenter | None:
        """Return what changes the images of a store as they are read; None where no step does.

        Args:
            made_by: how the store was made.
        """
        changing = self._with("augmenter")
        return changing.module.augmenter(made_by, changing.settings) if changing else None

    def dev(self, samples: Items, train: Items, seed: int) -> Items:
        """Return dev samples as a model is chosen and calibrated on them; as they are where no step changes them.

        Args:
            samples: plain samples.
            train: the items of the plan.
            seed: the seed of all draws.
        """
        changing = self._with("dev")
        return changing.module.dev(samples, train, seed) if changing else samples

    def _with(self, name: str) -> Step | None:
        """Return the step whose module has something of this name."""
        return next((step for step in self._steps if hasattr(step.module, name)), None)

    def _left(self, rows: pd.DataFrame, seed: int, images: Images) -> np.ndarray:
        """Return the positions of the rows that the steps before the last that plans leave."""
        left = np.arange(len(rows))
        for method, module, settings in self._sampling:
            plan = module.plan(rows.iloc[left], settings, seed, _of(left, images))
            if made_items(plan, rows["id"]).any():
                raise ValueError(f"{method} makes items, and another step that plans follows")
            left = pd.Index(rows["id"]).get_indexer(plan["id"])
        return left


def _step(method: str, **settings: Any) -> Step:
    module = importlib.import_module(f"sgbench.balance.{method}")
    return Step(method, module, module.Settings(**settings))


def _of(left: np.ndarray, read: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], Any]:
    """Return what ``read`` gives, of positions among those that are left."""
    return lambda positions: read(left[positions])
