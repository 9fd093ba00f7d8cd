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
    """

    seed: int
    checkpoint: Path
    key: str
    threads: int = 1
