"""Each loss against its equation, and each balance variant with a small model."""

import itertools
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from torch import nn

from sgbench.balance import class_balanced, class_weights, ldam
from sgbench.balance.plan import class_table
from sgbench.balance.variant import Variant
from sgbench.errors import SgbenchError
from sgbench.models import base
from sgbench.models.network import CosineLinear
from sgbench.samples import store
from sgbench.samples.items import images_of, part_items, plan_items
from sgbench.study.schema import read
from sgbench.training import checkpoint, loop, losses
from sgbench.training.feed import batches
from tests.balance.test_plans import GENERATING, LOSSES, MEASURING, METHODS, MODULES, SEARCHING, WEIGHTS, step
from tests.kinds import SCHEMA

COUNTS = np.array([60, 25, 5])
LOGITS = torch.tensor([[1.0, 0.2, -0.5], [0.3, 0.1, 0.9], [-1.0, 2.0, 0.4], [0.0, 0.5, 0.2]])
LABELS = torch.tensor([0, 2, 1, 0])


def asked_of(method, counts=COUNTS, **values):
    variant = Variant([{"method": method, **values}])
    return variant.objective(pd.DataFrame({"samples": counts, "items": counts, "loss_weight": variant.weights(counts)}))


def make(method, **values):
    return losses.make(asked_of(method, **values))


def by_hand(logits, weights=None):
    """Cross-entropy in numpy; a mean weighted by class."""
    logits = np.asarray(logits, float)
    surprise = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(4), LABELS]
    return np.average(surprise, weights=None if weights is None else weights[LABELS])


def value(method, progress=0.0, logits=LOGITS, **values):
    values, weights = make(method, **values)(logits, LABELS, progress)
    return float((values * weights).sum() / weights.sum())


def test_weights_are_inverse_to_the_size_or_the_effective_number():
    np.testing.assert_allclose(class_weights.weights(COUNTS, None), 90 / (3 * COUNTS))
    settings = class_balanced.Settings(beta=0.9)
    expected = 0.1 / (1 - 0.9**COUNTS)
    np.testing.assert_allclose(class_balanced.weights(COUNTS, settings), 3 * expected / expected.sum())
    # Towards the two ends: no weighting, and the inverse of the size.
    np.testing.assert_allclose(class_balanced.weights(COUNTS, class_balanced.Settings(0.0)), 1)
    near = class_balanced.weights(COUNTS, class_balanced.Settings(1 - 1e-9))
    np.testing.assert_allclose(near * COUNTS, near[0] * COUNTS[0], rtol=1e-5)


@pytest.mark.parametrize("method", sorted(WEIGHTS))
def test_a_class_without_items_weighs_one(method):
    found = MODULES[method].weights(np.array([7, 0, 3]), MODULES[method].Settings())
    assert found[1] == 1
    assert np.isfinite(found).all()


def test_losses_are_those_of_their_equations():
    plain = by_hand(LOGITS)
    assert value("none") == pytest.approx(plain)
    assert value("crt") == pytest.approx(plain)
    assert value("class_weights") == pytest.approx(by_hand(LOGITS, 30 / COUNTS))
    assert value("focal", gamma=0.0) == pytest.approx(plain)
    truth = LOGITS.softmax(dim=1)[range(4), LABELS].numpy()
    assert value("focal", gamma=2.0) == pytest.approx(np.mean(-((1 - truth) ** 2) * np.log(truth)))
    assert value("balanced_softmax") == pytest.approx(by_hand(LOGITS.numpy() + np.log(COUNTS)))
    assert value("logit_adjustment", tau=0.7) == pytest.approx(by_hand(LOGITS.numpy() + 0.7 * np.log(COUNTS / 90)))
    assert value("logit_adjustment") == pytest.approx(value("balanced_softmax"))


def test_ldam_widens_margins_of_rare_classes_and_weighs_late():
    margins = 0.5 * (5 / COUNTS) ** 0.25
    assert margins[2] == 0.5
    less = np.zeros((4, 3))
    less[np.arange(4), LABELS] = 30 * margins[LABELS]
    assert value("ldam", progress=0.8) == pytest.approx(by_hand(LOGITS.numpy() - less), rel=1e-5)
    late = by_hand(LOGITS.numpy() - less, ldam.weights(COUNTS, ldam.Settings()))
    assert value("ldam", progress=0.81) == pytest.approx(late, rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_losses_stay_finite_without_items_of_a_class(method):
    loss = make(method, counts=np.array([7, 0, 3]))
    logits = LOGITS.clone().requires_grad_(True)
    values, _ = loss(logits, torch.tensor([0, 2, 2, 0]), 1.0)
    values.mean().backward()
    assert torch.isfinite(logits.grad).all()


def ends(method):
    """Return settings at both ends of what the schema allows, or just inside, one at a time, and its defaults."""
    shared = read(SCHEMA).json["$defs"]
    file = yaml.safe_load((SCHEMA / "balances" / f"{method}.yaml").read_text())
    found = [{}]
    for name, schema in file.get("properties", {}).items():
        schema = {**shared.get(schema.get("$ref", "").removeprefix("#/$defs/"), {}), **schema}
        if schema["type"] == "number":
            low = schema["minimum"] if "minimum" in schema else np.nextafter(schema["exclusiveMinimum"], 1)
            high = schema["maximum"] if "maximum" in schema else np.nextafter(schema["exclusiveMaximum"], 0)
            found += [{name: float(value)} for value in (low, low + (high - low) / 20, high)]
    return found


#: Logits that differ mildly and wildly, are all equal, and leave no doubt, right or wrong.
EXTREME = torch.tensor(
    [[1.0, 0.2, -0.5], [1e4, -1e4, 0], [-1e4, 1e4, 1e4], [0, 0, 0], [1e4, 1e4, 1e4], [200, 0, 0], [20, 0, -20]]
)


@pytest.mark.parametrize("method", sorted(LOSSES | WEIGHTS | {"none"}))
def test_gradients_are_right_and_finite_over_the_whole_range(method):
    logits, labels = EXTREME.repeat(3, 1), torch.arange(3).repeat_interleave(len(EXTREME))
    for values, counts, progress in itertools.product(ends(method), (COUNTS, np.array([100_000, 1, 30])), (0.5, 1.0)):
        loss = make(method, counts=counts, **values)
        rough = logits.clone().requires_grad_(True)
        each, weights = loss(rough, labels, progress)
        (each * weights).sum().backward()
        for found in (each, weights, rough.grad):
            assert torch.isfinite(found).all(), values
        exact = logits.double().requires_grad_(True)
        total = partial(lambda of, at, found: of(found, labels, at)[0].sum(), loss, progress)
        assert torch.autograd.gradcheck(total, exact, eps=1e-4, atol=1e-3, fast_mode=True), values


def test_errors_of_a_reconstruction_have_right_and_finite_gradients():
    images = torch.tensor([[0.0, 1.0], [1e4, -1e4], [0.5, 0.5]])
    made = torch.tensor([[0.3, 0.9], [-1e4, 1e4], [0.5, 0.5]])

    def errors(made):
        return losses.Reconstruction().of(lambda _: made, images, None, 1.0)[0]

    rough = made.clone().requires_grad_(True)
    errors(rough).sum().backward()
    torch.testing.assert_close(rough.grad, made - images)


@pytest.mark.parametrize("method", sorted(LOSSES))
def test_models_without_a_loss_say_what_they_take(method):
    with pytest.raises(SgbenchError, match=f"model extratrees .* class weights, not {method}$"):
        asked_of(method).class_weights("extratrees")


def test_cosine_logits_do_not_grow_with_the_features():
    torch.manual_seed(0)
    layer = CosineLinear(5, 3, 30.0)
    features = torch.randn(4, 5)
    torch.testing.assert_close(layer(7 * features), layer(features))
    assert layer(features).abs().max() <= 30
    torch.testing.assert_close(layer(layer.weight.detach()).diagonal(), torch.full((3,), 30.0))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Images of 8 x 8 with a spot in a place of its own for each of three classes of 60, 25 and 5 training samples."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], COUNTS + 10)
    part = np.concatenate([["train"] * size + ["dev"] * 10 for size in COUNTS])
    images = rng.random((len(labels), 1, 8, 8), np.float32)
    images[np.arange(len(labels)), 0, 2 * labels, 2 * labels] += 0.7
    path = tmp_path_factory.mktemp("study") / "store.h5"
    store.write(path, images, (1, 8, 8), {"simulate": "fingerprint", "pixels": 8, "code": ""})
    ids = [f"s{number}" for number in range(len(labels))]
    samples = pd.DataFrame({"id": ids, "label": labels, "row": range(len(ids)), "formula": ids, "space_group": 1})
    samples["name"] = pd.Categorical.from_codes(labels, list("abc"))
    return store.Store(path), samples, pd.DataFrame({"id": ids, "part": part})


def fit(study, method, kind, folder, **values):
    """Plan, read and fit as the workflow does; return the model, its history and the dev items."""
    opened, samples, split = study
    variant = Variant([step(method, **values)])
    rows, dev = (samples[split["part"] == part] for part in ("train", "dev"))
    record = []
    if method in SEARCHING:
        record = [variant.search(rows, dev, 0, images_of(opened, rows), images_of(opened, dev))]
    plan = variant.plan(rows, 0, images_of(opened, rows), *record)
    classes = class_table(["a", "b", "c"], rows, plan)
    classes["loss_weight"] = variant.weights(classes["items"].to_numpy())
    quick = {"extratrees": {"trees": 20}, "ziletti": {"epochs": 3, "batch_size": 16}}[kind]
    model = base.classifier(kind)(base.settings(kind, quick), 3)
    judged = part_items(opened, samples, split, "dev")
    run = base.Run(0, folder / "checkpoint.pt", "key")
    items = plan_items(opened, samples, plan, variant.augmenter(opened.made_by))
    history = model.fit(items, judged, variant.objective(classes), run)
    return model, history, judged


@pytest.mark.parametrize(
    ("epochs", "defer", "first"), [(1, 0.8, 1), (4, 0.8, 4), (5, 0.8, 5), (4, 0.5, 3), (2, 1.0, None)]
)
def test_class_weights_set_in_at_the_last_epoch_at_the_latest(epochs, defer, first, study, tmp_path, monkeypatch):
    weighted = []
    forward = ldam.Loss.forward

    def spy(*args):
        values, weights = forward(*args)
        weighted.append(bool((weights != 1).any()))
        return values, weights

    monkeypatch.setattr(ldam.Loss, "forward", spy)
    items = part_items(*study, "dev")
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    schedule = loop.Schedule(epochs=epochs, batch_size=len(items))
    loop.train(network, items, items, schedule, make("ldam", defer=defer), base.Run(0, tmp_path / "run.pt", "key"))
    assert weighted == [first is not None and epoch >= first for epoch in range(1, epochs + 1)]


# Those that make items first are met in tests/balance/test_variants.py.
@pytest.mark.parametrize("method", sorted(set(METHODS) - LOSSES - GENERATING - MEASURING))
def test_every_variant_meets_the_trees(study, method, tmp_path):
    model, _, dev = fit(study, method, "extratrees", tmp_path)
    assert (model.predict(dev.images()).argmax(axis=1) == dev.labels).mean() > 0.4


@pytest.mark.parametrize("method", sorted(set(METHODS) - GENERATING - MEASURING))
def test_every_variant_meets_a_network(study, method, tmp_path):
    model, history, dev = fit(study, method, "ziletti", tmp_path)
    assert np.isfinite(history["loss"]).all()
    model.save(tmp_path / "model.pt")
    loaded = base.classifier("ziletti").load(tmp_path / "model.pt")
    np.testing.assert_allclose(loaded.predict(dev.images()), model.predict(dev.images()), atol=1e-6)


def test_retraining_changes_the_last_layer_only(study, tmp_path):
    first, _, _ = fit(study, "none", "ziletti", tmp_path / "a")
    both, history, _ = fit(study, "crt", "ziletti", tmp_path / "b", epochs=2)
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5]
    one, two = first._network.state_dict(), both._network.state_dict()
    last = loop.classifier_name(first._network)
    for name in one:
        assert torch.equal(one[name], two[name]) == (not name.startswith(f"{last}.")), name
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["checkpoint.pt"]


def test_a_second_phase_killed_goes_on_from_its_checkpoint(study, tmp_path, monkeypatch):
    expected, _, dev = fit(study, "crt", "ziletti", tmp_path / "a", epochs=3)
    seen = []
    real_save = checkpoint.save

    def save(run, *state):
        real_save(run, *state)
        seen.append(run.checkpoint.name)
        if seen.count("checkpoint.retrain.pt") == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", save)
    with pytest.raises(KeyboardInterrupt):
        fit(study, "crt", "ziletti", tmp_path / "b", epochs=3)
    seen.clear()
    resumed, history, _ = fit(study, "crt", "ziletti", tmp_path / "b", epochs=3)
    assert seen == ["checkpoint.retrain.pt"]
    assert len(history) == 6
    np.testing.assert_array_equal(resumed.predict(dev.images()), expected.predict(dev.images()))


def test_equal_classes_are_drawn_equally_often():
    labels = np.repeat([0, 2, 3], [900, 90, 10])
    order = np.concatenate(batches(labels, 64, 0, 0, True))
    assert len(order) == 1000
    drawn = np.bincount(labels[order], minlength=4)
    assert drawn[1] == 0
    assert (np.abs(drawn[[0, 2, 3]] - 333) < 60).all()


def test_the_last_linear_layer_is_the_classifier():
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Sequential(nn.Linear(5, 3), nn.Dropout()))
    assert loop.classifier_name(network) == "2.0"


def test_trees_mind_class_weights_and_clusters_refuse_them(study, tmp_path):
    plain, _, dev = fit(study, "none", "extratrees", tmp_path)
    weighted, _, _ = fit(study, "class_weights", "extratrees", tmp_path)
    assert not np.array_equal(plain.predict(dev.images()), weighted.predict(dev.images()))
    model = base.classifier("pca_kmeans")(base.settings("pca_kmeans", {}), 3)
    with pytest.raises(SgbenchError, match="pca_kmeans learns without labels"):
        model.fit(dev, dev, asked_of("class_weights"), base.Run(0, tmp_path / "checkpoint.pt", "key"))
