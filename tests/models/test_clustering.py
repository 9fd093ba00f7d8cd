from itertools import permutations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA, KernelPCA

from sgbench.models import base
from sgbench.models.clustering import name_clusters
from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training import compute, loop
from sgbench.training.objective import Objective
from tests.models.small import plain

OBJECTIVE = Objective(np.ones(10), np.ones(10), np.ones(10))


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Training and dev items of scikit-learn's handwritten digits, 8 x 8 pixels."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    path = tmp_path_factory.mktemp("digits") / "store.h5"
    store.write(path, images, (1, 8, 8), {})
    opened = store.Store(path)
    return [Items.plain(opened, labels[rows], rows) for rows in (np.arange(600), np.arange(600, 900))]


def fit(digits, folder, **settings):
    model = base.build(settings, 10)
    return model, model.fit(*digits, OBJECTIVE, base.Run(0, folder / "checkpoint.pt", "key"))


def right(labels, clusters, n_clusters):
    return int((name_clusters(labels, clusters, 5, n_clusters)[clusters] == labels).sum())


def test_clusters_are_named_as_by_trying_all_permutations():
    rng = np.random.default_rng(0)
    labels, clusters = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    best = max((np.array(names)[clusters] == labels).sum() for names in permutations(range(5)))
    assert right(labels, clusters, 5) == best


def test_more_clusters_than_classes_are_named_as_by_trying_all():
    rng = np.random.default_rng(1)
    labels, clusters = rng.integers(0, 5, 200), rng.integers(0, 7, 200)
    counts = np.array([[((clusters == c) & (labels == k)).sum() for k in range(5)] for c in range(7)])

    def score(chosen):
        left = [cluster for cluster in range(7) if cluster not in chosen]
        assigned = sum(counts[cluster, label] for label, cluster in enumerate(chosen))
        return assigned, counts[left].max(axis=1).sum()

    best = max(map(score, permutations(range(7), 5)), key=lambda of: of[0])
    assert right(labels, clusters, 7) == sum(best)
    # Each class has a cluster, and fewer clusters than classes go to the largest.
    assert set(name_clusters(labels, clusters, 5, 7)) == set(range(5))
    assert set(name_clusters(np.array([0, 1, 1, 2]), np.array([0, 1, 1, 0]), 3, 2)) == {0, 1}


def test_a_class_without_samples_takes_no_cluster():
    assert name_clusters(np.array([0, 0, 2, 2]), np.array([0, 1, 2, 2]), 3, 3).tolist() == [0, 0, 2]


@pytest.mark.parametrize("clusters", [None, 25])
def test_a_new_image_gets_the_class_of_the_nearest_centre(digits, tmp_path, clusters):
    model, _ = fit(digits, tmp_path, kind="pca_kmeans", components=8, clusters=clusters)
    images = digits[1].images()
    points = model.reduce(images)
    distances = np.linalg.norm(points[:, None] - model._kmeans.cluster_centers_, axis=2)
    nearest = distances.argmin(axis=1)
    np.testing.assert_array_equal(model.predict(images).argmax(axis=1), model._class_of_cluster[nearest])
    described = model.describe(images)
    np.testing.assert_array_equal(described["cluster"], nearest)
    np.testing.assert_allclose(np.column_stack([described["x"], described["y"]]), points[:, :2], rtol=1e-6)
    accuracy = (model.predict(images).argmax(axis=1) == digits[1].labels).mean()
    assert accuracy > (0.8 if clusters else 0.6)


def test_the_history_of_pca_is_its_scree(digits, tmp_path):
    _, history = fit(digits, tmp_path, kind="pca_kmeans", components=8)
    expected = PCA(8).fit(digits[0].images().reshape(600, -1)).explained_variance_ratio_
    np.testing.assert_allclose(history["explained_variance_ratio"], expected, rtol=1e-2)
    assert history["component"].tolist() == list(range(1, 9))


def aligned(points, expected):
    """Return the points with the signs of components, which are arbitrary, as in ``expected``."""
    return points * np.sign((points * expected).sum(axis=0))


def test_kernel_pca_is_scikit_learns(digits, tmp_path):
    model, history = fit(digits, tmp_path, kind="kernel_pca_kmeans", components=6)
    train, dev = (items.images().reshape(len(items), -1).astype(float) for items in digits)
    theirs = KernelPCA(6, kernel="poly", degree=3, gamma=1 / 64, coef0=1).fit(train)
    for items, pixels in zip(digits, (train, dev), strict=True):
        expected = theirs.transform(pixels)
        np.testing.assert_allclose(aligned(model.reduce(items.images()), expected), expected, atol=1e-5)
    everything = KernelPCA(kernel="poly", degree=3, gamma=1 / 64, coef0=1).fit(train).eigenvalues_
    np.testing.assert_allclose(
        history["explained_variance_ratio"], everything[:6] / everything[everything > 0].sum(), rtol=1e-4
    )


def test_nystroem_is_near_the_exact_kernel(digits, tmp_path):
    exact, _ = fit(digits, tmp_path, kind="kernel_pca_kmeans", components=4)
    near, _ = fit(digits, tmp_path, kind="kernel_pca_kmeans", components=4, landmarks=300)
    rough, _ = fit(digits, tmp_path, kind="kernel_pca_kmeans", components=4, landmarks=20)
    images = digits[1].images()
    expected = exact.reduce(images)

    def error(model):
        points = aligned(model.reduce(images), expected)
        return np.linalg.norm(points - expected) / np.linalg.norm(expected)

    assert error(near) < 0.02 < error(rough)


def test_the_autoencoder_is_its_table():
    network = base.build({"kind": "autoencoder_kmeans"}, 7).build((3, 64, 64))
    names = [type(layer).__name__ for layer in (*network.encoder, *network.decoder)]
    assert names == ["Flatten", *["Linear", "ReLU"] * 5, "Linear", "Tanh", "Unflatten"]
    layers = [layer for layer in (*network.encoder, *network.decoder) if isinstance(layer, torch.nn.Linear)]
    assert [layer.in_features for layer in layers] == [12288, 128, 64, 2, 64, 128]
    assert layers[-1].out_features == 12288


@pytest.mark.parametrize("kind", ["autoencoder_kmeans", "conv_autoencoder_kmeans", "ziletti"])
def test_a_network_of_karan_2022_starts_as_in_keras(kind, tmp_path):
    model = base.build({"kind": kind}, 7)
    items = plain(tmp_path / "store.h5", np.zeros((2, 3, 16, 16), np.float32), np.zeros(2, int))
    model.start(items if kind == "ziletti" else items.shape, 0)
    for layer in model._network.modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d):
            field = layer.weight[0, 0].numel()
            bound = (6 / (field * (layer.weight.shape[0] + layer.weight.shape[1]))) ** 0.5
            assert not layer.bias.any()
            assert 0.9 * bound < layer.weight.abs().max() <= bound
            assert float(layer.weight.detach().std()) == pytest.approx(bound / 3**0.5, rel=0.2)
    network = torch.nn.Linear(2, 2)
    assert loop._optimizer(network, model.settings).defaults["eps"] == 1e-7


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 8, 8), (2, 21, 13)])
def test_the_convolutional_autoencoder_gives_back_any_shape(shape):
    network = base.build({"kind": "conv_autoencoder_kmeans"}, 7).build(shape)
    images = torch.rand(3, *shape)
    assert network.encoder(images).shape == (3, 32)
    assert network(images).shape == images.shape


@pytest.mark.parametrize("kind", ["autoencoder_kmeans", "conv_autoencoder_kmeans"])
def test_an_autoencoder_learns_to_give_back_and_to_tell_apart(digits, tmp_path, kind):
    schedule = {"epochs": 30, "learning_rate": 0.002}
    model, history = fit(digits, tmp_path, kind=kind, bottleneck=8, clusters=20, **schedule)
    images = digits[1].images()
    # The best epoch's error on dev is that of the network as it is kept, and far below that of the mean image.
    error = float(((compute.outputs(model._network, images) - images) ** 2).mean())
    assert history["dev_loss"].min() == pytest.approx(error, rel=1e-3)
    assert error < 0.7 * float(((digits[0].images().mean(axis=0) - images) ** 2).mean())
    assert (model.predict(images).argmax(axis=1) == digits[1].labels).mean() > 0.5


@pytest.mark.parametrize("deaths", [1, 2, 10])
def test_a_dead_bottleneck_is_drawn_again(digits, tmp_path, monkeypatch, caplog, deaths):
    kind = base.classifier("autoencoder_kmeans")
    started = []

    def start(model, shape, seed):
        begin(model, shape, seed)
        started.append(model._network.state_dict()["encoder.1.weight"].clone())
        if len(started) <= deaths:
            torch.nn.init.constant_(model._network.encoder[-2].bias, -100)

    begin = kind.start
    monkeypatch.setattr(kind, "start", start)
    model, history = fit(digits, tmp_path, kind="autoencoder_kmeans", bottleneck=4, epochs=1)
    drawn = min(deaths + 1, 10)
    assert {"draws": drawn, "dead": deaths}.items() <= model.facts().items()
    assert len(caplog.messages) >= deaths and f"network {deaths} of 10 died" in caplog.text
    assert len(history) == 1
    assert len({float(weights.sum()) for weights in started}) == len(started) == drawn
    assert (np.ptp(model.reduce(digits[0].images()), axis=0) > 0).any() == (deaths < 10)
    model.save(tmp_path / "model.pt")
    assert kind.load(tmp_path / "model.pt").facts() == model.facts()
