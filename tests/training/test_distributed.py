"""Training by two processes of torchrun against training by one; this file is also the program that they run."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training import distributed, loop
from sgbench.training.loop import Schedule
from sgbench.training.losses import Loss
from sgbench.training.run import Run

SCHEDULE = Schedule(epochs=3, batch_size=9, optimizer="sgd", learning_rate=0.05, decay="cosine", clip_norm=1.0)


def spots(folder: Path, name: str) -> tuple[Items, Items]:
    rng = np.random.default_rng(0)
    labels = np.arange(66) % 3
    images = rng.random((66, 1, 8, 8), np.float32)
    images[np.arange(66), 0, 2 * labels, 2 * labels] += 1
    path = folder / f"{name}.h5"
    store.write(path, images, (1, 8, 8), {})
    opened = store.Store(path)
    return (Items.plain(opened, labels[rows], rows) for rows in (np.arange(46), np.arange(46, 66)))


def train(folder: Path, name: str) -> None:
    """Train and let the first process write history and weights."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(144, 8),
        nn.BatchNorm1d(8),
        nn.Linear(8, 3),
    )
    weighted = Loss(None, np.ones(3), np.array([1, 2, 5]))
    items = spots(folder, f"{name}{distributed.rank()}")
    history = loop.train(network, *items, SCHEDULE, weighted, Run(0, folder / f"{name}.pt", "key"))
    if distributed.rank() == 0:
        history.to_csv(folder / f"{name}.csv", index=False)
        torch.save(network.state_dict(), folder / f"{name}.weights")


def test_two_processes_train_as_one(tmp_path):
    train(tmp_path, "one")
    subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", __file__, str(tmp_path)],
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
    )
    one, two = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("one", "two"))
    pd.testing.assert_frame_equal(one, two, rtol=1e-4, atol=1e-5)
    assert one["loss"].is_monotonic_decreasing
    weights, shared = (torch.load(tmp_path / f"{name}.weights") for name in ("one", "two"))
    assert list(weights) == list(shared)
    for name in weights:
        torch.testing.assert_close(weights[name], shared[name], rtol=1e-3, atol=1e-4)


if __name__ == "__main__":
    with distributed.group():
        train(Path(sys.argv[1]), "two")
