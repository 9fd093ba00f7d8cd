"""The circumstances of one training."""

from dataclasses import dataclass
from pathlib import Path


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
