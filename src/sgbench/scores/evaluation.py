"""Predictions of a trained model as a table, and their scores beside those of other trainings."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sgbench.models.base import Classifier
from sgbench.progress import track
from sgbench.samples.items import part_items, rows_of_part
from sgbench.samples.store import Store
from sgbench.scores.metrics import cluster_scores, frequency_scores, level_scores, scores
from sgbench.scores.space_groups import group_scores

JUDGED_PARTS = ("dev", "test")
# What scores come for: the parts, and of test, where it holds both, what training knows and what it does not.
_SCORED = (*JUDGED_PARTS, "known", "unknown")
_BATCH = 1024


def predict(
    model: Classifier, store: Store, samples: pd.DataFrame, split: pd.DataFrame, n_classes: int
) -> pd.DataFrame:
    """Predict the dev and test samples, reading a batch of images at a time.

    Args:
        model: a trained model.
        store: the images.
        samples: the task's samples, with id, label and row.
        split: id, part.
        n_classes: number of classes; those beyond the model's have probability 0.

    Returns:
        A row a sample: part, id, label, and p0, p1, ... the probability of each class, float32; then what the model
        says beside them, see :meth:`sgbench.models.base.Classifier.describe`.
    """
    tables = []
    for part in JUDGED_PARTS:
        items = part_items(store, samples, split, part)
        batches = [slice(start, start + _BATCH) for start in range(0, len(items), _BATCH)]
        predicted = [
            _predict(model, items.images(batch), n_classes) for batch in track(batches, len(batches), part, "batches")
        ]
        if not predicted:
            continue
        table = pd.concat(predicted, ignore_index=True)
        table.insert(0, "part", part)
        table.insert(1, "id", rows_of_part(samples, split, part)["id"].to_numpy())
        table.insert(2, "label", items.labels)
        tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"part": [], "id": [], "label": []})


def _predict(model: Classifier, images: np.ndarray, n_classes: int) -> pd.DataFrame:
    probabilities = np.pad(model.predict(images), ((0, 0), (0, n_classes - model.n_classes)))
    table = pd.DataFrame(probabilities, columns=[f"p{number}" for number in range(n_classes)])
    return table.assign(**model.describe(images))


def judge(
    predictions: pd.DataFrame,
    classes: pd.DataFrame,
    space_groups: np.ndarray | None = None,
    known: Collection[str] = (),
) -> dict[str, dict[str, Any] | None]:
    """Score the predictions of each part.

    Args:
        predictions: see :func:`predict`.
        classes: a row a class that was trained on: materials and samples of the training part.
        space_groups: the space group of each class that is predicted, where classes are space groups.
        known: ids of the test samples whose material training knows.

    Returns:
        For dev and test the scores of :func:`of_part`, None for a part without samples; and, where training knows some
        of the test samples and not all, those of the known and of the unknown ones.
    """
    parts = {part: predictions[predictions["part"] == part] for part in JUDGED_PARTS}
    seen = parts["test"]["id"].isin(known)
    if seen.any() and not seen.all():
        parts |= {"known": parts["test"][seen], "unknown": parts["test"][~seen]}
    return {part: None if rows.empty else of_part(rows, classes, space_groups) for part, rows in parts.items()}


def of_part(rows: pd.DataFrame, classes: pd.DataFrame, space_groups: np.ndarray | None) -> dict[str, Any]:
    """Score predictions, one or more.

    Args:
        rows: see :func:`predict`.
        classes: see :func:`judge`, as for ``space_groups``.
        space_groups: as for ``classes``.

    Returns:
        What :func:`sgbench.scores.metrics.scores` gives, :func:`sgbench.scores.metrics.frequency_scores`; of space
        groups :func:`sgbench.scores.space_groups.group_scores`, also of class frequencies, in front of whose names
        stands frequency; for a model with clusters :func:`sgbench.scores.metrics.cluster_scores`, with levels
        :func:`sgbench.scores.metrics.level_scores`.
    """
    labels, probabilities = rows["label"].to_numpy(), rows.filter(regex=r"^p\d+$").to_numpy()
    samples = classes["samples"].to_numpy()
    result = scores(labels, probabilities, classes["materials"].to_numpy())
    result |= frequency_scores(labels, samples)
    if space_groups is not None:
        result |= group_scores(labels, probabilities, space_groups)
        frequencies = np.pad(samples / samples.sum(), (0, len(space_groups) - len(samples)))
        always = np.tile(frequencies, (len(labels), 1))
        result |= {f"frequency_{name}": value for name, value in group_scores(labels, always, space_groups).items()}
    if "cluster" in rows:
        result |= cluster_scores(labels, rows["cluster"].to_numpy())
    if "level" in rows:
        result |= level_scores(labels, probabilities, rows["level"].to_numpy())
    return result


def examples(samples: pd.DataFrame, split: pd.DataFrame, most: int = 7) -> pd.DataFrame:
    """Return a test sample, the first by id, of each of the classes with the most test samples, in the classes' order.

    Args:
        samples: the task's samples, with id, label and row.
        split: id, part.
        most: number of classes.
    """
    rows = rows_of_part(samples, split, "test")
    largest = rows["label"].value_counts().sort_index().sort_values(ascending=False, kind="stable").index[:most]
    return rows[rows["label"].isin(largest)].sort_values(["label", "id"]).drop_duplicates("label")


def collect(cells: Sequence[tuple], fields: Sequence[str], metrics: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return one table of all scores, a row a training.

    Args:
        cells: the trainings of the matrix.
        fields: the names of a cell's values.
        metrics: what the evaluation of each wrote, in the same order.

    Returns:
        The fields, train_items, what training knows of the test samples, what models say of their training, and the
        scores of each part as dev_* and test_*, and of known and unknown samples as known_* and unknown_*.
    """
    rows = []
    for cell, metric in zip(cells, metrics, strict=True):
        row = dict(zip(fields, cell, strict=True))
        row |= {key: value for key, value in metric.items() if key not in _SCORED}
        for part in _SCORED:
            row |= {f"{part}_{name}": value for name, value in (metric.get(part) or {}).items()}
        rows.append(row)
    return pd.DataFrame(rows)
