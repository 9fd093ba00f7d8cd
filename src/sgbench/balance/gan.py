"""Patterns of small classes from a conditional generative network, learnt on the training rows alone (Costa et al.
2019).

The network draws principal components of the training patterns' square roots, and so needs a minute where one that
draws pixels needs hours; what is common to all training patterns, such as a masked centre, is so in the new ones. It
is in :mod:`sgbench.balance.generative`. What it makes is to be looked at: the study draws its patterns beside real
ones and reports how far they are from the nearest training pattern, so that copying shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sgbench.balance.neighbours import features, principal_components
from sgbench.balance.plan import Growth, Made, raised, with_generated
from sgbench.samples.items import Images
from sgbench.seeds import derive


@dataclass(frozen=True)
class Settings(Growth):
    """Settings of the generative network.

    Attributes:
        components: principal components that it draws, 1 or more.
        steps: steps of its training, 1 or more.
        batch_size: items a step, 4 or more; classes are drawn equally often.
        width: units of each hidden layer, 1 or more.
        noise: length of the random vector that an item is made from, 1 or more.
        learning_rate: of both networks, above 0.
    """

    components: int = 64
    steps: int = 3000
    batch_size: int = 128
    width: int = 256
    noise: int = 64
    learning_rate: float = 5e-4


def generate(
    rows: pd.DataFrame,
    settings: Settings,
    seed: int,
    images: Images,
    crystals: Any,
    made_by: Mapping[str, Any],
) -> Iterator[Made]:
    """Learn from the images of ``rows`` and make new ones of each class below its target.

    Args:
        rows: training rows with id and label; with name where ``target`` is a dictionary.
        settings: see :class:`Settings`.
        seed: the seed of the training and of the images.
        images: gives the images, (n, C, H, W), 0 or more, of positions in ``rows``.
        crystals: not used.
        made_by: not used.

    Yields:
        The images one by one; they have no parent. Where all training images have one largest value, they have it too.

    Raises:
        SgbenchError: training diverges.
    """
    # Slow to import, and of no use to a plan.
    from sgbench.balance import generative

    labels, everything = rows["label"].to_numpy(), np.arange(len(rows))
    sizes = raised(rows, settings)
    if not sizes:
        return

    def roots(positions: np.ndarray) -> np.ndarray:
        return np.sqrt(images(positions))

    shape = images(everything[:1]).shape[1:]
    highest = features(images, everything, lambda array: array.max(axis=(1, 2, 3))[:, None])
    pca = principal_components(roots, len(rows), settings.components)
    points = features(roots, everything, pca.transform)
    spread = np.maximum(points.std(axis=0), 1e-6)
    generator = generative.fit(points / spread, labels, settings, derive(seed, "gan"))
    for label, size in sizes.items():
        drawn = generator.draw(label, size - int((labels == label).sum()), derive(seed, "gan", label)) * spread
        for number, point in enumerate(drawn):
            image = np.maximum(pca.restore(point[None])[0], 0).reshape(shape) ** 2
            if np.ptp(highest) < 1e-5 * highest.max():
                image *= highest.max() / max(image.max(), 1e-12)
            yield Made(label, "", {"draw": number}, image.astype(np.float32))


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images, generated: pd.DataFrame) -> pd.DataFrame:
    """Return a plan of all ``rows`` and the generated items; see :func:`sgbench.balance.plan.with_generated`."""
    return with_generated(rows, generated, raised(rows, settings))
