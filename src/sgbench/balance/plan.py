"""Plans: what training reads, as a table.

A plan has a row for each training item:

==========  ===========================================================================
id          the sample whose image is read: a training sample, or a generated one of the second store
label       its class index
neighbour   a second sample, or "" for none; of the same class, save in the second Borderline-SMOTE
weight      the item is image + weight * (neighbour's image - image), 0 to 1
augment     seed of the item's augmentation, or -1 for none
==========  ===========================================================================

The plan of a stream, whose items are made beside training and never stored, has one more: ``draw``, the seed that an
item's images follow from together with how often it has been renewed, or -1 for an item that is read. A streamed item's
id says what is drawn; see the step that makes it.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sgbench.errors import SgbenchError

logger = logging.getLogger(__name__)

#: What a class is brought to; see :func:`target_sizes`.
Target = int | float | str | dict[str, int]


@dataclass(frozen=True)
class Growth:
    """How far small classes grow.

    Attributes:
        target: the size to come up to; see :func:`target_sizes`.
        cap: a class grows to at most this many times its samples, 1 or more; None sets no limit.
    """

    target: Target = "largest"
    cap: float | None = None


class Made(NamedTuple):
    """A generated item.

    Attributes:
        label: its class index.
        parent: id of the training sample that it was made from; "" for none.
        drawn: what was drawn for it, by name.
        image: its image, float32 (C, H, W).
    """

    label: int
    parent: str
    drawn: dict[str, Any]
    image: np.ndarray


def real(ids: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return a plan of real samples, each as it is."""
    return pd.DataFrame(
        {
            "id": ids,
            "label": labels.astype(np.int64),
            "neighbour": "",
            "weight": np.float32(0),
            "augment": np.int64(-1),
        }
    )


def streamed(items: Iterable[tuple[int, str, int]]) -> pd.DataFrame:
    """Return a plan of items that are made beside training.

    Args:
        items: of each, its class index, what is drawn for it, and the seed of its draws.
    """
    table = pd.DataFrame(items, columns=["label", "id", "draw"]).astype({"label": np.int64, "draw": np.int64})
    return real(table["id"].to_numpy(), table["label"].to_numpy()).assign(draw=table["draw"])


def with_streamed(plan: pd.DataFrame, stream: pd.DataFrame) -> pd.DataFrame:
    """Return a plan of items that are read, then those of a stream."""
    return pd.concat([plan.assign(draw=np.int64(-1)), stream], ignore_index=True)


def with_generated(rows: pd.DataFrame, generated: pd.DataFrame, sizes: dict[int, int]) -> pd.DataFrame:
    """Return a plan of all ``rows``, then the generated items; a class that lacks some repeats its samples instead.

    Args:
        rows: training rows with id and label.
        generated: the generated items, with id and label.
        sizes: the size to come up to, for each class that is to.
    """
    labels, ids = rows["label"].to_numpy(), rows["id"].to_numpy()
    parts = [real(ids, labels), real(generated["id"].to_numpy(), generated["label"].to_numpy())]
    for label, size in sizes.items():
        members = np.flatnonzero(labels == label)
        missing = size - len(members) - int((generated["label"] == label).sum())
        if missing:
            logger.info("class %d: %d items could not be generated, its samples are repeated", label, missing)
            parts.append(real(ids[np.resize(members, missing)], np.full(missing, label)))
    return pd.concat(parts, ignore_index=True)


def lowered(rows: pd.DataFrame, target: Target) -> dict[int, int]:
    """Return the size to come down to of each class that is larger than its target.

    Args:
        rows: training rows with label; with name (categorical, all class names) where ``target`` is a dictionary.
        target: see :func:`target_sizes`.
    """
    counts = Counter(rows["label"].tolist())
    return {label: size for label, size in target_sizes(rows, target).items() if size < counts[label]}


def raised(rows: pd.DataFrame, growth: Growth) -> dict[int, int]:
    """Return the size to come up to of each class that is smaller than its target.

    Args:
        rows: as for :func:`lowered`.
        growth: see :class:`Growth`.
    """
    counts = Counter(rows["label"].tolist())
    limit = np.inf if growth.cap is None else growth.cap
    sizes = {label: int(min(size, limit * counts[label])) for label, size in target_sizes(rows, growth.target).items()}
    return {label: size for label, size in sizes.items() if size > counts[label]}


def target_sizes(rows: pd.DataFrame, target: Target, absent: bool = False) -> dict[int, int]:
    """Return the size that a target means for each class with training rows, by label.

    Args:
        rows: as for :func:`lowered`.
        target: a number of items (whole, 1 or more); a ratio of the largest class (a float above 0, at most 1);
            smallest, median, mean or largest of the class sizes; or a dictionary of numbers of items by class name
            (``Fm-3m (225)``, ``cubic``) or space-group number, which leaves the other classes as they are.
        absent: for classes without training rows too; ``rows`` needs name then.

    Raises:
        SgbenchError: the target is none of these, or names a class that the task does not have.
    """
    counts = Counter(rows["label"].tolist())
    wanted = range(len(rows["name"].cat.categories)) if absent else sorted(counts)
    if isinstance(target, Mapping):
        labels = _labels_by_key(list(rows["name"].cat.categories))
        unknown = sorted(str(key) for key in target if str(key) not in labels)
        if unknown:
            raise SgbenchError(f"balance target: no class {', '.join(unknown)}; classes: {', '.join(labels)}")
        sizes = {labels[str(key)]: size for key, size in target.items()}
        return {label: sizes[label] for label in wanted if label in sizes}
    return dict.fromkeys(wanted, _common_size(np.array(list(counts.values())), target))


def _common_size(counts: np.ndarray, target: int | float | str) -> int:
    rules: dict[str, Any] = {"smallest": np.min, "median": np.median, "mean": np.mean, "largest": np.max}
    if isinstance(target, int) and target >= 1:
        return target
    if isinstance(target, float) and 0 < target <= 1:
        return max(1, round(target * float(counts.max())))
    if target in rules:
        return max(1, round(float(rules[target](counts))))
    raise SgbenchError(
        f"balance target {target!r}: give a whole number, a ratio of the largest class up to 1.0, "
        f"one of {', '.join(rules)}, or numbers by class"
    )


def _labels_by_key(names: list[str]) -> dict[str, int]:
    """Return the label of each class name, and of each space-group number that stands in one."""
    numbers = {match[1]: label for label, name in enumerate(names) if (match := re.search(r"\((\d+)\)$", name))}
    return {name: label for label, name in enumerate(names)} | numbers


def made_items(plan: pd.DataFrame, ids: pd.Series) -> pd.Series:
    """Return which items of a plan are no plain sample: mixed, augmented, generated or of a stream.

    Args:
        plan: the plan.
        ids: ids of the training samples.
    """
    is_drawn = plan["draw"] >= 0 if "draw" in plan else False
    return (plan["neighbour"] != "") | (plan["augment"] >= 0) | is_drawn | ~plan["id"].isin(ids)


def class_table(names: list[str], rows: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Describe the classes before and after balancing, a row a class.

    Args:
        names: the classes as figures show them.
        rows: the training rows; has id, label, formula and space_group.
        plan: the plan made from them.

    Returns:
        label, name, materials (distinct formula and space group), samples (training rows), items (rows of the plan),
        made (items that are no plain sample), repeated (plain items beyond the first of a sample) and loss_weight
        (1 where the variant weighs no classes).
    """
    index = pd.RangeIndex(len(names))
    material = rows["formula"].str.cat(rows["space_group"].astype(str), "/")
    is_made = made_items(plan, rows["id"])
    made, plain = plan[is_made], plan[~is_made]
    repeated = plain[plain.duplicated("id")]
    return pd.DataFrame(
        {
            "label": index,
            "name": names,
            "materials": material.groupby(rows["label"]).nunique().reindex(index, fill_value=0),
            "samples": rows["label"].value_counts().reindex(index, fill_value=0),
            "items": plan["label"].value_counts().reindex(index, fill_value=0),
            "made": made["label"].value_counts().reindex(index, fill_value=0),
            "repeated": repeated["label"].value_counts().reindex(index, fill_value=0),
            "loss_weight": 1.0,
        }
    )
