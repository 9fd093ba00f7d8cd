"""The circumstances of one training."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from sgbench.seeds import derive


@dataclass(frozen=True)
class Run:
    """The circumstances of one training.

    Attributes:
        seed: seed of every random number in it.
        checkpoint: file to resume from, written as training goes on; may be absent.
        key: names everything that the result depends on; a checkpoint of another key is not resumed.
        threads: CPU threads to use. Sums run in another order with another number, so it is part of the result.
        start: file of a trained network of the same kind, whose weights and scale of images are where training starts;
            None starts from what the model starts from by itself.
    """

    seed: int
    checkpoint: Path
    key: str
    threads: int = 1
    start: Path | None = None

    def part(self, *name: str | int, seed: int | None = None) -> Self:
        """Return the circumstances of one of several trainings, with a seed, a checkpoint and a key of its own.

        Args:
            name: what tells it from the others, e.g. "level", 2.
            seed: its seed; None derives one by the name.
        """
        words = list(map(str, name))
        return replace(
            self,
            seed=derive(self.seed, *name) if seed is None else seed,
            checkpoint=self.checkpoint.with_suffix(f".{''.join(words)}.pt"),
            key=" ".join([self.key, *words]),
        )
