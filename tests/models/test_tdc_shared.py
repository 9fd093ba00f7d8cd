import numpy as np
import pytest
import torch

from sgbench.models import base, tdc, tdc_shared
from sgbench.training.calibration import Calibration
from sgbench.training.objective import Objective
from tests.models.small import plain

SAMPLES = np.array([30, 0, 15, 40, 20, 10])


@pytest.mark.parametrize("sizes", [2, [1, 3], 6])
def test_heads_say_what_levels_say_by_soft_routing(sizes):
    """Against the trickle of separate classifiers that say the same."""
    levels = tdc_shared.Levels(SAMPLES, sizes)
    said = torch.randn(50, levels.inputs, generator=torch.Generator().manual_seed(0))
    found = levels(said).exp().numpy()

    separate = tdc.Classifier(tdc.Settings(sizes=sizes), len(SAMPLES))
    at = 0
    for number, own in enumerate(tdc.level_classes(SAMPLES + 1, sizes), start=1):
        is_last = number == len(levels.sizes)
        width = len(own) + (not is_last)
        table = Table(said[:, at : at + width].softmax(dim=1).numpy(), width)
        separate._levels.append(tdc.Level(own, is_last, table, Calibration()))
        at += width
    numbers = np.arange(50, dtype=np.float32).reshape(50, 1, 1, 1)
    np.testing.assert_allclose(found, separate.probabilities(numbers), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


class Table(base.Classifier):
    """Gives the row of a table that an image of one pixel names."""

    def __init__(self, table, n_classes):
        super().__init__(None, n_classes)
        self.table = table

    def learn(self, train, dev, objective, run): ...

    def probabilities(self, images):
        return self.table[images[:, 0, 0, 0].astype(int)]

    save = load = None


def test_the_most_frequent_classes_come_first_and_stay_so_in_the_file(tmp_path):
    labels = np.repeat(np.arange(6), SAMPLES)
    images = np.zeros((len(labels), 1, 8, 8), np.float32)
    images[np.arange(len(labels)), 0, labels, labels] = 1
    items = plain(tmp_path / "store.h5", images, labels)
    model = base.build({"kind": "tdc_shared", "sizes": 2, "width": 16, "epochs": 6, "batch_size": 16}, 6)
    model.fit(items, items, Objective(SAMPLES, SAMPLES, np.ones(6)), base.Run(0, tmp_path / "checkpoint.pt", "key"))
    assert model._network.layers[-1].places.argsort().tolist() == [3, 0, 4, 2, 5, 1]
    assert (model.predict(images).argmax(axis=1) == labels).mean() > 0.9

    model.save(tmp_path / "model.pt")
    again = tdc_shared.Classifier.load(tmp_path / "model.pt")
    np.testing.assert_array_equal(again.predict(images), model.predict(images))
