"""The training loop of all networks: seeded, resumable after each epoch, best epoch by dev macro-F1."""

import logging
import math
import pickle
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch import nn

from sgbench.data import Items
from sgbench.errors import SgbenchError
from sgbench.files import atomic
from sgbench.losses import Loss
from sgbench.models.base import Run
from sgbench.progress import track
from sgbench.seeds import derive, generator

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast a network learns.

    Attributes:
        epochs: passes over the plan, 1 or more.
        batch_size: items a step, 2 or more.
        optimizer: sgd (with momentum) or adam.
        learning_rate: above 0.
        momentum: of sgd, 0 to 1.
        weight_decay: 0 or more.
        decay: constant, or cosine (from the learning rate to 0 over all steps; Loshchilov & Hutter 2017).
        patience: stop after so many epochs without a better dev macro-F1; None never stops early.
    """

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    momentum: float = 0.9
    weight_decay: float = 0.0
    decay: str = "constant"
    patience: int | None = None


def device() -> torch.device:
    """Return the GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _autocast(where: torch.device) -> torch.autocast:
    """Compute in bfloat16 where the hardware has it: GPUs of compute capability 8, CPUs with AVX-512 BF16 or AMX."""
    if where.type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(where.type, torch.bfloat16, enabled=able)


def train(
    network: nn.Module,
    items: Items,
    dev: Items,
    schedule: Schedule,
    loss: Loss,
    run: Run,
    classifier_only: bool = False,
) -> pd.DataFrame:
    """Train ``network`` in place and leave it at its best epoch, by macro-F1 on ``dev``.

    Everything random in an epoch follows from the seed and the epoch's number, so that a run resumed from its
    checkpoint takes the same steps as an unbroken one.

    Args:
        network: images (n, C, H, W) to logits (n, classes).
        items: what to learn from.
        dev: what to choose on.
        schedule: see :class:`Schedule`.
        loss: what to minimise.
        run: seed, checkpoint and threads.
        classifier_only: the rest of the network is frozen, and classes are drawn equally often.

    Returns:
        A row an epoch: epoch, loss (mean over the items), dev_loss, dev_accuracy, dev_macro_f1, learning_rate,
        items (seen in the epoch). Times go to the log: this table is the same in every run.

    Raises:
        SgbenchError: the loss is not finite, or there are fewer items than a batch needs.
    """
    if len(items) < 2:
        raise SgbenchError(f"the plan has {len(items)} training item; a network needs two or more")
    torch.set_num_threads(run.threads)
    where = device()
    network.to(where, memory_format=torch.channels_last)
    optimizer = _optimizer(network, schedule)
    loss.to(where)
    state = _resume(run, network, optimizer)
    steps = len(_batches(items.labels, schedule.batch_size, run.seed, 0, classifier_only))
    for epoch in range(len(state["history"]), schedule.epochs):
        if _is_over(state["history"], schedule.patience):
            break
        torch.manual_seed(derive(run.seed, "epoch", epoch))
        started, loss_sum = time.monotonic(), 0.0
        # Frozen layers behave as in prediction: no dropout, and batch norm keeps its statistics.
        network.train(not classifier_only)
        for step, (images, labels) in enumerate(_read(items, schedule.batch_size, run.seed, epoch, classifier_only)):
            rate = _set_rate(optimizer, schedule, (epoch * steps + step) / (schedule.epochs * steps))
            with _autocast(where):
                value = loss(network(images.to(where)), labels.to(where), epoch / schedule.epochs)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            loss_sum += float(value.detach()) * len(labels)
            if not np.isfinite(loss_sum):
                raise SgbenchError(
                    f"training diverged: the loss is not finite in epoch {epoch + 1}, step {step + 1}; "
                    f"lower learning_rate (now {schedule.learning_rate})"
                )
        scores = _judge(network, dev)
        state["history"].append(
            {
                "epoch": epoch + 1,
                "loss": loss_sum / len(items),
                **scores,
                "learning_rate": rate,
                "items": len(items),
            }
        )
        if _is_best(state["history"]):
            state["best"] = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        _save(run, state, network, optimizer)
        logger.info(
            "epoch %d of %d: loss %.4f, dev macro-F1 %.4f, %.0f items/s",
            epoch + 1,
            schedule.epochs,
            loss_sum / len(items),
            scores["dev_macro_f1"],
            len(items) / (time.monotonic() - started),
        )
    network.load_state_dict(state["best"])
    return pd.DataFrame(state["history"])


def retrain_classifier(
    network: nn.Module, items: Items, dev: Items, schedule: Schedule, loss: Loss, run: Run
) -> pd.DataFrame:
    """Learn the last linear layer of a trained network anew, on classes drawn equally often (cRT; Kang et al. 2020).

    Takes ``loss.retrain_epochs`` epochs of ``schedule``; arguments and result are those of :func:`train`.
    """
    torch.manual_seed(derive(run.seed, "retrain"))
    network.requires_grad_(False)
    layer = network.get_submodule(classifier_name(network)).requires_grad_(True)
    layer.reset_parameters()
    checkpoint = run.checkpoint.with_suffix(".retrain.pt")
    second = Run(derive(run.seed, "retrain"), checkpoint, f"{run.key} retrained", run.threads)
    epochs = replace(schedule, epochs=loss.retrain_epochs)
    history = train(network, items, dev, epochs, loss, second, classifier_only=True)
    network.requires_grad_(True)
    checkpoint.unlink(missing_ok=True)
    return history


def classifier_name(network: nn.Module) -> str:
    """Return the name of a network's last linear layer, which turns features into logits."""
    return [name for name, module in network.named_modules() if isinstance(module, nn.Linear)][-1]


@torch.inference_mode()
def predict(network: nn.Module, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Return the softmax probabilities, float32 (n, classes), of images (n, C, H, W)."""
    network.eval()
    where = next(network.parameters()).device
    parts = []
    for start in range(0, len(images), batch_size):
        batch = torch.from_numpy(images[start : start + batch_size]).to(where, memory_format=torch.channels_last)
        with _autocast(where):
            logits = network(batch)
        parts.append(logits.float().softmax(dim=1).cpu().numpy())
    return np.concatenate(parts)


def _optimizer(network: nn.Module, schedule: Schedule) -> torch.optim.Optimizer:
    rate, decay = schedule.learning_rate, schedule.weight_decay
    if schedule.optimizer == "sgd":
        return torch.optim.SGD(network.parameters(), rate, momentum=schedule.momentum, weight_decay=decay)
    return torch.optim.Adam(network.parameters(), rate, weight_decay=decay)


def _set_rate(optimizer: torch.optim.Optimizer, schedule: Schedule, progress: float) -> float:
    rate = schedule.learning_rate
    if schedule.decay == "cosine":
        rate *= (1 + math.cos(math.pi * progress)) / 2
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate


def _batches(labels: np.ndarray, size: int, seed: int, epoch: int, equal: bool) -> list[np.ndarray]:
    """Return the shuffled positions of an epoch, a batch at a time; batch norm cannot take a last batch of one.

    With ``equal``, as many positions are drawn with repeats instead, from all classes equally often.
    """
    draw = generator(seed, "shuffle", epoch)
    order = _equal_classes(labels, draw) if equal else draw.permutation(len(labels))
    batches = np.split(order, range(size, len(order), size))
    if len(batches[-1]) == 1:
        batches[-2:] = [np.concatenate(batches[-2:])]
    return batches


def _equal_classes(labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    by_class = np.argsort(labels, kind="stable")
    present, starts, counts = np.unique(labels[by_class], return_index=True, return_counts=True)
    chosen = draw.integers(len(present), size=len(labels))
    return by_class[starts[chosen] + draw.integers(counts[chosen])]


def _read(items: Items, size: int, seed: int, epoch: int, equal: bool) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    batches = _batches(items.labels, size, seed, epoch, equal)
    for index in track(batches, len(batches), f"epoch {epoch + 1}", "batches"):
        images = torch.from_numpy(items.images(index)).contiguous(memory_format=torch.channels_last)
        yield images, torch.from_numpy(items.labels[index])


def _judge(network: nn.Module, dev: Items) -> dict[str, float]:
    """Score the network on ``dev``; without dev samples every epoch counts as better than the one before."""
    if len(dev) == 0:
        return {"dev_loss": np.nan, "dev_accuracy": np.nan, "dev_macro_f1": np.nan}
    probabilities = predict(network, dev.images())
    guess = probabilities.argmax(axis=1)
    truth = np.take_along_axis(probabilities, dev.labels[:, None], axis=1)
    return {
        "dev_loss": float(-np.log(np.maximum(truth, 1e-12)).mean()),
        "dev_accuracy": float(accuracy_score(dev.labels, guess)),
        "dev_macro_f1": float(
            f1_score(dev.labels, guess, labels=np.unique(dev.labels), average="macro", zero_division=0)
        ),
    }


def _best_epoch(history: list[dict[str, Any]]) -> int:
    scores = [row["dev_macro_f1"] for row in history]
    return len(scores) - 1 if np.isnan(scores).all() else int(np.nanargmax(scores))


def _is_best(history: list[dict[str, Any]]) -> bool:
    return _best_epoch(history) == len(history) - 1


def _is_over(history: list[dict[str, Any]], patience: int | None) -> bool:
    return patience is not None and len(history) > 0 and len(history) - 1 - _best_epoch(history) >= patience


def _resume(run: Run, network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Return the history and best weights so far, with network and optimizer set to where they were."""
    start: dict[str, Any] = {"key": run.key, "history": [], "best": None}
    if not Path(run.checkpoint).exists():
        return start
    try:
        state = torch.load(run.checkpoint, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        logger.warning("%s is not readable (%s); training starts anew", run.checkpoint, error)
        return start
    if state["key"] != run.key:
        logger.info("%s is of other settings or data; training starts anew", run.checkpoint)
        return start
    network.load_state_dict(state.pop("network"))
    optimizer.load_state_dict(state.pop("optimizer"))
    logger.info("resumed after epoch %d from %s", len(state["history"]), run.checkpoint)
    return state


def _save(run: Run, state: dict[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    with atomic(run.checkpoint) as partial:
        torch.save({**state, "network": network.state_dict(), "optimizer": optimizer.state_dict()}, partial)
