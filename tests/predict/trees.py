"""A model file of a few trees."""

import numpy as np

from sgbench.models.extratrees import Classifier, Settings
from sgbench.predict import modelfile
from sgbench.predict.novelty import Novelty
from sgbench.training.objective import Objective
from sgbench.training.run import Run


def trees(path, items, classes):
    """Train on items, write the model to a path, and return that."""
    trained, ones = Classifier(Settings(trees=20), len(classes)), np.ones(len(classes))
    trained.fit(items, items, Objective(ones, ones, ones), Run(0, path.with_name("checkpoint.pt"), ""))
    about = {
        "kind": "extratrees",
        "study": "tests",
        "cell": {"model": "trees", "modality": "xray", "task": "all"},
        "task": {"predict": "space_group", "largest": None},
        "classes": classes,
        "frequencies": np.bincount(items.labels).tolist(),
        "shape": list(items.shape),
        "made_by": items.store.made_by,
        "scores": {"test": {"accuracy": 0.5, "macro_f1": 0.25}},
        "commit": "c0ffee",
    }
    order = np.random.default_rng(0).permutation(len(items))
    modelfile.write(path, trained, path.with_name("model.pt"), Novelty.fit(items.images(order)), about)
    return path
