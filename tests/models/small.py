"""Small items, and every model fitted to them in seconds."""

import numpy as np

from sgbench.models import base
from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training.objective import Objective
from tests.kinds import names

OBJECTIVE = Objective(np.ones(4), np.ones(4), np.ones(4))
LINE_MODELS = names("models", takes="lines")
QUICK = {
    "cnn1d": {"epochs": 15, "batch_size": 8, "width": 4},
    "resnet1d": {"epochs": 15, "batch_size": 8, "width": 4},
    "autoencoder_kmeans": {"epochs": 2},
    "cnn_xgboost": {"model": {"kind": "ziletti", "epochs": 4}, "rounds": 10},
    "conv_autoencoder_kmeans": {"epochs": 2},
    "defectnet": {"epochs": 1},
    "extratrees": {"trees": 20},
    "flow": {"model": {"kind": "extratrees", "trees": 10, "min_samples_leaf": 4}, "folds": 2},
    "resnet": {"epochs": 2, "batch_size": 16, "width": 16},
    "resnet50": {"epochs": 1, "batch_size": 16, "stem": "imagenet"},
    "tdc": {"model": {"kind": "ziletti", "epochs": 2}, "sizes": 1},
    "tdc_shared": {"epochs": 2, "batch_size": 16, "width": 16, "sizes": 1},
    "vote": {"model": {"kind": "ziletti", "epochs": 1}},
    "ziletti": {"epochs": 1},
}


def plain(path, images, labels):
    """Items of a store of images (n, C, H, W) that nothing is known of, each as it is."""
    store.write(path, images, images.shape[1:], {})
    return Items.plain(store.Store(path), labels, np.arange(len(images)))


def fit(name, items, folder, seed=0):
    model = base.classifier(name)(base.settings(name, QUICK.get(name, {})), 4)
    history = model.fit(*items, OBJECTIVE, base.Run(seed, folder / "checkpoint.pt", "key"))
    return model, history
