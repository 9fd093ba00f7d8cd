"""Data that tests of models share."""

import numpy as np
import pytest

from tests.models.small import LINE_MODELS, plain


@pytest.fixture(scope="session")
def stripes(tmp_path_factory):
    """A function from a model's name to its train and dev items.

    Images of 32 x 32 x 2 in three of four classes: a bright stripe in one of three places. Models of patterns get each
    image's rows behind one another.
    """
    rng = np.random.default_rng(0)
    labels = np.array([0, 1, 3])[np.arange(72) % 3]
    images = rng.random((72, 2, 32, 32), np.float32) * 0.1
    for image, label in zip(images, labels, strict=True):
        image[:, 8 * label : 8 * label + 4] += 0.9
    folder = tmp_path_factory.mktemp("stripes")

    def items(name):
        shape = (2, 1, 1024) if name in LINE_MODELS else (2, 32, 32)
        path = folder / f"{name}.h5"
        all_items = plain(path, images.reshape(72, *shape), labels)
        return tuple(all_items.select(rows, labels[rows]) for rows in (np.arange(48), np.arange(48, 72)))

    return items
