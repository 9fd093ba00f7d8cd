"""Speed of the training loop against a bare loop over the same network, with the data in memory.

    python -m benchmarks.training [--model resnet50] [--pixels 32] [--items 960] [--rounds 5]

Both take the same steps, A B A B; the ratio is that of their items a second, pair by pair. That of the project reads a
store through a plan of which half the items are synthetic.
"""

import argparse
import logging
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.results import result
from sgbench.models import base
from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training import compute, loop, losses
from sgbench.training.run import Run

CLASSES, BATCH = 20, 32


def items_of(folder: Path, count: int, pixels: int) -> Items:
    rng = np.random.default_rng(0)
    images = rng.random((count, 3, pixels, pixels), np.float32)
    store.write(folder / "store.h5", images, (3, pixels, pixels), {})
    rows = np.arange(count)
    neighbours = np.where(rows % 2, rows, rng.permutation(count))
    weights = rng.random(count, np.float32)
    opened = store.Store(folder / "store.h5")
    return Items(opened, rng.integers(0, CLASSES, count), rows, neighbours, weights, np.full(count, -1))


def bare(network: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the items a second of a loop that does nothing but train."""
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    where = images.device
    network.train()
    started = time.perf_counter()
    for start in range(0, len(images), BATCH):
        with compute.autocast(where):
            loss = torch.nn.functional.cross_entropy(
                network(images[start : start + BATCH]), labels[start : start + BATCH]
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    if where.type == "cuda":
        torch.cuda.synchronize()
    return len(images) / (time.perf_counter() - started)


def ours(network: torch.nn.Module, items: Items, folder: Path) -> tuple[float, float]:
    """Return the items a second of an epoch of the project's loop, and the percentage of its time waiting for input."""
    heard = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record)
    logging.getLogger("sgbench.training.loop").addHandler(handler)
    schedule = loop.Schedule(epochs=1, batch_size=BATCH, optimizer="sgd", learning_rate=0.01)
    loss = losses.Loss(None, np.ones(CLASSES), np.ones(CLASSES))
    dev = Items.plain(items.store, items.labels[:BATCH], items.rows[:BATCH])
    loop.train(network, items, dev, schedule, loss, Run(0, folder / "checkpoint.pt", str(time.time())))
    logging.getLogger("sgbench.training.loop").removeHandler(handler)
    record = next(record for record in heard if record.msg.startswith("epoch"))
    return record.args[-2], record.args[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="resnet50", help="a network of the matrix")
    parser.add_argument("--pixels", type=int, default=32)
    parser.add_argument("--items", type=int, default=960)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("sgbench").setLevel(logging.INFO)
    where = compute.device()
    model = base.classifier(asked.model)(base.settings(asked.model, {}), CLASSES)
    network = model.build((3, asked.pixels, asked.pixels)).to(where, memory_format=torch.channels_last)
    with tempfile.TemporaryDirectory() as name:
        items = items_of(Path(name), asked.items, asked.pixels)
        images = compute.to_device(items.images(), where)
        labels = torch.from_numpy(items.labels).to(where)
        bare(network, images[: 4 * BATCH], labels[: 4 * BATCH])
        ratios, waits = [], []
        for _ in range(asked.rounds):
            alone = bare(network, images, labels)
            trained, wait = ours(network, items, Path(name))
            ratios.append(trained / alone)
            waits.append(wait)
            print(
                f"bare {alone:8.0f} items/s   training loop {trained:8.0f} items/s   ratio {ratios[-1]:.2f}   "
                f"input wait {wait:.1f} %"
            )
    subject = f"{asked.model} at {asked.pixels} px on {where}"
    result(f"{subject}: training loop against a bare one", f"{statistics.median(ratios):.2f} times")
    result(f"{subject}: waiting for input", f"{statistics.median(waits):.1f} %")


if __name__ == "__main__":
    main()
