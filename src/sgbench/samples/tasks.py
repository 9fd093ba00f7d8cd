"""Tasks: what is to be told from a pattern, as class indices."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sgbench.crystals.symmetry import BRAVAIS_LATTICES, CRYSTAL_SYSTEMS, N_SPACE_GROUPS, symbol
from sgbench.errors import SgbenchError


@dataclass(frozen=True)
class Task:
    """A classification task.

    Attributes:
        predict: the column of ``samples.parquet`` to predict: crystal_system, bravais_lattice, space_group or
            structure_class (crystals without one do not belong to the task).
        largest: keep the samples of that many largest space groups only; None keeps all.
        every: all 230 space groups are classes, those without samples as well; for space_group.
    """

    predict: str
    largest: int | None = None
    every: bool = False

    def samples(self, samples: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of ``samples`` that belong to the task, with the class index in a column ``label``.

        The classes are numbered in the order of :meth:`classes`.

        Raises:
            SgbenchError: no sample belongs to the task, or all are of one class.
        """
        samples = samples[~samples[self.predict].isin(["", 0])]
        if self.largest is not None:
            samples = samples[samples["space_group_rank"] <= self.largest]
        classes = self.classes(samples)
        if len(classes) < 2 or samples.empty:
            raise SgbenchError(
                f"task on {self.predict}: {len(samples)} samples of {len(classes)} class; "
                "there is nothing to tell apart"
            )
        index = {value: number for number, value in enumerate(classes)}
        return samples.assign(label=samples[self.predict].map(index).astype(np.int64))

    def classes(self, samples: pd.DataFrame) -> list:
        """Return the classes, in their conventional order: by symmetry, or by number or name."""
        if self.every:
            return list(range(1, N_SPACE_GROUPS + 1))
        present = set(samples[self.predict])
        if self.predict in ("space_group", "structure_class"):
            return sorted(present)
        order = CRYSTAL_SYSTEMS if self.predict == "crystal_system" else BRAVAIS_LATTICES
        return [value for value in order if value in present]

    def names(self, samples: pd.DataFrame) -> list[str]:
        """Return the classes as a figure shows them, e.g. ``Fm-3m (225)``."""
        return self.shown(self.classes(self.samples(samples)))

    def shown(self, classes: list) -> list[str]:
        """Return classes as a figure shows them."""
        return [f"{symbol(number)} ({number})" for number in classes] if self.predict == "space_group" else classes

    def space_groups(self, classes: list) -> np.ndarray | None:
        """Return classes as space groups, int (classes,), where they are such."""
        return np.array(classes) if self.predict == "space_group" else None
