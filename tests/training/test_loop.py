import logging
import os
import re
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from sgbench.errors import SgbenchError
from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training import compute, distributed, loop
from sgbench.training.feed import Feed, batches
from sgbench.training.loop import Schedule
from sgbench.training.losses import Loss
from sgbench.training.run import Run


@pytest.fixture(scope="module")
def spots(tmp_path_factory):
    """Images of 8 x 8 in three classes, each with a bright spot in a place of its own."""
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    images = rng.random((90, 1, 8, 8), np.float32) * 0.2
    images[np.arange(90), 0, 2 * labels, 2 * labels] += 1
    path = tmp_path_factory.mktemp("spots") / "store.h5"
    store.write(path, images, (1, 8, 8), {})
    opened = store.Store(path)

    def items(rows):
        return Items.plain(opened, labels[rows], rows)

    return items(np.arange(60)), items(np.arange(60, 90))


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Dropout(0.2), nn.Flatten(), nn.Linear(4 * 36, 3))


SCHEDULE = Schedule(epochs=4, batch_size=8, optimizer="adam", learning_rate=0.01, decay="cosine")
LOSS = Loss(None, np.ones(3), np.ones(3))


def run_in(folder, key="k", seed=0):
    return Run(seed, folder / "checkpoint.pt", key)


def weights_of(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


def test_a_network_learns_the_spots(spots, tmp_path):
    model = network()
    history = loop.train(model, *spots, SCHEDULE, LOSS, run_in(tmp_path))
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    assert history["dev_macro_f1"].max() > 0.9
    guess = compute.outputs(model, spots[1].images()).argmax(axis=1)
    assert (guess == spots[1].labels).mean() > 0.9


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_resuming_gives_the_weights_of_an_unbroken_run(spots, tmp_path, optimizer, monkeypatch):
    schedule = Schedule(epochs=4, batch_size=8, optimizer=optimizer, learning_rate=0.01, decay="cosine")
    unbroken = network()
    expected = loop.train(unbroken, *spots, schedule, LOSS, run_in(tmp_path / "a"))

    class Killed(Exception):
        pass

    real_read = Feed._read

    def read(feed, index, epoch):
        if epoch == 2:
            raise Killed
        return real_read(feed, index, epoch)

    monkeypatch.setattr(Feed, "_read", read)
    with pytest.raises(Killed):
        loop.train(network(), *spots, schedule, LOSS, run_in(tmp_path / "b"))
    monkeypatch.undo()
    # Other weights to start from show that the checkpoint's are taken.
    resumed = network(seed=9)
    history = loop.train(resumed, *spots, schedule, LOSS, run_in(tmp_path / "b"))
    pd.testing.assert_frame_equal(history, expected)
    assert torch.equal(weights_of(resumed), weights_of(unbroken))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
def test_a_signal_in_the_middle_of_an_epoch_saves_and_the_next_run_goes_on(spots, tmp_path, monkeypatch, number):
    unbroken = network()
    expected = loop.train(unbroken, *spots, SCHEDULE, LOSS, run_in(tmp_path / "a"))
    before = signal.getsignal(number)
    taken = []
    real_step = loop._Step.__call__

    def step(self, images, labels, done):
        taken.append(done)
        if len(taken) == 11:
            os.kill(os.getpid(), number)
        return real_step(self, images, labels, done)

    monkeypatch.setattr(loop._Step, "__call__", step)
    with pytest.raises(SgbenchError, match=r"stopped by SIG\w+ in epoch 2 after step 3; the next run goes on from"):
        loop.train(network(), *spots, SCHEDULE, LOSS, run_in(tmp_path / "b"))
    assert signal.getsignal(number) == before
    resumed = network(seed=9)
    history = loop.train(resumed, *spots, SCHEDULE, LOSS, run_in(tmp_path / "b"))
    # No step was taken twice: 8 an epoch, and the one that the signal came in.
    assert len(taken) == len(set(taken)) == 32
    pd.testing.assert_frame_equal(history, expected)
    assert torch.equal(weights_of(resumed), weights_of(unbroken))


def rates(**values):
    schedule = Schedule(epochs=4, batch_size=8, optimizer="sgd", learning_rate=1.0, **values)
    parameter = nn.Parameter(torch.zeros(1))
    step = loop._Step(None, None, torch.optim.SGD([parameter], 1.0), None, schedule)
    found = []
    for done in (0, 1.5, 3, 3.9):
        step.set_rate(done)
        found.append(step.optimizer.param_groups[0]["lr"])
    return found


def test_the_learning_rate_follows_its_schedule():
    assert rates() == [1, 1, 1, 1]
    assert rates(decay="step", decay_epochs=2) == pytest.approx([1, 1, 0.1, 0.1])
    assert rates(decay="cosine") == pytest.approx([1, 0.6913, 0.1464, 0.0015], abs=1e-4)


def test_gradients_are_clipped(spots, tmp_path):
    start = weights_of(network())
    moved = []
    for norm in (None, 1e-3):
        schedule = Schedule(epochs=1, batch_size=60, optimizer="sgd", learning_rate=1.0, momentum=0.0, clip_norm=norm)
        model = network()
        loop.train(model, *spots, schedule, LOSS, run_in(tmp_path / str(norm)))
        moved.append(float((weights_of(model) - start).norm()))
    assert moved[0] > 0.1
    assert moved[1] == pytest.approx(1e-3, rel=1e-3)


def test_the_log_tells_speed_and_waiting(spots, tmp_path, caplog):
    caplog.set_level(logging.INFO, "sgbench")
    loop.train(network(), *spots, replace(SCHEDULE, epochs=1), LOSS, run_in(tmp_path))
    assert re.search(r"epoch 1 of 1: loss .* \d+ items/s, \d+ % of the time waiting for input", caplog.text)


def test_a_checkpoint_of_other_settings_or_a_broken_one_is_not_resumed(spots, tmp_path, caplog):
    caplog.set_level(logging.INFO, "sgbench")
    expected = loop.train(network(), *spots, SCHEDULE, LOSS, run_in(tmp_path, "one"))
    again = loop.train(network(), *spots, SCHEDULE, LOSS, run_in(tmp_path, "two"))
    assert "other settings" in caplog.text
    pd.testing.assert_frame_equal(again, expected)
    (tmp_path / "checkpoint.pt").write_bytes(b"cut short")
    loop.train(network(), *spots, SCHEDULE, LOSS, run_in(tmp_path, "two"))
    assert "not readable" in caplog.text


def test_the_best_epoch_is_kept_and_patience_stops(spots, tmp_path):
    wild = Schedule(epochs=30, batch_size=8, optimizer="sgd", learning_rate=0.3, patience=2)
    model = network()
    history = loop.train(model, *spots, wild, LOSS, run_in(tmp_path))
    best = history["dev_macro_f1"].idxmax()
    assert len(history) == best + 3 or len(history) == 30
    guess = compute.outputs(model, spots[1].images()).argmax(axis=1)
    assert (guess == spots[1].labels).mean() == pytest.approx(history["dev_accuracy"][best])


def test_divergence_is_said_plainly(spots, tmp_path):
    wild = Schedule(epochs=3, batch_size=8, optimizer="sgd", learning_rate=1e38)
    with pytest.raises(SgbenchError, match=r"diverged: the loss is not finite in epoch \d+, by step \d+; lower"):
        loop.train(network(), *spots, wild, LOSS, run_in(tmp_path))


def test_class_weights_change_the_loss(spots, tmp_path):
    one = loop.train(network(), *spots, SCHEDULE, LOSS, run_in(tmp_path / "a"))
    weighted = Loss(None, np.ones(3), np.array([1, 1, 9.0]))
    other = loop.train(network(), *spots, SCHEDULE, weighted, run_in(tmp_path / "b"))
    assert one["loss"][0] != other["loss"][0]


@pytest.mark.parametrize(("count", "size"), [(17, 8), (16, 8), (9, 8), (5, 8), (3, 2), (2, 8)])
@pytest.mark.parametrize("processes", [1, 2])
def test_batches_hold_each_item_once_and_are_of_one_size(count, size, processes, monkeypatch):
    monkeypatch.setattr(distributed, "size", lambda: processes)
    first, second = (batches(np.zeros(count), size, 0, epoch, False) for epoch in (0, 1))
    assert sorted(np.concatenate(first)) == list(range(count))
    sizes = [len(batch) for batch in [*first, *batches(np.zeros(count), size, 0, 0, True)]]
    assert max(sizes) <= min(sizes) + 1
    assert min(sizes) > 1
    assert max(sizes) <= max(size, 3)
    assert not np.array_equal(np.concatenate(first), np.concatenate(second)) or count == 2


def test_one_item_is_too_few(spots, tmp_path):
    train, dev = spots
    one = Items.plain(train.store, train.labels[:1], train.rows[:1])
    with pytest.raises(SgbenchError, match="needs two or more"):
        loop.train(network(), one, dev, SCHEDULE, LOSS, run_in(tmp_path))


def test_a_run_without_dev_samples_keeps_its_last_epoch(spots, tmp_path):
    train, dev = spots
    none = Items.plain(dev.store, dev.labels[:0], dev.rows[:0])
    history = loop.train(network(), train, none, SCHEDULE, LOSS, run_in(tmp_path))
    assert history["dev_macro_f1"].isna().all()
