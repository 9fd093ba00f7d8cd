import pkgutil
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import torch
from torchvision.models import resnet50

import sgbench.models
from sgbench import store
from sgbench.data import Items
from sgbench.errors import SgbenchError
from sgbench.models import base
from sgbench.models.pca_kmeans import name_clusters
from sgbench.objective import Objective

OBJECTIVE = Objective({"method": "none"}, pd.DataFrame({"items": [1] * 4, "loss_weight": 1.0}))
HELPERS = {"base", "fitted", "network"}
MODELS = sorted({module.name for module in pkgutil.iter_modules(sgbench.models.__path__)} - HELPERS)
QUICK = {"resnet50": {"epochs": 1, "batch_size": 16}, "ziletti": {"epochs": 1}, "extratrees": {"trees": 20}}


@pytest.fixture(scope="module")
def stripes(tmp_path_factory):
    """Images of 32 x 32 x 2 in three of four classes: a bright stripe in one of three places."""
    rng = np.random.default_rng(0)
    labels = np.array([0, 1, 3])[np.arange(72) % 3]
    images = rng.random((72, 2, 32, 32), np.float32) * 0.1
    for image, label in zip(images, labels, strict=True):
        image[:, 8 * label : 8 * label + 4] += 0.9
    path = tmp_path_factory.mktemp("stripes") / "store.h5"
    store.write(path, images, (2, 32, 32), {})
    opened = store.Store(path)

    def items(rows):
        return Items.plain(opened, labels[rows], rows)

    return items(np.arange(48)), items(np.arange(48, 72))


def fit(name, items, folder, seed=0):
    model = base.classifier(name)(base.settings(name, QUICK.get(name, {})), 4)
    history = model.fit(*items, OBJECTIVE, base.Run(seed, folder / "checkpoint.pt", "key"))
    return model, history


@pytest.mark.parametrize("name", MODELS)
def test_every_model_fits_predicts_saves_and_loads(name, stripes, tmp_path):
    model, history = fit(name, stripes, tmp_path)
    images = stripes[1].images()
    probabilities = model.predict(images)
    assert probabilities.shape == (24, 4)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    model.save(tmp_path / "model.pt")
    loaded = base.classifier(name).load(tmp_path / "model.pt")
    np.testing.assert_allclose(loaded.predict(images), probabilities, atol=1e-6)
    assert "epoch" in history


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_is_a_model(name, stripes, tmp_path):
    images = stripes[1].images()
    one, same = (fit(name, stripes, tmp_path / folder)[0].predict(images) for folder in ("a", "b"))
    np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("name", ["extratrees", "pca_kmeans"])
def test_the_easy_stripes_are_told_apart(name, stripes, tmp_path):
    model, _ = fit(name, stripes, tmp_path)
    assert (model.predict(stripes[1].images()).argmax(axis=1) == stripes[1].labels).mean() > 0.9


def test_clusters_are_named_as_by_trying_all_permutations():
    rng = np.random.default_rng(0)
    labels, clusters = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    best = max((np.array(p)[labels] == clusters).sum() for p in permutations(range(5)))
    assert (name_clusters(labels, clusters, 5)[labels] == clusters).sum() == best


def test_resnet50_is_torchvisions():
    ours = base.classifier("resnet50")(base.settings("resnet50", {}), 20).build((3, 64, 64))
    theirs = resnet50(num_classes=20)
    assert {n: v.shape for n, v in ours.state_dict().items()} == {n: v.shape for n, v in theirs.state_dict().items()}
    assert vars(ours.conv1)["stride"] == (2, 2)


def test_resnet50_has_the_published_training():
    settings = base.settings("resnet50", {})
    assert (settings.batch_size, settings.epochs, settings.learning_rate) == (128, 90, 0.01)
    assert (settings.momentum, settings.weight_decay, settings.optimizer) == (0.9, 5e-5, "sgd")


def test_ziletti_is_its_table():
    network = base.classifier("ziletti")(base.settings("ziletti", {}), 7).build((3, 64, 64))
    convolutions = [layer for layer in network if isinstance(layer, torch.nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [32, 32, 16, 16, 8, 8]
    assert {layer.kernel_size for layer in convolutions} == {(7, 7)}
    names = [type(layer).__name__ for layer in network]
    assert names[4] == names[9] == "MaxPool2d"
    assert names[-6:] == ["Flatten", "Linear", "ReLU", "Dropout", "BatchNorm1d", "Linear"]
    parameters = sum(value.numel() for value in network.parameters())
    # By hand: convolutions 4736 + 50208 + 25104 + 12560 + 6280 + 3144, then 2048 x 128 + 128, 256, 128 x 7 + 7.
    assert parameters == 102032 + 262272 + 256 + 903


def test_ziletti_refuses_a_line():
    with pytest.raises(SgbenchError, match="4 x 4 pixels"):
        base.classifier("ziletti")(base.settings("ziletti", {}), 7).build((1, 1, 1024))
