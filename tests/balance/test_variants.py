"""Every balance variant, and some of several steps, with one small model, from the rows to the predictions."""

import numpy as np
import pandas as pd
import pytest

from sgbench.balance.plan import class_table
from sgbench.balance.variant import Variant
from sgbench.models import base
from sgbench.samples import store
from sgbench.samples.items import images_of, part_items, plan_items
from tests.balance.test_plans import GENERATING, LOSSES, MEASURING, METHODS, SEARCHING, crystals

QUICK = {
    "medium": {"trees": 3, "step": 0.5},
    "cluster": {"clusters": 3},
    "gan": {"steps": 2, "width": 8, "batch_size": 4},
    "crt": {"epochs": 1},
    "augment": {"items": "all"},
}
MODELS = {"ziletti": {"epochs": 1, "batch_size": 16}, "extratrees": {"trees": 5}}


@pytest.fixture(scope="module")
def patterns(tmp_path_factory):
    """Noise of 16 x 16 in three classes, and its split."""
    labels = np.repeat([0, 1, 2], [30, 12, 4])
    images = np.random.default_rng(0).random((len(labels), 3, 16, 16), np.float32)
    path = tmp_path_factory.mktemp("patterns") / "store.h5"
    made_by = {"simulate": "fingerprint", "pixels": 16, "pixel_size_m": 0.0016}
    store.write(path, images, (3, 16, 16), made_by)
    samples = pd.DataFrame({"id": [f"s{n}" for n in range(len(labels))], "label": labels, "row": range(len(labels))})
    samples = samples.assign(formula=samples["id"], space_group=1, name=pd.Categorical.from_codes(labels, list("abc")))
    split = pd.DataFrame({"id": samples["id"], "part": np.array(["train", "train", "dev"])[np.arange(len(labels)) % 3]})
    return store.Store(path), samples, split


SEVERAL = [
    ["under", "smote", "augment", "balanced_softmax"],
    ["cluster", "medium", "class_weights"],
    ["gan", "augment", "ldam"],
    ["physics", "augment"],
]


@pytest.mark.parametrize(
    "methods", [*([method] for method in METHODS if method not in MEASURING), *SEVERAL], ids="-".join
)
def test_a_model_learns_from_every_variant(methods, patterns, tmp_path):
    opened, samples, split = patterns
    variant = Variant({"method": method, **QUICK.get(method, {})} for method in methods)
    part = samples["id"].map(split.set_index("id")["part"])
    rows, dev = samples[part == "train"], samples[part == "dev"]
    images, before, generated = images_of(opened, rows), [], None
    if SEARCHING & set(methods):
        before = [variant.search(rows, dev, 0, images, images_of(opened, dev))]
    if GENERATING & set(methods):
        items = list(variant.generate(rows, 0, images, crystals, opened.made_by))
        table = pd.DataFrame({"id": [f"g{n}" for n in range(len(items))], "label": [item.label for item in items]})
        store.write(tmp_path / "generated.h5", (item.image for item in items), opened.shape, {})
        before, generated = [table], (store.Store(tmp_path / "generated.h5"), table)
    plan = variant.plan(rows, 0, images, *before)
    classes = class_table(["a", "b", "c"], rows, plan)
    classes["loss_weight"] = variant.weights(classes["items"].to_numpy())
    train = plan_items(opened, samples, plan, variant.augmenter(opened.made_by), generated)
    name = "ziletti" if LOSSES & set(methods) else "extratrees"
    model = base.classifier(name)(base.settings(name, MODELS[name]), 3)
    run = base.Run(0, tmp_path / "checkpoint.pt", "key")
    model.fit(train, part_items(opened, samples, split, "dev"), variant.objective(classes), run)
    probabilities = model.predict(opened.read(dev["row"].to_numpy()))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
