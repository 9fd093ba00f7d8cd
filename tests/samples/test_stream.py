"""Items that are made beside training: the same bytes whoever makes them, new ones in each epoch, and a clean end."""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from sgbench.errors import SgbenchError
from sgbench.parallel import Workers
from sgbench.samples.items import plan_items
from sgbench.samples.stream import Stream

SHAPE = (1, 2, 3)
N = 200


def noise(name, seed):
    """An image that follows from name and seed; slower where the name says so."""
    if name == "slow":
        time.sleep(0.05)
    if name == "broken":
        raise SgbenchError("nothing to draw")
    if name == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return np.random.default_rng([len(name), seed]).random(SHAPE, np.float32)


def stream(workers, fresh=1.0, names=None, count=N):
    seeds = np.random.default_rng(0).integers(2**62, size=count) * 2
    return Stream(workers, np.array(names or ["any"] * count), seeds, fresh, SHAPE)


def orders(epochs):
    return [(np.random.default_rng(epoch).permutation(N)[:150], epoch) for epoch in range(epochs)]


def read(made, coming, ahead=True):
    if ahead:
        made.expect(coming)
    return [made.images(index, epoch) for index, epoch in coming]


@pytest.mark.parametrize("fresh", [0.25, 1.0])
def test_images_are_the_same_for_any_number_of_workers_and_whatever_was_read_before(fresh):
    expected = read(stream(Workers(noise, 0), fresh), orders(6))
    for count in (1, 2):
        with Workers(noise, count) as workers:
            made = stream(workers, fresh)
            found = read(made, orders(6))
            assert all(map(np.array_equal, found, expected))
            # Another order, an epoch that is long past, and one that nobody announced.
            made.expect(orders(2))
            assert np.array_equal(made.images(*orders(4)[3]), expected[3])
            late = read(stream(workers, fresh), orders(6)[4:], ahead=False)
            assert all(map(np.array_equal, late, expected[4:]))


@pytest.mark.parametrize(("fresh", "low", "high"), [(1.0, 1.0, 1.0), (0.25, 0.12, 0.38), (0.6, 0.45, 0.75)])
def test_so_many_items_are_new_in_each_epoch_and_none_gets_old(fresh, low, high):
    made = stream(Workers(noise, 0), fresh)
    everything = np.arange(N)
    epochs = [made.images(everything, epoch) for epoch in range(9)]
    for one, other in pairwise(epochs):
        assert low <= (one != other).any(axis=(1, 2, 3)).mean() <= high
    life = int(np.ceil(1 / fresh))
    assert all((epochs[at] != epochs[at + life]).any(axis=(1, 2, 3)).all() for at in range(9 - life))
    assert len(np.unique(np.concatenate(epochs), axis=0)) == N + sum(
        (one != other).any(axis=(1, 2, 3)).sum() for one, other in pairwise(epochs)
    )


@pytest.mark.parametrize("fresh", [0.5, 1.0])
def test_what_is_made_ahead_is_bounded_and_made_once(fresh, monkeypatch):
    calls = []

    class Counted(Workers):
        def submit(self, some):
            calls.extend(some)
            return super().submit(some)

    monkeypatch.setattr("sgbench.samples.stream._AHEAD", 40)
    with Counted(noise, 1) as workers:
        made = stream(workers, fresh)
        # As training reads: a small batch at a time, and some items twice.
        coming = [(batch, epoch) for index, epoch in orders(3) for batch in np.array_split(index, 15)]
        coming.append((np.array([3, 3, 5, 3]), 3))
        made.expect(coming)
        for number, (index, epoch) in enumerate(coming):
            made.images(index, epoch)
            assert len(made._started) <= 40 + 10, number
        assert not made._started
    assert len(calls) == len(set(calls))


def test_items_that_are_read_and_items_that_are_made_stand_in_one_plan(small_store):
    samples = pd.DataFrame({"id": list("abcd"), "row": [7, 3, 1, 0]})
    plan = pd.DataFrame({"id": ["b", "x/1", "a", "x/1"], "label": [0, 1, 0, 1], "draw": [-1, 5, -1, 2**62 + 1]})
    plan = plan.assign(neighbour=["d", "", "", ""], weight=np.float32([0.5, 0, 0, 0]), augment=[-1, 4, 6, -1])
    with pytest.raises(SgbenchError, match="made beside training and never stored"):
        plan_items(small_store, samples, plan, lambda images, seeds: images)

    def shape(name, seed):
        return np.full(small_store.shape, seed % 1000, np.float32)

    items = plan_items(small_store, samples, plan, lambda images, _: images + 1000, None, (Workers(shape, 0), 1.0))
    first, second = items.images(), items.images(slice(1, 4), 1)
    stored = small_store.read(np.arange(50))
    np.testing.assert_allclose(first[0], (stored[3] + stored[0]) / 2)
    np.testing.assert_array_equal(first[2], stored[7] + 1000)
    np.testing.assert_array_equal(second[1], first[2])
    assert (first[1] >= 1000).all()
    assert (first[3] < 1000).all()
    assert not np.array_equal(first[[1, 3]], second[[0, 2]])
    chosen = items.select(np.array([False, True, True, False]), np.array([0, 0]))
    np.testing.assert_array_equal(chosen.images(epoch=1), second[:2])
    # What shows no known sample is a group of its own.
    assert items.grouped(np.arange(50), np.zeros(50, int)).groups.tolist() in ([0, 52, 0, 54], [0, 51, 0, 53])


def test_impurities_come_from_made_items_too(small_store):
    samples = pd.DataFrame({"id": ["a"], "row": [7]})
    plan = pd.DataFrame({"id": ["a", *["x"] * 20], "label": 0, "neighbour": "", "weight": np.float32(0), "augment": 1})
    plan["draw"] = [-1, *range(20)]

    class Mixing:
        def among(self, images, count):
            assert count == 21
            self.others = images(np.array([20, 0, 1]))
            return lambda images, seeds: images

    augmenter = Mixing()
    workers = Workers(lambda name, seed: np.full(small_store.shape, seed % 97, np.float32), 0)
    items = plan_items(small_store, samples, plan, augmenter, None, (workers, 0.5))
    np.testing.assert_array_equal(augmenter.others[1], small_store.read(np.array([7]))[0])
    np.testing.assert_array_equal(augmenter.others[[2, 0]], items.images(np.array([1, 20])))


def test_a_stream_that_memory_cannot_hold_is_refused():
    with pytest.raises(SgbenchError, match="fewer items, or fresh: 1"):
        Stream(Workers(noise, 0), np.empty(10**6, object), np.zeros(10**6, int), 0.5, (1, 100, 100))


@pytest.mark.parametrize(("what", "said"), [("broken", "nothing to draw"), ("killed", "a worker was killed")])
def test_errors_of_workers_are_said_plainly_and_end_them(what, said):
    with Workers(noise, 2) as workers, pytest.raises(SgbenchError, match=said):
        stream(workers, names=["any"] * (N - 1) + [what]).images(np.arange(N), 0)
    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def test_workers_ignore_the_signal_to_stop_and_end_with_their_parent(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_stream import *\n"
        "if __name__ == '__main__':\n"
        "    with Workers(noise, 2) as workers:\n"
        "        made = stream(workers, names=['slow'] * N)\n"
        "        made.images(np.arange(64), 0)\n"
        "        print('made', flush=True)\n"
        "        made.images(np.arange(N), 1)\n"
        "        print('again', flush=True)\n"
        "        time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "made\n"
        children = [
            child for child in psutil.Process(parent.pid).children() if "spawn_main" in " ".join(child.cmdline())
        ]
        assert len(children) == 2
        for child in children:
            child.terminate()
        assert parent.stdout.readline() == "again\n"
        parent.kill()
        _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
