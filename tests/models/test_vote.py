import numpy as np
import pytest

from sgbench.models import base
from sgbench.samples.channels import Channels
from tests.models.small import OBJECTIVE, plain

TREES = {"kind": "extratrees", "trees": 20}


def fit(items, folder, **settings):
    model = base.build({"kind": "vote", "model": TREES, **settings}, 4)
    model.fit(*items, OBJECTIVE, base.Run(0, folder / "checkpoint.pt", "key"))
    return model


def test_of_one_channel_it_is_the_classifier(stripes, tmp_path):
    train, dev = stripes("cnn1d")
    single = [plain(tmp_path / f"{place}.h5", of.images()[:, :1], of.labels) for place, of in enumerate((train, dev))]
    voting = fit(single, tmp_path)
    alone = base.build(TREES, 4)
    alone.fit(*single, OBJECTIVE, base.Run(0, tmp_path / "alone.pt", "key"))
    images = single[1].images()
    expected = np.maximum(alone.probabilities(images), 1e-3)
    np.testing.assert_allclose(voting.probabilities(images), expected / expected.sum(axis=1, keepdims=True), atol=1e-6)


def test_the_answer_is_the_geometric_mean_and_no_matter_of_the_order_of_channels(stripes, tmp_path):
    train, dev = stripes("ziletti")
    model = fit((train, dev), tmp_path)
    images = dev.images()
    first, second = (np.maximum(model._model.probabilities(images[:, [channel]]), 1e-3) for channel in (0, 1))
    mean = np.sqrt(first * second)
    np.testing.assert_allclose(model.probabilities(images), mean / mean.sum(axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(model.predict(images[:, ::-1]), model.predict(images), atol=1e-6)


@pytest.mark.parametrize("kept", [0, 1])
def test_it_learns_from_each_channel_on_its_own(kept, stripes, tmp_path):
    """Whichever channel shows nothing in training, the other one's stripe is read in both."""
    train, dev = stripes("ziletti")
    images = train.images()
    images[:, 1 - kept] = 0
    model = fit((plain(tmp_path / "blind.h5", images, train.labels), dev), tmp_path)
    accuracy = (model._model.probabilities(Channels.of(dev).images()).argmax(axis=1) == np.repeat(dev.labels, 2)).mean()
    assert accuracy > 0.9
