"""The training loop of all networks: seeded, resumable after any step, best epoch by the score on dev."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from sgbench.errors import SgbenchError
from sgbench.progress import track
from sgbench.samples.items import Items
from sgbench.seeds import derive
from sgbench.training import checkpoint, compute, distributed
from sgbench.training.checkpoint import Progress
from sgbench.training.feed import Feed, batches, coming
from sgbench.training.losses import Loss
from sgbench.training.run import Run

logger = logging.getLogger(__name__)

#: Steps between two looks at whether the loss is finite. Each look makes a GPU finish what it has been given.
_LOOK_EVERY = 100


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast a network learns.

    Attributes:
        epochs: passes over the plan, 1 or more.
        batch_size: items a step, 2 or more; of all processes together where several train one network.
        optimizer: sgd (with momentum), adam, or adamw (Loshchilov & Hutter 2019).
        learning_rate: above 0.
        momentum: of sgd, 0 to 1.
        epsilon: of adam and adamw, added to the size of a step's gradients that divides it, above 0.
        weight_decay: 0 or more.
        decay: constant; cosine, from the learning rate to 0 over all steps (Loshchilov & Hutter 2017); or step, a
            tenth of it after each ``decay_epochs`` (He et al. 2016).
        decay_epochs: epochs between two steps of the learning rate, 1 or more.
        clip_norm: gradients are shortened to this norm, above 0; None leaves them.
        patience: stop after so many epochs without a better score on dev; None never stops early.
        compile: let torch.compile fuse operations; pays on a GPU after some minutes.
        deterministic: the same bits in every run on the same kind of device; False may be faster on a GPU.
    """

    epochs: int
    batch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    decay: str = "constant"
    decay_epochs: int = 30
    clip_norm: float | None = None
    patience: int | None = None
    compile: bool = False
    deterministic: bool = True


def train(
    network: nn.Module,
    items: Items,
    dev: Items,
    schedule: Schedule,
    loss: Loss,
    run: Run,
    classifier_only: bool = False,
) -> pd.DataFrame:
    """Train ``network`` in place and leave it at its best epoch, by ``loss.score`` on ``dev``.

    Everything random in a step follows from the seed and the numbers of epoch, step and process, so that a run resumed
    from its checkpoint takes the same steps as an unbroken one. On SIGTERM the checkpoint is written after the step.

    Args:
        network: images (n, C, H, W) to logits (n, classes).
        items: what to learn from.
        dev: what to choose on.
        schedule: see :class:`Schedule`.
        loss: what to minimise.
        run: seed, checkpoint and threads.
        classifier_only: the rest of the network is frozen, and classes are drawn equally often.

    Returns:
        A row an epoch: epoch, loss (mean over the items), the scores on dev, learning_rate, items (seen in the epoch).
        Times go to the log: this table is the same in every run.

    Raises:
        SgbenchError: the loss is not finite, there are fewer items than a batch needs, or a signal asked to stop.
    """
    if len(items) < max(2, distributed.size()):
        raise SgbenchError(f"the plan has {len(items)} training item; a network needs two or more, and one a process")
    torch.set_num_threads(run.threads)
    compute.be_deterministic(schedule.deterministic)
    where = compute.device()
    network = distributed.share_batch_statistics(network, where)
    network.to(where, memory_format=torch.channels_last)
    loss.to(where)
    optimizer = _optimizer(network, schedule)
    progress = checkpoint.resume(run, network, optimizer)
    if schedule.compile:
        network.compile()
    step = _Step(network, distributed.wrap(network, where), optimizer, loss, schedule)
    feed = Feed(items, where)
    start = len(progress.history), progress.step
    items.expect(coming(items.labels, schedule.batch_size, run.seed, start, schedule.epochs, classifier_only))
    with checkpoint.stop_signals() as stop:
        while len(progress.history) < schedule.epochs and not _is_over(progress.history, schedule.patience, loss.score):
            # Frozen layers behave as in prediction: no dropout, and batch norm keeps its statistics.
            network.train(not classifier_only)
            order = batches(items.labels, schedule.batch_size, run.seed, len(progress.history), classifier_only)
            started, waited = time.monotonic(), feed.waited_s
            rate = _epoch(step, feed, order, progress, run, stop)
            seconds, waited = time.monotonic() - started, feed.waited_s - waited
            _finish_epoch(network, dev, loss, progress, rate, sum(map(len, order)))
            checkpoint.save(run, progress, network, optimizer)
            logger.info(
                "epoch %d of %d: loss %.4f, %s; %.0f items/s, %.0f %% of the time waiting for input",
                len(progress.history),
                schedule.epochs,
                progress.history[-1]["loss"],
                ", ".join(f"{name} {value:.4f}" for name, value in progress.history[-1].items() if "dev_" in name),
                sum(map(len, order)) / seconds,
                100 * waited / seconds,
            )
            stop.check(run, progress, network, optimizer)
    items.expect([])
    network.load_state_dict(progress.best)
    return pd.DataFrame(progress.history)


@dataclass
class _Step:
    """One step of gradient descent."""

    network: nn.Module
    wrapped: nn.Module
    optimizer: torch.optim.Optimizer
    loss: Loss
    schedule: Schedule

    def __call__(self, images: torch.Tensor, labels: torch.Tensor, done: float) -> torch.Tensor:
        """Take a step with this process's share of a batch and return the whole batch's loss, still on the device."""
        with compute.autocast(images.device):
            progress = (math.floor(done) + 1) / self.schedule.epochs
            values, weights = self.loss.of(self.wrapped, images, labels, progress)
        mine = (values * weights).sum() / distributed.total(weights.sum())
        self.optimizer.zero_grad(set_to_none=True)
        # Gradients are averaged over the processes, whose parts of the loss add up.
        (mine * distributed.size()).backward()
        if self.schedule.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.schedule.clip_norm)
        self.set_rate(done)
        self.optimizer.step()
        return distributed.total(mine.detach())

    def set_rate(self, done: float) -> None:
        """Set the learning rate after ``done`` epochs."""
        rate = self.schedule.learning_rate
        if self.schedule.decay == "cosine":
            rate *= (1 + math.cos(math.pi * done / self.schedule.epochs)) / 2
        elif self.schedule.decay == "step":
            rate *= 0.1 ** (math.floor(done) // self.schedule.decay_epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate


def _epoch(
    step: _Step, feed: Feed, order: list[np.ndarray], progress: Progress, run: Run, stop: checkpoint.Stop
) -> float:
    """Take the steps of an epoch that ``progress`` has not seen yet; return the last learning rate."""
    epoch = len(progress.history)
    left = order[progress.step :]
    done = sum(map(len, order[: progress.step]))
    total = sum(map(len, order))
    shares = distributed.size()
    fed = track(feed(left, epoch), total, f"epoch {epoch + 1}", "items", done, lambda batch: len(batch[1]) * shares)
    for images, labels in fed:
        torch.manual_seed(derive(run.seed, "step", epoch, progress.step, distributed.rank()))
        value = step(images, labels, epoch + progress.step / len(order))
        progress.loss_sum = progress.loss_sum.to(value.device) + value.double() * len(order[progress.step])
        progress.step += 1
        if progress.step % _LOOK_EVERY == 0 or progress.step == len(order):
            _check_finite(progress, step.schedule)
        stop.check(run, progress, step.network, step.optimizer)
    return step.optimizer.param_groups[0]["lr"]


def retrain_classifier(
    network: nn.Module, items: Items, dev: Items, schedule: Schedule, loss: Loss, run: Run
) -> pd.DataFrame:
    """Learn the last linear layer of a trained network anew, on classes drawn equally often (cRT; Kang et al. 2020).

    Takes ``loss.retrain_epochs`` epochs of ``schedule``; arguments and result are those of :func:`train`.
    """
    second = run.part("retrain")
    torch.manual_seed(second.seed)
    network.requires_grad_(False)
    layer = network.get_submodule(classifier_name(network)).requires_grad_(True)
    layer.reset_parameters()
    epochs = replace(schedule, epochs=loss.retrain_epochs)
    history = train(network, items, dev, epochs, loss, second, classifier_only=True)
    network.requires_grad_(True)
    second.checkpoint.unlink(missing_ok=True)
    return history


def classifier_name(network: nn.Module) -> str:
    """Return the name of a network's last linear layer, which turns features into logits."""
    return [name for name, module in network.named_modules() if isinstance(module, nn.Linear)][-1]


def _check_finite(progress: Progress, schedule: Schedule) -> None:
    if not math.isfinite(progress.loss_sum):
        raise SgbenchError(
            f"training diverged: the loss is not finite in epoch {len(progress.history) + 1}, by step {progress.step}; "
            f"lower learning_rate (now {schedule.learning_rate})"
        )


def _finish_epoch(network: nn.Module, dev: Items, loss: Loss, progress: Progress, rate: float, count: int) -> None:
    """Judge the epoch on dev, write its row of the history, and keep its weights if they are the best."""
    progress.history.append(
        {
            "epoch": len(progress.history) + 1,
            "loss": float(progress.loss_sum) / count,
            **loss.judge(network, dev),
            "learning_rate": rate,
            "items": count,
        }
    )
    progress.step, progress.loss_sum = 0, torch.zeros_like(progress.loss_sum)
    if _best_epoch(progress.history, loss.score) == len(progress.history) - 1:
        progress.best = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def _optimizer(network: nn.Module, schedule: Schedule) -> torch.optim.Optimizer:
    rate, decay = schedule.learning_rate, schedule.weight_decay
    if schedule.optimizer == "sgd":
        return torch.optim.SGD(network.parameters(), rate, momentum=schedule.momentum, weight_decay=decay)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[schedule.optimizer]
    return kind(network.parameters(), rate, eps=schedule.epsilon, weight_decay=decay)


def _best_epoch(history: list[dict[str, Any]], score: Callable[[dict[str, Any]], float]) -> int:
    """Return the best epoch's place; without dev samples every epoch counts as better than the one before."""
    scores = [score(row) for row in history]
    return len(scores) - 1 if np.isnan(scores).all() else int(np.nanargmax(scores))


def _is_over(history: list[dict[str, Any]], patience: int | None, score: Callable[[dict[str, Any]], float]) -> bool:
    return patience is not None and len(history) > 0 and len(history) - 1 - _best_epoch(history, score) >= patience
