"""Reading a store through a table: training items of a plan, or plain samples of a part."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sgbench.errors import SgbenchError
from sgbench.files import read_table
from sgbench.parallel import Workers
from sgbench.samples.store import Joined, Store
from sgbench.samples.stream import Images, Stream
from sgbench.samples.tasks import Task

_IN_MEMORY_BYTES = 2 * 1024**3
_AUGMENTED_AT_ONCE = 512
_TEXT = pa.large_string()

#: Changes images (n, C, H, W), each by its own seed (n,).
Augmenter = Callable[[np.ndarray, np.ndarray], np.ndarray]


@runtime_checkable
class Mixing(Protocol):
    """An augmenter that puts something of other images into one."""

    def among(self, images: Images, count: int) -> Augmenter:
        """Return one that takes the others from these, which ``images`` gives by their positions, 0 to count - 1."""


@dataclass
class Items:
    """Items to train on or to judge, read from a store when they are asked for.

    A synthetic item, (1 - weight) * image + weight * neighbour, is made as it is read, and so is an augmented one.

    Attributes:
        store: where the images are.
        labels: class index of each item, int64 (n,).
        rows: the store's row of each item, int64 (n,).
        neighbours: the store's row of each item's neighbour; its own row where it has none.
        weights: weight of the neighbour, float32 (n,).
        seeds: seed of each item's augmentation, int64 (n,); -1 for none.
        augmenter: what augments; needed where a seed asks for it.
        groups: number of what each item shows, a material for instance, int (n,); its own row where nobody said.
        stream: makes the items that have a seed there; the rows of these may be beyond the store, and have no
            neighbours. None where all items are read.
    """

    store: Store | Joined
    labels: np.ndarray
    rows: np.ndarray
    neighbours: np.ndarray
    weights: np.ndarray
    seeds: np.ndarray
    augmenter: Augmenter | None = None
    groups: np.ndarray | None = None
    stream: Stream | None = None
    _kept: tuple[np.ndarray, np.ndarray] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.groups is None:
            self.groups = self.rows

    @classmethod
    def plain(cls, store: Store, labels: np.ndarray, rows: np.ndarray) -> Self:
        """Return samples as they are."""
        return cls(store, labels, rows, rows, np.zeros(len(rows), np.float32), np.full(len(rows), -1))

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, index: np.ndarray, labels: np.ndarray) -> Self:
        """Return some of the items, ``index`` as positions or a mask, with other labels, (n,)."""
        chosen = {name: getattr(self, name)[index] for name in ("rows", "neighbours", "weights", "seeds", "groups")}
        return replace(self, labels=labels, stream=self.stream and self.stream.select(index), **chosen)

    def grouped(self, rows: np.ndarray, groups: np.ndarray) -> Self:
        """Return the same items, each in the group of its row; a row that is not named is a group of its own.

        Args:
            rows: rows of the store, (m,).
            groups: the group of each, int (m,), 0 or more.
        """
        of_row = groups.max(initial=-1) + 1 + np.arange(max(len(self.store), self.rows.max(initial=-1) + 1))
        of_row[rows] = groups
        return replace(self, groups=of_row[self.rows])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (C, H, W) of one image."""
        return self.store.shape

    def images(self, index: np.ndarray | slice = slice(None), epoch: int = 0) -> np.ndarray:
        """Return the images of items, float32 (n, C, H, W); an augmented item is another one in each epoch."""
        images = self._plain(index, epoch)
        if self.augmenter is not None:
            self._augment(images, _seeds_in(epoch, self.seeds[index]))
        return images

    def expect(self, coming: Iterable[tuple[np.ndarray, int]]) -> None:
        """Have made ahead what will be read: positions (m,) and the epoch, in that order."""
        if self.stream is not None:
            self.stream.expect(coming)

    def _plain(self, index: np.ndarray | slice, epoch: int) -> np.ndarray:
        """Return images that are not augmented."""
        if self.stream is None:
            return self._read(self.rows[index], self.neighbours[index], self.weights[index])
        places = np.arange(len(self))[index]
        images = np.empty((len(places), *self.store.shape), np.float32)
        made = self.stream.seeds[places] >= 0
        read = places[~made]
        images[made] = self.stream.images(places[made], epoch)
        images[~made] = self._read(self.rows[read], self.neighbours[read], self.weights[read])
        return images

    def _read(self, rows: np.ndarray, neighbours: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return images of the store, moved towards their neighbours."""
        if np.array_equal(rows, neighbours):
            needed, images = self._fetch(rows)
            return images.take(np.searchsorted(needed, rows), axis=0)
        # Slow to import, and most jobs mix nothing.
        from sgbench.samples.mixing import mix

        needed, images = self._fetch(np.concatenate([rows, neighbours]))
        first, second = (np.searchsorted(needed, places) for places in (rows, neighbours))
        return mix(images.reshape(len(needed), -1), first, second, weights).reshape(-1, *self.store.shape)

    def _augment(self, images: np.ndarray, seeds: np.ndarray) -> None:
        """Change the images that have a seed, in place."""
        changed = np.flatnonzero(seeds >= 0)
        for start in range(0, len(changed), _AUGMENTED_AT_ONCE):
            some = changed[start : start + _AUGMENTED_AT_ONCE]
            images[some] = self.augmenter(images[some], seeds[some])

    def _fetch(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return increasing rows of the store, ``rows`` among them, and their images.

        They are all that the items ever need, kept in memory, where that fits there; else read anew.
        """
        if self._kept is not None:
            return self._kept
        read = slice(None) if self.stream is None else self.stream.seeds < 0
        needed = np.union1d(self.rows[read], self.neighbours[read])
        if len(needed) * np.prod(self.store.shape) * 4 > _IN_MEMORY_BYTES:
            needed = np.unique(rows)
            return needed, self.store.read(needed)
        self._kept = needed, self.store.read(needed)
        return self._kept


def _seeds_in(epoch: int, seeds: np.ndarray) -> np.ndarray:
    """Return the seeds of an epoch, below 2^63; those of the first are the plan's, and -1 stays -1."""
    step = (epoch * 0x9E3779B97F4A7C15) % 2**63
    mixed = (seeds.astype(np.uint64) + np.uint64(step)) & np.uint64(2**63 - 1)
    return np.where(seeds < 0, seeds, mixed.astype(np.int64))


def plan_items(
    store: Store,
    samples: pd.DataFrame,
    plan: pd.DataFrame,
    augmenter: Augmenter | None = None,
    generated: tuple[Store, pd.DataFrame] | None = None,
    streaming: tuple[Workers, float] | None = None,
) -> Items:
    """Return the training items of a plan.

    Args:
        store: the images.
        samples: the task's samples; has id and ``row``, their row in the store.
        plan: see :mod:`sgbench.balance.plan`.
        augmenter: what augments; needed where an item of the plan asks for it. One that mixes does so among the images
            of the plan; see :meth:`sgbench.samples.stream.Stream.after`.
        generated: the second store and, in its order, the table of its images; needed where the plan has such items.
        streaming: what makes the items of a stream, and the share of them that is new in each epoch; needed where the
            plan has such items.

    Raises:
        ValueError: an item is to be augmented, and there is no augmenter.
        SgbenchError: the two stores do not go together, the plan names a sample that is not there, or has items of a
            stream where nothing makes them.
    """
    if augmenter is None and (plan["augment"] >= 0).any():
        raise ValueError("the plan augments items, but nothing says how")
    known = samples[["id", "row"]]
    if generated is not None:
        second, table = generated
        known = pd.concat([known, pd.DataFrame({"id": table["id"], "row": len(store) + np.arange(len(table))})])
        store = Joined(store, second)
    ids, at = pa.array(known["id"], _TEXT), known["row"].to_numpy()
    draws = plan["draw"].to_numpy() if "draw" in plan else np.full(len(plan), -1)
    made = draws >= 0
    if made.any() and streaming is None:
        raise SgbenchError("items of this plan are a stream, made beside training and never stored; none are here")
    # Items of a stream lie in no store: each is a row of its own beyond it.
    rows = len(store) + np.arange(len(plan))
    rows[~made] = at[_places(plan["id"][~made], ids)]
    neighbours = rows.copy()
    has = (plan["neighbour"] != "").to_numpy()
    neighbours[has] = at[_places(plan["neighbour"][has], ids)]
    weights, seeds = plan["weight"].to_numpy(np.float32), plan["augment"].to_numpy()
    items = Items(store, plan["label"].to_numpy(), rows, neighbours, weights, seeds)
    if made.any():
        items.stream = Stream(streaming[0], plan["id"].to_numpy(), draws, streaming[1], items.shape)
    if isinstance(augmenter, Mixing):
        training = np.unique(rows[~made])
        others: tuple[Images, int] = lambda positions: store.read(training[positions]), len(training)
        augmenter = augmenter.among(*(items.stream.after(*others) if items.stream else others))
    items.augmenter = augmenter
    return items


def _places(wanted: pd.Series, ids: pa.Array) -> np.ndarray:
    """Return the place in ``ids`` of each wanted one, int (n,), without an object for each of what may be millions."""
    places = pc.index_in(pa.array(wanted, _TEXT), ids)
    if places.null_count:
        unknown = wanted.iloc[places.is_null().to_numpy(zero_copy_only=False).argmax()]
        raise SgbenchError(f"the plan names {unknown}, which is not among the samples")
    return places.to_numpy()


def part_items(store: Store, samples: pd.DataFrame, split: pd.DataFrame, part: str) -> Items:
    """Return the plain samples of one part of a split.

    Args:
        store: the images.
        samples: the task's samples, with label and ``row``, their row in the store.
        split: id, part.
        part: train, dev or test.
    """
    chosen = rows_of_part(samples, split, part)
    rows = chosen["row"].to_numpy()
    return Items.plain(store, chosen["label"].to_numpy(), rows)


def rows_of_part(samples: pd.DataFrame, split: pd.DataFrame, part: str) -> pd.DataFrame:
    """Return the samples of one part of a split, in the order of ``samples``."""
    return samples[samples["id"].isin(split.loc[split["part"] == part, "id"])]


def training_rows(samples: str | Path, split: str | Path, **task: Any) -> pd.DataFrame:
    """Read the training rows of a task, with label, row and name, the class's (categorical, of all classes).

    Args:
        samples: ``samples.parquet`` of the modality.
        split: the split's table.
        task: see :class:`sgbench.samples.tasks.Task`.
    """
    table, names = task_samples(samples, **task)
    rows = rows_of_part(table, read_table(split), "train")
    return rows.assign(name=pd.Categorical.from_codes(rows["label"], names))


def images_of(store: Store, rows: pd.DataFrame) -> Images:
    """Return a function that reads the images of positions in ``rows``, which has ``row``, their row in the store."""
    places = rows["row"].to_numpy()
    return lambda positions: store.read(places[positions])


def rows_elsewhere(samples: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the samples that another store has too, with ``row`` their row in that store.

    Args:
        samples: the task's samples, with label.
        others: the samples of the other store, in its order; has id.
    """
    row_of = pd.Series(np.arange(len(others)), index=others["id"])
    shared = samples[samples["id"].isin(row_of.index)]
    return shared.assign(row=row_of[shared["id"]].to_numpy())


def task_samples(path: str | Path, **task: Any) -> tuple[pd.DataFrame, list[str]]:
    """Read ``samples.parquet`` and return the samples of a task, with label and row, and its class names.

    Args:
        path: ``samples.parquet`` of the modality.
        task: see :class:`sgbench.samples.tasks.Task`.
    """
    samples = read_table(path)
    samples["row"] = np.arange(len(samples))
    of = Task(**task)
    return of.samples(samples), of.names(samples)
