"""Stopping a training and going on with it: the checkpoint, and the signals of a scheduler whose time is up."""

import logging
import pickle
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from sgbench.errors import SgbenchError
from sgbench.files import atomic
from sgbench.training import distributed
from sgbench.training.run import Run

logger = logging.getLogger(__name__)

#: What a scheduler sends before it kills: Slurm SIGTERM, LSF SIGUSR2 or SIGINT first.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)


@dataclass
class Progress:
    """How far a training is.

    Attributes:
        history: a row a finished epoch.
        best: weights of the best epoch so far, None before the first ends.
        step: batches taken of the epoch that is going on.
        loss_sum: sum of the loss over their items, float64 scalar.
    """

    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, torch.Tensor] | None = None
    step: int = 0
    loss_sum: torch.Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.float64))


def resume(run: Run, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Return how far an earlier run came, with network and optimizer set to where they were then.

    A checkpoint that is missing, unreadable, or of another ``run.key`` means to start anew.
    """
    if not run.checkpoint.exists():
        return Progress()
    try:
        state = torch.load(run.checkpoint, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        logger.warning("%s is not readable (%s); training starts anew", run.checkpoint, error)
        return Progress()
    if state["key"] != run.key:
        logger.info("%s is of other settings or data; training starts anew", run.checkpoint)
        return Progress()
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    progress = Progress(**state["progress"])
    logger.info("resumed from %s after epoch %d, step %d", run.checkpoint, len(progress.history), progress.step)
    return progress


def save(run: Run, progress: Progress, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Write ``run.checkpoint``, from the first process."""
    if distributed.rank() == 0:
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "progress": vars(progress)}
        with atomic(run.checkpoint) as partial:
            torch.save({"key": run.key, **state}, partial)


class Stop:
    """Whether a signal has asked this process to stop."""

    asked: signal.Signals | None = None

    def check(self, run: Run, progress: Progress, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Save and end the training if a signal has come.

        Raises:
            SgbenchError: one has; the message says where the training stands.
        """
        if self.asked is not None:
            save(run, progress, network, optimizer)
            raise SgbenchError(
                f"stopped by {self.asked.name} in epoch {len(progress.history) + 1} after step {progress.step}; "
                f"the next run goes on from {run.checkpoint}"
            )


@contextmanager
def stop_signals() -> Iterator[Stop]:
    """Turn the first signal to end into a request that the training loop answers after its step; a second one ends.

    Of several processes the first one saves; the others wait for it, and end when it has gone.
    """
    stop = Stop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def ask(number: int, frame: Any) -> None:
        if distributed.rank() == 0:
            stop.asked = signal.Signals(number)
        for each, handler in before.items():
            signal.signal(each, handler if distributed.rank() == 0 else signal.SIG_IGN)

    for number in _SIGNALS:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
