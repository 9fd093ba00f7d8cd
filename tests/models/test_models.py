import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torchvision.models import resnet18, resnet50

from sgbench.errors import SgbenchError
from sgbench.models import base
from sgbench.models.autoencoder import AutoencoderClassifier
from sgbench.models.clustering import ClusteringClassifier
from sgbench.models.network import NetworkClassifier
from sgbench.predict import modelfile
from sgbench.predict.novelty import Novelty
from sgbench.training.calibration import calibration_error
from sgbench.training.f1 import named
from tests.kinds import names
from tests.models.small import LINE_MODELS, OBJECTIVE, fit, plain

NOVELTY = Novelty(np.zeros(2), np.eye(2), 0.5)
MODELS = sorted(names("models"))


def test_the_schema_says_what_each_model_is():
    classes = {name: base.classifier(name) for name in MODELS}
    clusterings = {name for name, of in classes.items() if issubclass(of, ClusteringClassifier)}
    assert clusterings == names("models", labels=False)
    networks = {name for name, of in classes.items() if issubclass(of, NetworkClassifier | AutoencoderClassifier)}
    assert networks == names("models", network=True)
    assert {name for name, of in classes.items() if hasattr(of, "responses")} == names("models", responds=True)


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
    assert loaded.facts() == model.facts()
    modelfile.write(tmp_path / "model.sgbench", model, tmp_path / "model.pt", NOVELTY, {"kind": name})
    moved = modelfile.read((tmp_path / "model.sgbench").rename(tmp_path / "elsewhere"))
    np.testing.assert_allclose(moved.model.predict(images), probabilities, atol=1e-6)
    assert {"epoch", "component"} & set(history)
    described, again = model.describe(images), loaded.describe(images)
    for name, column in described.items():
        assert column.shape == (24,)
        np.testing.assert_allclose(again[name], column, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_calibrated_on_dev_and_names_the_same_classes(name, stripes, tmp_path):
    train, dev = stripes(name)
    # Labels that no image tells, so that a model is too sure of them.
    doubtful = dev.select(slice(None), np.roll(dev.labels, 1) * (np.arange(len(dev)) % 3 > 0))
    model, _ = fit(name, (train, doubtful), tmp_path)
    raw, calibrated = (of(dev.images()) for of in (model.probabilities, model.predict))
    assert calibrated.dtype == np.float32
    np.testing.assert_array_equal(named(raw), named(calibrated))
    assert not np.allclose(raw, calibrated, atol=1e-3)
    facts = model.facts()
    assert (facts["temperature"], facts["guesses"]) != (1, 0)
    # The temperature is fitted before the guesses, which may take back a little.
    assert facts["dev_nll_after"] <= facts["dev_nll_before"] + 0.02 * (facts["guesses"] > 0)
    told = calibration_error(doubtful.labels, calibrated)
    assert facts["dev_calibration_error_after"] == pytest.approx(told, abs=1e-6)


@pytest.mark.parametrize("name", ["extratrees", "tdc", "ziletti"])
def test_without_dev_samples_a_model_says_what_it_learnt(name, stripes, tmp_path):
    train, dev = stripes(name)
    nothing = dev.select(slice(0), dev.labels[:0])
    model, _ = fit(name, (train, nothing), tmp_path)
    assert {"temperature": 1, "guesses": 0}.items() <= model.facts().items()
    assert "dev_nll_before" not in model.facts()
    np.testing.assert_array_equal(model.predict(dev.images()), model.probabilities(dev.images()))


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_is_a_model(name, stripes, tmp_path):
    items = stripes(name)
    images = items[1].images()
    one, same = (fit(name, items, tmp_path / folder)[0].predict(images) for folder in ("a", "b"))
    np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize(
    "name", ["cnn_xgboost", "extratrees", "kernel_pca_kmeans", "linear", "pca_kmeans", *sorted(LINE_MODELS)]
)
def test_the_easy_stripes_are_told_apart(name, stripes, tmp_path):
    train, dev = stripes(name)
    model, _ = fit(name, (train, dev), tmp_path)
    assert (model.predict(dev.images()).argmax(axis=1) == dev.labels).mean() > 0.9


def test_the_prior_is_the_share_of_the_items(stripes, tmp_path):
    items = stripes("prior")
    model, _ = fit("prior", items, tmp_path)
    expected = np.tile([1 / 3, 1 / 3, 0, 1 / 3], (24, 1))
    np.testing.assert_allclose(model.probabilities(items[1].images()), expected, atol=1e-7)


def test_the_linear_model_is_scikit_learns(stripes, tmp_path):
    parts = stripes("linear")
    model, _ = fit("linear", parts, tmp_path)
    train, dev = ((items.images().reshape(len(items), -1), items.labels) for items in parts)
    scale = StandardScaler().fit(train[0])
    theirs = LogisticRegression(C=0.01).fit(scale.transform(train[0]), train[1])
    expected = theirs.predict_proba(scale.transform(dev[0]))
    np.testing.assert_allclose(model.probabilities(parts[1].images())[:, theirs.classes_], expected, atol=1e-6)


def test_resnet50_is_torchvisions():
    ours = base.classifier("resnet50")(base.settings("resnet50", {}), 20).build((3, 64, 64))
    theirs = resnet50(num_classes=20)
    assert {n: v.shape for n, v in ours.state_dict().items()} == {n: v.shape for n, v in theirs.state_dict().items()}
    assert vars(ours.conv1)["stride"] == (2, 2)


@pytest.mark.parametrize(("pixels", "side"), [(32, 4), (63, 8), (64, 4), (96, 6), (128, 4), (224, 7)])
def test_resnet50_keeps_a_last_map_of_small_images(pixels, side):
    network = base.classifier("resnet50")(base.settings("resnet50", {}), 2).build((1, pixels, pixels)).eval()
    maps = []
    network.layer4.register_forward_hook(lambda *of: maps.append(of[2].shape))
    with torch.inference_mode():
        network(torch.zeros(1, 1, pixels, pixels))
    assert maps == [(1, 2048, side, side)]


@pytest.mark.parametrize(("channels", "pixels"), [(1, 32), (3, 64)])
def test_at_width_64_the_narrow_resnet_has_the_stages_of_torchvisions_resnet18(channels, pixels):
    ours = base.build({"kind": "resnet", "width": 64}, 20).build((channels, pixels, pixels))
    theirs = resnet18(num_classes=20)
    theirs.conv1 = torch.nn.Conv2d(channels, 64, kernel_size=3, bias=False)
    shapes = [[value.shape for value in of.state_dict().values()] for of in (ours, theirs)]
    assert shapes[0] == shapes[1]
    with torch.inference_mode():
        maps = ours[:-3](torch.zeros(1, channels, pixels, pixels))
    assert maps.shape == (1, 512, 4, 4)


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A file of weights of torchvision's network, with the statistics of a batch norm that has learnt."""
    torch.manual_seed(0)
    network = resnet50(num_classes=10)
    network.bn1.running_mean += torch.rand(64)
    path = tmp_path_factory.mktemp("pretrained") / "resnet50.pth"
    torch.save(network.state_dict(), path)
    return path, network.eval()


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_resnet50_starts_from_pretrained_weights_of_any_number_of_channels(pretrained, channels, tmp_path):
    path, theirs = pretrained
    ours = base.classifier("resnet50")(base.settings("resnet50", {"weights": str(path), "stem": "imagenet"}), 4)
    grey = torch.rand(2, 1, 64, 64)
    colour = torch.rand(2, 3, 64, 64) if channels == 3 else grey.expand(2, 3, 64, 64)
    image = colour if channels == 3 else grey.expand(2, channels, 64, 64)
    ours.start(plain(tmp_path / "store.h5", image.numpy(), np.zeros(2, int)), seed=0)
    network = ours._network.eval()
    # As ImageNet was, with the mean and deviation of the images at hand.
    deviation, mean = torch.std_mean(colour, dim=(0, 2, 3), correction=0, keepdim=True)
    with torch.inference_mode():
        expected = theirs.bn1(theirs.conv1((colour - mean) / deviation))
        found = network.layers.bn1(network.layers.conv1(network.scaling(image)))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert torch.equal(network.layers.layer4[2].conv3.weight, theirs.layer4[2].conv3.weight)
    assert network.layers.fc.weight.shape == (4, 2048)


def test_pretrained_weights_are_loaded_for_training_alone(pretrained, stripes, tmp_path):
    path, _ = pretrained
    copy = tmp_path / "weights.pth"
    copy.write_bytes(path.read_bytes())
    settings = {"kind": "resnet50", "weights": str(copy), "stem": "imagenet"}
    model = base.build({"kind": "cnn_xgboost", "model": settings, "train_network": False, "rounds": 3}, 4)
    items = stripes("cnn_xgboost")
    model.fit(*items, OBJECTIVE, base.Run(0, tmp_path / "checkpoint.pt", "key"))
    model.save(tmp_path / "model.pt")
    copy.unlink()
    loaded = base.classifier("cnn_xgboost").load(tmp_path / "model.pt")
    images = items[1].images()
    np.testing.assert_allclose(loaded.predict(images), model.predict(images), atol=1e-6)


@pytest.mark.parametrize("content", [None, b"no weights", {"conv1.weight": torch.zeros(1)}])
def test_unusable_weights_are_named(content, stripes, tmp_path):
    path = tmp_path / "weights.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        torch.save(content, path)
    model = base.build({"kind": "resnet50", "weights": str(path)}, 4)
    with pytest.raises(SgbenchError, match=r"weights .*weights\.pth: not"):
        model.start(stripes("resnet50")[0], seed=0)


def test_defectnet_is_fully_convolutional():
    network = base.build({"kind": "defectnet"}, 4).build((2, 32, 32)).eval()
    with torch.inference_mode():
        for sides in ((32, 32), (64, 40), (9, 21)):
            assert network(torch.rand(2, 2, *sides)).shape == (2, 4)
    with pytest.raises(SgbenchError, match="8 x 8 pixels"):
        base.build({"kind": "defectnet"}, 4).build((1, 1, 1024))


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


def test_ziletti_says_what_its_kernels_answer(stripes, tmp_path):
    model, _ = fit("ziletti", stripes("ziletti"), tmp_path)
    images = stripes("ziletti")[1].images()
    found = model.responses(images)
    assert {layer: maps.shape for layer, maps in found.items()} == {
        1: (24, 4, 32, 32),
        3: (24, 4, 16, 16),
        6: (24, 3, 8, 8),
    }
    convolution = model._network.layers[0].cpu()
    with torch.inference_mode():
        expected = convolution(torch.from_numpy(images))[:, :4].numpy()
    np.testing.assert_allclose(found[1], expected, atol=2e-2)
