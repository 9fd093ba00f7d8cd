"""Trainings whose items are made beside them: one that was stopped goes on as if it had not been."""

import os
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from sgbench.errors import SgbenchError
from sgbench.parallel import Workers
from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.samples.stream import Stream
from sgbench.training import distributed, loop
from sgbench.training.feed import batches, coming
from sgbench.training.loop import Schedule
from sgbench.training.losses import Loss
from sgbench.training.run import Run

SHAPE = (1, 8, 8)
LABELS = np.arange(60) % 3
SCHEDULE = Schedule(epochs=4, batch_size=8, learning_rate=0.01)
LOSS = Loss(None, np.ones(3), np.ones(3))


def spot(name, seed):
    image = np.random.default_rng(seed).random(SHAPE, np.float32) * 0.2
    image[0, 2 * int(name), 2 * int(name)] += 1
    return image


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("spots") / "store.h5"
    store.write(path, (spot(label, number) for number, label in enumerate(LABELS)), SHAPE, {})
    return Items.plain(store.Store(path), LABELS, np.arange(60))


def items(plain, workers, fresh):
    """Forty made items among twenty stored ones."""
    seeds = np.where(np.arange(60) < 20, -1, np.random.default_rng(0).integers(2**62, size=60) * 2)
    return replace(plain, stream=Stream(workers, LABELS.astype(str), seeds, fresh, SHAPE))


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))


def weights_of(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


def run_in(folder):
    return Run(0, folder / "checkpoint.pt", "k")


@pytest.mark.parametrize("fresh", [0.3, 1.0])
def test_a_stopped_training_goes_on_as_if_unbroken_with_any_number_of_workers(plain, tmp_path, monkeypatch, fresh):
    unbroken = network()
    with Workers(spot, 0) as workers:
        expected = loop.train(unbroken, items(plain, workers, fresh), plain, SCHEDULE, LOSS, run_in(tmp_path / "a"))
    taken = []
    real_step = loop._Step.__call__

    def step(self, images, labels, done):
        taken.append(done)
        if len(taken) == 11:
            os.kill(os.getpid(), signal.SIGTERM)
        return real_step(self, images, labels, done)

    monkeypatch.setattr(loop._Step, "__call__", step)
    with Workers(spot, 2) as workers, pytest.raises(SgbenchError, match="in epoch 2 after step 3"):
        loop.train(network(), items(plain, workers, fresh), plain, SCHEDULE, LOSS, run_in(tmp_path / "b"))
    resumed = network(seed=9)
    with Workers(spot, 1) as workers:
        history = loop.train(resumed, items(plain, workers, fresh), plain, SCHEDULE, LOSS, run_in(tmp_path / "b"))
    assert len(taken) == len(set(taken)) == 32
    pd.testing.assert_frame_equal(history, expected)
    assert torch.equal(weights_of(resumed), weights_of(unbroken))
    assert not torch.equal(weights_of(unbroken), weights_of(network()))


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("processes", [1, 2])
def test_what_is_announced_is_what_is_read(monkeypatch, equal, processes):
    monkeypatch.setattr(distributed, "size", lambda: processes)
    monkeypatch.setattr(distributed, "rank", lambda: processes - 1)
    found = list(coming(LABELS, 8, 0, (1, 3), 3, equal))
    expected = [
        (batch[processes - 1 :: processes], epoch)
        for epoch in (1, 2)
        for batch in batches(LABELS, 8, 0, epoch, equal)[3 if epoch == 1 else 0 :]
    ]
    assert all(
        np.array_equal(one, other) and at == then for (one, at), (other, then) in zip(found, expected, strict=True)
    )


def test_a_classifier_learnt_anew_reads_items_several_times_an_epoch(plain, tmp_path):
    found = []
    for count in (0, 1):
        model = network()
        loss = Loss(None, np.ones(3), np.ones(3))
        loss.retrain_epochs = 2
        with Workers(spot, count) as workers:
            made = items(plain, workers, 1.0)
            loop.retrain_classifier(model, made, plain, SCHEDULE, loss, run_in(tmp_path / str(count)))
        assert not made.stream._started
        found.append(weights_of(model))
    assert torch.equal(*found)
