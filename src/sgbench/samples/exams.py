"""What a trained model is judged on: the test part of its own patterns, or an exam of others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sgbench.errors import SgbenchError
from sgbench.samples.items import rows_elsewhere
from sgbench.samples.redistribute import counts, seen_in_training
from sgbench.samples.store import Store
from sgbench.samples.tasks import Task


@dataclass(frozen=True)
class Exam:
    """Samples to judge a model on, none of which it was trained or chosen on.

    Attributes:
        rows: the samples: id, label (place in ``classes``) and ``row``, their row in the exam's store.
        split: id, part: dev and test; other crystals are all test.
        classes: the values that labels stand for: those that the model knows, then others of the exam, which it cannot
            name.
        audit: of the test part: samples, materials, how many of these training knows, and share_in_train; see
            :func:`sgbench.samples.redistribute.audit`.
        known: ids of the test samples whose material, or image, stands in train as well.
    """

    rows: pd.DataFrame
    split: pd.DataFrame
    classes: list
    audit: dict[str, float]
    known: frozenset[str]


def like(store: Store, learnt: Store) -> Store:
    """Return the store of an exam, if its images are of the shape that a model learns from.

    Raises:
        SgbenchError: they are not.
    """
    if store.shape != learnt.shape:
        raise SgbenchError(
            f"the exam's images are {_size(store)}, the model's {_size(learnt)}; give both modalities one shape"
        )
    return store


def _size(store: Store) -> str:
    return " x ".join(map(str, store.shape)) + " (channels, height, width)"


def same_crystals(task: Task, samples: pd.DataFrame, split: pd.DataFrame, others: pd.DataFrame) -> Exam:
    """Return the dev and test crystals of a split, as another modality, or the model's own, shows them.

    Args:
        task: what is predicted.
        samples: the task's samples that the model learns from, with label.
        split: how they are divided.
        others: the samples of the other modality, in the order of its store; has id.
    """
    seen = seen_in_training(split, samples)
    known = frozenset(seen.loc[(seen["part"] == "test") & seen["seen"], "id"])
    return Exam(rows_elsewhere(samples, others), split, task.classes(samples), counts(seen)["test"], known)


def other_crystals(task: Task, samples: pd.DataFrame, split: pd.DataFrame, others: pd.DataFrame) -> Exam:
    """Return the samples of another modality that :func:`belonging` gives, as one test part.

    Training knows a material of theirs if it has one of the same reduced formula and space group, or an equal image.

    Args:
        task: what is predicted.
        samples: the task's samples that the model learns from, with label.
        split: how they are divided.
        others: the samples of the exam, in the order of its store: id, material, formula, space_group, image, and what
            is predicted.

    Raises:
        SgbenchError: no sample of the exam belongs to the task.
    """
    rows, classes = belonging(task, task.classes(samples), others)
    apart = _renamed(rows)
    train = split[split["part"] == "train"]
    together = pd.concat([train, apart[["id"]].assign(part="test")], ignore_index=True)
    seen = seen_in_training(together, pd.concat([samples, apart], ignore_index=True))
    known = rows["id"][seen.loc[seen["part"] == "test", "seen"].to_numpy()]
    return Exam(rows, rows[["id"]].assign(part="test"), classes, counts(seen)["test"], frozenset(known))


def belonging(task: Task, learnt: list, others: pd.DataFrame) -> tuple[pd.DataFrame, list]:
    """Return the samples of an exam of other crystals that belong to a task, with label and row, and the classes.

    They are all whose class is known, or, in a task of the largest space groups, those of a class that the model has.

    Args:
        task: what is predicted.
        learnt: the classes of the model.
        others: see :func:`other_crystals`.

    Returns:
        The samples; and the classes that labels stand for, see :class:`Exam`.

    Raises:
        SgbenchError: there is no such sample.
    """
    rows = others.assign(row=np.arange(len(others)))
    rows = rows[~rows[task.predict].isin(["", 0])]
    if task.largest is not None:
        rows = rows[rows[task.predict].isin(learnt)]
    if rows.empty:
        raise SgbenchError(f"none of the {len(others)} samples of the exam is of a class of the task")
    classes = [*learnt, *(value for value in task.classes(rows) if value not in learnt)]
    label = {value: number for number, value in enumerate(classes)}
    return rows.assign(label=rows[task.predict].map(label).astype(np.int64)), classes


def _renamed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return samples with names that no other has: files of others may be called as those that were trained on.

    What has no formula is named by its material in its place, see :mod:`sgbench.ingest`.
    """
    names = "exam: " + rows["id"]
    formula = rows["formula"].where(rows["formula"] != rows["material"], names)
    return rows.assign(id=names, material=names, formula=formula)
