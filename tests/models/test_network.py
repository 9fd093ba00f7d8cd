"""What all networks share: the scale of their images, what they say of their training, and their features."""

import numpy as np
import pandas as pd
import pytest
import torch

from sgbench.errors import SgbenchError
from sgbench.models import base, network
from sgbench.training import compute
from tests.kinds import names
from tests.models.small import OBJECTIVE, QUICK, fit, plain

STANDARDISED = [name for name in sorted(names("models")) if getattr(base.classifier(name), "standardised", False)]


@pytest.mark.parametrize("name", STANDARDISED)
def test_a_network_learns_the_same_in_any_unit_of_intensity(name, stripes, tmp_path):
    parts = stripes(name)
    # A power of two, so that nothing is rounded otherwise.
    others = [plain(tmp_path / f"{place}.h5", 64 * of.images(), of.labels) for place, of in enumerate(parts)]
    model, history = fit(name, parts, tmp_path / "a")
    pd.testing.assert_frame_equal(fit(name, others, tmp_path / "b")[1], history)
    model.save(tmp_path / "model.pt")
    loaded = base.classifier(name).load(tmp_path / "model.pt")
    images = parts[1].images()
    np.testing.assert_array_equal(loaded.predict(images), model.predict(images))
    assert loaded.facts() == model.facts()


def test_the_published_cnn_sees_images_as_they_are(stripes, tmp_path):
    train, _ = stripes("ziletti")
    model = base.build({"kind": "ziletti"}, 4)
    model.start(train, seed=0)
    images = torch.from_numpy(train.images())
    assert torch.equal(model._network.scaling.cpu()(images), images)


@pytest.mark.parametrize(("rate", "converged"), [(2e-3, True), (1e-9, False)])
def test_a_network_that_did_not_learn_its_own_items_says_so(rate, converged, stripes, tmp_path):
    settings = {"kind": "cnn1d", **QUICK["cnn1d"], "learning_rate": rate}
    train, dev = stripes("cnn1d")
    run = base.Run(0, tmp_path / "checkpoint.pt", "key")
    for model in (settings, {"kind": "tdc", "sizes": 2, "folds": 2, "model": settings}):
        model = base.build(model, 4)
        model.fit(train, dev, OBJECTIVE, run)
        assert model.facts()["converged"] is converged
    trees, _ = fit("extratrees", (train, dev), tmp_path)
    assert "converged" not in trees.facts()


def test_a_training_converged_that_leaves_half_of_the_errors_of_naming_the_largest_class(stripes, monkeypatch):
    train, _ = stripes("cnn1d")
    items = train.select(np.arange(40), np.repeat([0, 1, 2], [20, 10, 10]))
    model = base.build({"kind": "cnn1d"}, 4)
    model.start(items, seed=0)
    for right, converged in ((29, False), (30, True)):
        found = np.eye(4, dtype=np.float32)[np.where(np.arange(40) < right, items.labels, 3)]
        monkeypatch.setattr(compute, "probabilities", lambda network, images, found=found: found)
        assert network._learnt(model._network, items) == {"train_accuracy": right / 40, "converged": converged}


def test_a_network_of_before_images_had_a_scale_is_refused_in_a_line(stripes, tmp_path):
    model = base.build({"kind": "cnn1d"}, 4)
    model.start(stripes("cnn1d")[0], seed=0)
    model.save(tmp_path / "model.pt")
    state = torch.load(tmp_path / "model.pt", weights_only=True)
    del state["root"]
    torch.save(state, tmp_path / "model.pt")
    with pytest.raises(SgbenchError, match=r"model\.pt: a network without the scale .* train it anew"):
        base.classifier("cnn1d").load(tmp_path / "model.pt")


def test_features_are_what_the_last_layer_sees(stripes, tmp_path):
    items = stripes("ziletti")
    model, _ = fit("ziletti", items, tmp_path)
    images = items[1].images()
    features = torch.from_numpy(model.features(images))
    with torch.inference_mode():
        probabilities = model._network.layers[-1].cpu()(features).softmax(dim=1)
    np.testing.assert_allclose(probabilities, model.probabilities(images), atol=2e-2)
