"""Train one model on one plan; see --help."""

import argparse
import importlib
import json
import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from threadpoolctl import threadpool_limits

from sgbench.balance.variant import Variant
from sgbench.crystals.table import crystals_of
from sgbench.files import checksum, read_table, write_table
from sgbench.models import base
from sgbench.parallel import Workers
from sgbench.progress import job, logger
from sgbench.samples.items import images_of, part_items, plan_items, task_samples, training_rows
from sgbench.samples.materials import materials
from sgbench.samples.store import Store
from sgbench.samples.stream import Maker
from sgbench.samples.tasks import Task
from sgbench.training.run import Run
from sgbench.training.staging import stage

IS_FIRST = os.environ.get("RANK", "0") == "0"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train one model on the items of a plan.")
    for name, what in {
        "store": "store of the images, HDF5",
        "samples": "the store's samples, parquet",
        "split": "sample to part, parquet",
        "plan": "training items, parquet",
        "classes": "the task's classes with their loss weights, CSV",
        "checkpoint": "file to resume from; removed at the end",
        "model": "trained model to write",
        "history": "a row an epoch, CSV to write",
        "log": "log file to write",
    }.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=what)
    what = "second store, HDF5, and the table of its images, parquet, where the plan has generated items"
    parser.add_argument("--generated", type=Path, nargs="*", default=[], help=what)
    what = "trained model of the same kind to start from"
    parser.add_argument("--start", type=Path, nargs="*", default=[], help=what)
    what = "the crystals, parquet, where items are a stream"
    parser.add_argument("--crystals", type=Path, nargs="*", default=[], help=what)
    parser.add_argument("--task", type=json.loads, required=True, help='e.g. {"predict": "space_group", "largest": 20}')
    parser.add_argument("--settings", type=json.loads, required=True, help='e.g. {"kind": "extratrees", "trees": 100}')
    what = (
        "steps of the variant that change items as they are read, or the loss; where items are a stream, all: "
        'e.g. [{"method": "focal", "gamma": 2}]'
    )
    parser.add_argument("--balance", type=json.loads, required=True, help=what)
    parser.add_argument("--seed", type=int, required=True, help="seed of every random number")
    parser.add_argument("--stage", help="folder of this node's own disk to copy the store to; empty for none")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; of a stream, its workers")
    parser.add_argument("--code", default="", help="hash of the code; a checkpoint of other code is not resumed")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    kind = args.settings["kind"]
    samples, names = task_samples(args.samples, **args.task)
    store = Store(stage(args.store, Path(os.path.expandvars(args.stage))) if args.stage else args.store)
    variant = Variant(args.balance)
    generated = (Store(args.generated[0]), read_table(args.generated[1])) if args.generated else None
    # Of a stream the network has one thread, whatever there are, and workers as many cores as it leaves: all, while it
    # waits for them.
    threads, workers = (1, args.threads if args.threads > 1 else 0) if variant.fresh else (args.threads, 0)
    dev = part_items(store, samples, read_table(args.split), "dev")
    circumstances = [args.settings, args.task, args.balance, args.seed, threads, args.code, store.made_by]
    inputs = checksum(args.samples, args.split, args.plan, args.classes, *args.crystals, *args.start)
    run = Run(args.seed, args.checkpoint, json.dumps([*circumstances, inputs]), threads, *args.start)
    model = base.build(args.settings, len(names))
    with threadpool_limits(threads), Workers(maker(args, variant, store), workers) as making:
        train = plan_items(
            store,
            samples,
            read_table(args.plan),
            variant.augmenter(store.made_by),
            generated,
            (making, variant.fresh),
        )
        train = train.grouped(samples["row"].to_numpy(), materials(samples))
        dev = variant.dev(dev, train, args.seed)
        logger.info("%s: %d classes, %d training items, %d dev samples", kind, len(names), len(train), len(dev))
        task = Task(**args.task)
        objective = variant.objective(read_table(args.classes), task.space_groups(task.classes(samples)))
        history = model.fit(train, dev, objective, run)
    if IS_FIRST:
        write_table(history, args.history)
        model.save(args.model)
        for left in args.checkpoint.parent.glob(f"{args.checkpoint.stem}*.pt"):
            left.unlink()


def maker(args: argparse.Namespace, variant: Variant, store: Store) -> Maker | None:
    """Return what makes the items of a stream, where there is one."""
    if not variant.fresh:
        return None
    rows = training_rows(args.samples, args.split, **args.task)
    crystals = crystals_of(args.crystals[0], rows, "id")
    return variant.maker(rows, args.seed, images_of(store, rows), crystals, store.made_by)


def processes() -> AbstractContextManager[None]:
    """Join the processes of torchrun, if it started this one; models without PyTorch do not load it."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return nullcontext()
    return importlib.import_module("sgbench.training.distributed").group()


if __name__ == "__main__":
    parsed = arguments()
    with job(parsed.log if IS_FIRST else Path(os.devnull)), processes():
        main(parsed)
