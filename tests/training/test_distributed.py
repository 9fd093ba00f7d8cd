"""Training by two processes of torchrun against training by one; this file is also the program that they run.

A difference in the method would show in double precision, in which nothing is rounded to bfloat16 on any machine; what
is left in single precision is the order of sums.
"""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training import compute, distributed, loop
from sgbench.training.loop import Schedule
from sgbench.training.losses import Loss
from sgbench.training.run import Run
from sgbench.training.scaling import Scaling

SCHEDULE = Schedule(epochs=3, batch_size=7, optimizer="sgd", learning_rate=0.05, decay="cosine", clip_norm=1.0)
#: Largest difference of losses, relative, and of weights, by the kind of number.
BOUNDS = {torch.float64: 1e-9, torch.float32: 1e-5}


class Cast(nn.Module):
    """Gives images as another kind of number."""

    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype

    def forward(self, images):
        return images.to(self.dtype)


def spots(folder: Path, name: str) -> tuple[Items, Items]:
    """Return 48 items to learn from, in batches of 7, shares of 4 and 3, and one of 6; and 18 to judge on."""
    rng = np.random.default_rng(0)
    labels = np.arange(66) % 3
    images = rng.random((66, 1, 8, 8), np.float32)
    images[np.arange(66), 0, 2 * labels, 2 * labels] += 1
    path = folder / f"{name}.h5"
    store.write(path, images, (1, 8, 8), {})
    opened = store.Store(path)
    return (Items.plain(opened, labels[rows], rows) for rows in (np.arange(48), np.arange(48, 66)))


def train(folder: Path, name: str) -> None:
    """Train with either kind of number, and let the first process write history, weights and the items' scale."""
    items = [*spots(folder, f"{name}{distributed.rank()}")]
    scale = Scaling.fitted(items[0]).state_dict()
    if distributed.rank() == 0:
        torch.save(scale, folder / f"{name}.scale")
    for dtype in BOUNDS:
        torch.manual_seed(0)
        network = nn.Sequential(
            Cast(dtype),
            nn.Conv2d(1, 4, 3),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(144, 8),
            nn.BatchNorm1d(8),
            nn.Linear(8, 3),
        ).to(dtype)
        weighted = Loss(None, np.ones(3), np.array([1, 2, 5]))
        run = Run(0, folder / f"{name}.{dtype}.pt", "key")
        history = loop.train(network, *items, SCHEDULE, weighted, run)
        if distributed.rank() == 0:
            torch.save((history.to_dict("list"), network.state_dict()), folder / f"{name}.{dtype}")


def test_two_processes_train_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(compute, "autocast", nullcontext)
    train(tmp_path, "one")
    subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", __file__, str(tmp_path)],
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
    )
    one, two = (torch.load(tmp_path / f"{name}.scale") for name in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in ("mean", "deviation"))
    for dtype, bound in BOUNDS.items():
        (one, weights), (two, shared) = (torch.load(tmp_path / f"{name}.{dtype}") for name in ("one", "two"))
        assert one["loss"] == sorted(one["loss"], reverse=True)
        np.testing.assert_allclose(one["loss"], two["loss"], rtol=bound)
        # Dev scores are of single precision whatever the network is.
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two), rtol=1e-5)
        assert list(weights) == list(shared)
        for name in weights:
            torch.testing.assert_close(weights[name], shared[name], rtol=bound, atol=bound)


if __name__ == "__main__":
    # In single precision on every machine.
    compute.autocast = nullcontext
    with distributed.group():
        train(Path(sys.argv[1]), "two")
