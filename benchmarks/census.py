"""The whole census of the ORNL data set through ingest, dedup, redistribute and plan: nothing lost, and how fast.

    python -m benchmarks.census [COUNTS.csv] [--share 0.05] [--rate-only | --no-files]

COUNTS.csv has the samples of each space group and partition (space_group, dev, overall, test, train). Without it, a
census is drawn with the published total, number of groups, mean, lower quartile and maximum. A third of the materials
are records of another one under a new id, as in real tables, and images are small: writing and reading 187,155 samples
takes ten minutes all the same. The rate of ingest is measured on stacks of the original size.
"""

import argparse
import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import h5py
import numpy as np
import pandas as pd

from benchmarks.ornl import GROUPS, SMALL, described, drawn_census, records, write_tree
from benchmarks.results import result
from sgbench import ingest
from sgbench.balance import none
from sgbench.crystals.table import space_group_ranks
from sgbench.files import read_table, write_table
from sgbench.ingest import batchfile
from sgbench.samples import dedup, redistribute
from sgbench.samples.redistribute import PARTS, Ratio
from sgbench.samples.tasks import Task

ORIGINAL = 512
POLICIES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "original": redistribute.by_origin,
    "material": lambda samples: redistribute.by_material(samples, Ratio(), 0),
    "material, rare in train": lambda samples: redistribute.by_material(samples, Ratio(), 0, train_below=9),
    "sample (the seed's)": lambda samples: redistribute.by_sample(samples, Ratio(), 30, 0),
}


def read_file(file: Path, folder: Path, size: int, pixels: int) -> list[str]:
    """Read one batch file as its job does; return the paths of the three files written."""
    paths = [str(folder / f"{file.stem}.{what}") for what in ("store.h5", "samples.parquet", "quarantine.parquet")]
    settings = {"stack_pixels": size, "pixels": pixels}
    samples, quarantine = ingest.read_part("cbed", file.stem, [str(file)], settings, "", paths[0])
    write_table(samples, paths[1])
    write_table(quarantine, paths[2])
    return paths


def ingest_tree(tree: Path, folder: Path) -> None:
    parts = [read_file(file, folder, SMALL, SMALL) for file in sorted(tree.glob("*.h5"))]
    samples, _ = ingest.merge(*zip(*parts, strict=True), str(folder / "store.h5"), strict=True, tolerance=0)
    write_table(samples, folder / "samples.parquet")


def measured(work: Callable, *arguments: Any) -> tuple[Any, float, float]:
    """Run ``work`` in a process of its own; return its result, its seconds and the process's peak memory in MB."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, work, *arguments).result()


def _measured(work: Callable, *arguments: Any) -> tuple[Any, float, float]:
    start = time.perf_counter()
    result = work(*arguments)
    seconds = time.perf_counter() - start
    # What getrusage says includes the process that this one was started from.
    peak_kb = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    return result, seconds, int(peak_kb[1]) / 1024


def mark(path: Path, method: str) -> tuple[float, int]:
    samples = read_table(path)
    start = time.perf_counter()
    kept = dedup.by_cell(samples, dedup.CellTolerance()) if method == "cell" else dedup.by_image(samples)
    seconds = time.perf_counter() - start
    assert kept["id"].tolist() == samples["id"].tolist()
    return seconds, int((~kept["kept"]).sum())


def divide(path: Path, policy: str) -> tuple[float, dict, pd.DataFrame]:
    """Draw a split, audit it, and plan its training rows; raise if anything is lost."""
    samples = read_table(path)
    start = time.perf_counter()
    split = POLICIES[policy](samples)
    audit = redistribute.audit(split, samples)
    seconds = time.perf_counter() - start
    assert set(split["id"]) == set(samples["id"])
    rows = Task("space_group").samples(samples)
    trained = split.loc[split["part"] == "train", "id"]
    rows = rows[rows["id"].isin(trained)]
    plan = none.plan(rows, none.Settings(), 0, lambda positions: np.empty(0))
    assert sorted(plan["id"]) == sorted(trained)
    counts = split.merge(samples[["id", "space_group"]], on="id").pivot_table(
        index="space_group", columns="part", values="id", aggfunc="count", fill_value=0
    )
    return seconds, audit, counts.reindex(range(1, GROUPS + 1), fill_value=0)


def statistics(counts: pd.Series) -> str:
    return f"mean {counts.mean():.1f}, 25th percentile {counts.quantile(0.25):.1f}, maximum {counts.max():,}"


def as_ingested(table: pd.DataFrame) -> pd.DataFrame:
    """Return the samples' table that ingest would write, without a file."""
    rows = [
        {"id": f"{row.file}/{row.number}_{row.step}"}
        | ingest.describe(
            material=f"mp-{row.record}",
            formula=f"Fe{row.crystal + 1}O{row.crystal + 2}",
            space_group=row.space_group,
            **dict(zip("abc", (row.a, row.b, row.c), strict=True)),
            **dict.fromkeys(("alpha", "beta", "gamma"), 90.0),
            energy_kev=100.0 + 10 * row.step,
            partition=row.part,
        )
        | {"image": f"{number:016x}", "file": row.file, "group": f"sample_{row.number}_{row.step}"}
        for number, row in enumerate(table.itertuples())
    ]
    samples = pd.DataFrame(rows)
    return samples.assign(space_group_rank=space_group_ranks(samples))


def through_files(table: pd.DataFrame, folder: Path) -> None:
    """Write the tree, ingest it, and check that nothing is lost."""
    tree = folder / "tree"
    tree.mkdir()
    start = time.perf_counter()
    write_tree(tree, table)
    seconds = time.perf_counter() - start
    print(f"wrote {len(table):,} samples of {table['record'].nunique():,} records in {seconds:.0f} s")
    _, seconds, peak = measured(ingest_tree, tree, folder)
    samples = read_table(folder / "samples.parquet")
    keys = ["partition", "space_group"]
    assert samples.groupby(keys).size().equals(table.rename(columns={"part": "partition"}).groupby(keys).size())
    assert samples["id"].is_unique
    result(f"ingest of {len(samples):,} samples", f"{len(samples) / seconds:.0f}/s on one core, peak {peak:.0f} MB")
    print(f"  {100 * samples['group'].duplicated().mean():.0f} % of the group names repeat; every id is unique")


def the_tables(census: pd.DataFrame, with_files: bool) -> None:
    table = records(census)
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "samples.parquet")
        if with_files:
            through_files(table, path.parent)
        else:
            write_table(as_ingested(table), path)
        for method in ("cell", "image"):
            (seconds, dropped), _, peak = measured(mark, path, method)
            result(f"dedup by {method}", f"{seconds:.1f} s, {dropped:,} duplicates, peak {peak:.0f} MB", "10 s")
        for policy in POLICIES:
            (seconds, audit, counts), _, peak = measured(divide, path, policy)
            sizes = ":".join(f"{audit[part]['samples']:,}" for part in PARTS)
            touched = 100 * audit["test"]["share_in_train"]
            result(f"split by {policy}, with audit", f"{seconds:.1f} s, peak {peak:.0f} MB", "5 s")
            print(f"  {sizes}, {touched:.1f} % of test seen in train")
            print(f"  all parts, of 230 groups: {statistics(counts.sum(axis=1))}")
        compare_with_published(census["overall"], counts)


def compare_with_published(overall: pd.Series, counts: pd.DataFrame) -> None:
    """Show where the published figures come from: an estimate made before anything was drawn.

    github.com/emilyjcosta5/datachallenge2, distributions/functions/redist_stat.csv: groups of fewer than 90 samples,
    absent ones too, are put at 30 in each part, all others at 7/9, 1/9 and 1/9, rounded down.
    """
    held = np.where(overall < 90, 30, overall // 9)
    train = np.where(overall < 90, 30, 7 * (overall // 9))
    print("published: mean 839, 25th percentile 90; train, dev and test means 635.13, 101.91, 101.91")
    means = ", ".join(f"{part.mean():.2f}" for part in (train, held, held))
    print(f"their estimate from this census: {statistics(pd.Series(train + 2 * held))}; {means}")
    print(f"the policy as they describe it:  {statistics(counts.sum(axis=1))}; ", end="")
    print(", ".join(f"{counts[part].mean():.2f}" for part in PARTS))
    large = overall.to_numpy() >= 90
    for part, expected in (("train", train), ("dev", held), ("test", held)):
        deviation = (counts[part].to_numpy() - expected)[large] / np.sqrt(expected[large])
        print(
            f"  {part}: groups of 90 and more lie {np.sqrt((deviation**2).mean()):.2f} standard deviations off theirs"
        )


def plain(file: Path, root: bool) -> np.ndarray:
    """What anyone would write: read each stack, perhaps take the root, average areas."""
    images = []
    with h5py.File(file) as opened:
        for name in opened:
            stack = opened[name]["cbed_stack"][:]
            stack = stack**0.25 if root else stack
            images.append(stack.reshape(3, 64, 8, 64, 8).mean((2, 4)))
    return np.stack(images)


def the_rate(count: int = 64, repeats: int = 5) -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as temporary:
        for size in (128, ORIGINAL):
            rows = pd.DataFrame({"number": range(count), "step": 0, "record": 0, "crystal": 0, "space_group": 1})
            stacks = (rng.random((3, size, size), np.float32) for _ in range(count))
            file = Path(temporary, f"batch_train_{size}.h5")
            batchfile.write(file, described(rows.assign(a=5.0, b=5.0, c=5.0), stacks))
            _, _, peak = measured(read_file, file, Path(temporary), size, 64)
            result(f"ingest of {count} stacks of 3 x {size} x {size}", f"peak {peak:.0f} MB")
        seconds: dict[str, list[float]] = {"ours": [], "read and average": [], "read, root and average": []}
        for _ in range(repeats):
            for name, times in seconds.items():
                start = time.perf_counter()
                read_file(file, Path(temporary), ORIGINAL, 64) if name == "ours" else plain(file, "root" in name)
                times.append(time.perf_counter() - start)
    ours = median(seconds.pop("ours"))
    megabytes = count * 3 * ORIGINAL**2 * 4 / 1e6
    result("ingest of original stacks", f"{count / ours:.0f}/s, {megabytes / ours:.0f} MB/s")
    for name, times in seconds.items():
        ratio = median(times) / ours
        result(f"  against plain h5py and NumPy, {name}", f"{100 * ratio:.0f} % of the speed", "60 %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", nargs="?", type=Path, help="the true census")
    parser.add_argument("--share", type=float, default=1.0, help="use that share of each group only")
    parser.add_argument("--rate-only", action="store_true", help="measure the rate of ingest only")
    parser.add_argument("--no-files", action="store_true", help="begin with the table that ingest would write")
    args = parser.parse_args()
    if not args.no_files:
        the_rate()
    if args.rate_only:
        return
    census = (pd.read_csv(args.counts) if args.counts else drawn_census()).sort_values("space_group")
    for part in PARTS:
        census[part] = (census[part] * args.share).astype(int)
    census["overall"] = census[list(PARTS)].sum(axis=1)
    print(f"census: {census['overall'].sum():,} samples, {statistics(census['overall'])}")
    the_tables(census, not args.no_files)


if __name__ == "__main__":
    main()
