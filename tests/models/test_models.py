import pkgutil
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import torch
from torchvision.models import resnet50

import sgbench.models
from sgbench import store
from sgbench.config import LINE_MODELS
from sgbench.data import Items
from sgbench.errors import SgbenchError
from sgbench.models import base
from sgbench.models.pca_kmeans import name_clusters
from sgbench.objective import Objective

OBJECTIVE = Objective({"method": "none"}, pd.DataFrame({"items": [1] * 4, "loss_weight": 1.0}))
HELPERS = {"base", "fitted", "lines", "network"}
MODELS = sorted({module.name for module in pkgutil.iter_modules(sgbench.models.__path__)} - HELPERS)
QUICK = {
    "resnet50": {"epochs": 1, "batch_size": 16},
    "ziletti": {"epochs": 1},
    "extratrees": {"trees": 20},
    "cnn1d": {"epochs": 15, "batch_size": 8, "width": 4},
    "resnet1d": {"epochs": 15, "batch_size": 8, "width": 4},
}


@pytest.fixture(scope="module")
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
        store.write(path, images.reshape(72, *shape), shape, {})
        opened = store.Store(path)
        return tuple(Items.plain(opened, labels[rows], rows) for rows in (np.arange(48), np.arange(48, 72)))

    return items


def fit(name, items, folder, seed=0):
    model = base.classifier(name)(base.settings(name, QUICK.get(name, {})), 4)
    history = model.fit(*items, OBJECTIVE, base.Run(seed, folder / "checkpoint.pt", "key"))
    return model, history


@pytest.mark.parametrize("name", MODELS)
def test_every_model_fits_predicts_saves_and_loads(name, stripes, tmp_path):
    items = stripes(name)
    model, history = fit(name, items, tmp_path)
    images = items[1].images()
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
    items = stripes(name)
    images = items[1].images()
    one, same = (fit(name, items, tmp_path / folder)[0].predict(images) for folder in ("a", "b"))
    np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("name", ["extratrees", "pca_kmeans", *sorted(LINE_MODELS)])
def test_the_easy_stripes_are_told_apart(name, stripes, tmp_path):
    train, dev = stripes(name)
    model, _ = fit(name, (train, dev), tmp_path)
    assert (model.predict(dev.images()).argmax(axis=1) == dev.labels).mean() > 0.9


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


@pytest.mark.parametrize("name", sorted(LINE_MODELS))
@pytest.mark.parametrize("bins", [32, 1000, 1024])
def test_line_models_take_patterns_of_any_length(name, bins):
    network = base.classifier(name)(base.settings(name, {"width": 4}), 7).build((2, 1, bins)).eval()
    assert network(torch.rand(3, 2, 1, bins)).shape == (3, 7)


@pytest.mark.parametrize("name", sorted(LINE_MODELS))
@pytest.mark.parametrize("shape", [(1, 1, 31), (3, 64, 64)])
def test_line_models_refuse_images(name, shape):
    with pytest.raises(SgbenchError, match=f"{name} needs patterns of 1 x 32 bins"):
        base.classifier(name)(base.settings(name, {}), 7).build(shape)
