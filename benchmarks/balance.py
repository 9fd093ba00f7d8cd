"""Memory and speed of balance plans: SMOTE against imbalanced-learn, principal components against scikit-learn, and
every sampling variant at a full census.

Run from the repository root: ``python -m benchmarks.balance`` (the first two; some minutes) or ``python -m
benchmarks.balance census`` (five minutes). Each measurement but that of components is a process of its own, limited to
one thread; memory is the peak resident set above that of the same calls on a few samples.
"""

import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.utils import gen_batches
from threadpoolctl import threadpool_limits

from benchmarks.results import result
from sgbench.balance import adasyn, borderline, cluster, medium, neighbours, over, smote, under
from sgbench.files import write_table
from sgbench.samples import store
from sgbench.samples.items import Items, images_of, plan_items

SEED = 0
BATCH = 128
SAMPLES, CLASSES = 3000, 20
SHAPES = {"images": (3, 64, 64), "patterns": (1, 1, 1024)}
# Images whose variance along the axis of rank r falls as 1 / r².
SPREAD, SPREAD_SHAPE, AT_ONCE = 8192, (3, 32, 32), 4096
# The sizes of the space groups of the ORNL data by rank, between these a straight line in the logarithms.
CENSUS, CENSUS_RANKS, CENSUS_SIZES = 187_155, [1, 5, 10, 20, 100, 200], [14784, 8472, 4614, 2308, 190, 10]
DIMENSIONS = 32
METHODS = {
    "under": under.Settings(),
    "cluster": cluster.Settings(components=None),
    "over": over.Settings(),
    "smote": smote.Settings(),
    "borderline": borderline.Settings(components=None),
    "adasyn": adasyn.Settings(components=None),
    "medium": medium.Settings(),
}


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def labels_of(sizes: np.ndarray) -> np.ndarray:
    return np.random.default_rng(SEED).permutation(np.repeat(np.arange(len(sizes)), sizes))


def table_of(labels: np.ndarray) -> pd.DataFrame:
    ids = [f"mp-{number}" for number in range(len(labels))]
    return pd.DataFrame({"id": ids, "label": labels, "row": np.arange(len(labels))})


def small_set() -> pd.DataFrame:
    """Samples of 20 classes, the size of a class falling with its rank."""
    sizes = 1 / np.arange(1, CLASSES + 1)
    sizes = np.maximum((sizes / sizes.sum() * SAMPLES).astype(int), 1)
    sizes[0] += SAMPLES - sizes.sum()
    return table_of(labels_of(sizes))


def census_set() -> tuple[pd.DataFrame, np.ndarray]:
    """As many rows as the ORNL data, with features of overlapping classes."""
    ranks = np.arange(1, 201)
    sizes = np.exp(np.interp(np.log(ranks), np.log(CENSUS_RANKS), np.log(CENSUS_SIZES)))
    sizes = np.maximum((sizes / sizes.sum() * CENSUS).astype(int), 1)
    sizes[0] += CENSUS - sizes.sum()
    rows = table_of(labels_of(sizes))
    rng = np.random.default_rng(SEED)
    centres = rng.normal(size=(len(sizes), DIMENSIONS)).astype(np.float32)
    features = rng.normal(size=(len(rows), DIMENSIONS)).astype(np.float32) + centres[rows["label"]]
    return rows, features.reshape(-1, 1, 1, DIMENSIONS)


def write_store(kind: str, folder: Path) -> None:
    rng = np.random.default_rng(SEED)
    shape = SHAPES[kind]
    store.write(folder / f"{kind}.h5", (rng.random(shape, np.float32) for _ in range(SAMPLES)), shape, {})


def read_all(items: Items, chosen: np.ndarray) -> float:
    """Read items in batches, shuffled; return items a second of processor time."""
    order = np.random.default_rng(SEED).permutation(chosen)
    started = time.process_time()
    for first in range(0, len(order), BATCH):
        items.images(order[first : first + BATCH])
    return len(order) / (time.process_time() - started)


def measure_plan(kind: str, folder: Path) -> dict[str, float]:
    rows, opened = small_set(), store.Store(folder / f"{kind}.h5")
    few = plan_items(opened, rows, smote.plan(rows[:30], smote.Settings(), SEED, images_of(opened, rows)))
    read_all(few, np.arange(len(few)))
    before, started = peak_mb(), time.perf_counter()
    plan = smote.plan(rows, smote.Settings(), SEED, images_of(opened, rows))
    planned = time.perf_counter() - started
    items = plan_items(opened, rows, plan)
    items.images(np.arange(BATCH))
    first = time.perf_counter() - started
    read_all(items, np.arange(len(items)))
    peak = peak_mb() - before
    made = (plan["neighbour"] != "").to_numpy()
    speeds = [read_all(items, np.flatnonzero(which)) for which in (~made, made)]
    write_table(plan, folder / "plan.parquet")
    size = (folder / "plan.parquet").stat().st_size / 1024
    names = ("items", "plan_s", "first_batch_s", "peak_mb", "plan_kb", "real_per_s", "made_per_s")
    return dict(zip(names, (len(plan), planned, first, peak, size, *speeds), strict=True))


def measure_reference(kind: str, folder: Path) -> dict[str, float]:
    rows, opened = small_set(), store.Store(folder / f"{kind}.h5")
    SMOTE(k_neighbors=1).fit_resample(opened.read(np.arange(9)).reshape(9, -1), [0, 0, 0, 0, 0, 0, 1, 1, 1])
    before, started = peak_mb(), time.perf_counter()
    pixels = opened.read(rows["row"].to_numpy()).reshape(len(rows), -1)
    made, _ = SMOTE(k_neighbors=6, random_state=SEED).fit_resample(pixels, rows["label"].to_numpy())
    return {"items": len(made), "first_batch_s": time.perf_counter() - started, "peak_mb": peak_mb() - before}


def measure_census(name: str, _: Path) -> dict[str, float]:
    rows, features = census_set()
    before, started, spent = peak_mb(), time.perf_counter(), time.process_time()
    settings, module = METHODS[name], importlib.import_module(METHODS[name].__class__.__module__)
    record = []
    if hasattr(module, "search"):
        judges = np.arange(0, len(rows), 9)
        record = [
            module.search(
                rows, rows.iloc[judges], settings, SEED, lambda at: features[at], lambda at: features[judges[at]]
            )
        ]
    plan = module.plan(rows, settings, SEED, lambda at: features[at], *record)
    times = time.perf_counter() - started, time.process_time() - spent
    return {
        "items": len(plan),
        "seconds": times[0],
        "cpu_s": times[1],
        "peak_mb": peak_mb(),
        "own_mb": peak_mb() - before,
    }


def measured(what: str, name: str, folder: Path) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.balance", what, name, str(folder)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def compare_smote() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in SHAPES:
            write_store(kind, folder)
            ours, theirs = measured("plan", kind, folder), measured("reference", kind, folder)
            share = theirs["peak_mb"] / ours["peak_mb"]
            result(f"SMOTE, {SAMPLES} {kind}, plan and epoch", f"{ours['peak_mb']:.0f} MB")
            result("  against imbalanced-learn", f"1/{share:.1f} of {theirs['peak_mb']:.0f} MB")
            result("  plan", f"{ours['plan_s']:.2f} s, {ours['plan_kb']:.0f} KB")
            first = f"{ours['first_batch_s']:.2f} s, imbalanced-learn {theirs['first_batch_s']:.2f} s"
            result("  first batch after", first)
            speed = ours["made_per_s"] / ours["real_per_s"]
            result("  synthetic items are read", f"{speed:.2f} times as fast as real ones")


def compare_components() -> None:
    """Print how long principal components take and how much of the exact ones' variance they miss."""
    rng = np.random.default_rng(SEED)
    pixels = rng.standard_normal((SPREAD, int(np.prod(SPREAD_SHAPE))), np.float32)
    pixels /= np.arange(1, pixels.shape[1] + 1, dtype=np.float32)
    images = pixels.reshape(SPREAD, *SPREAD_SHAPE)
    with threadpool_limits(1):
        exact = PCA(64, svd_solver="covariance_eigh").fit(pixels.astype(np.float64)).explained_variance_
        for count in (2, 64):
            started = time.perf_counter()
            ours = neighbours.principal_components(lambda at: images[at], SPREAD, count)
            took, started = time.perf_counter() - started, time.perf_counter()
            theirs = IncrementalPCA(count)
            for batch in gen_batches(SPREAD, AT_ONCE):
                theirs.partial_fit(pixels[batch])
            ratio = (time.perf_counter() - started) / took
            missed = [
                1 - found.transform(pixels).astype(np.float64).var(axis=0, ddof=1).sum() / exact[:count].sum()
                for found in (ours, theirs)
            ]
            result(
                f"{count} principal components of {SPREAD} images of {pixels.shape[1]} pixels",
                f"{took:.1f} s, {ratio:.0f} times as fast as IncrementalPCA; they miss {missed[0]:.1e} of the variance "
                f"of the exact ones, those of IncrementalPCA {missed[1]:.1e}",
            )


def plan_census() -> None:
    for method in METHODS:
        found = measured("method", method, Path())
        result(
            f"{method} at {CENSUS} rows, {found['items']} items",
            f"{found['seconds']:.1f} s ({found['cpu_s']:.1f} s of CPU), {found['peak_mb']:.0f} MB in all, "
            f"{found['own_mb']:.0f} of it its own",
        )


def main() -> None:
    if len(sys.argv) == 4:
        measure = {"plan": measure_plan, "reference": measure_reference, "method": measure_census}[sys.argv[1]]
        with threadpool_limits(1):
            print(json.dumps(measure(sys.argv[2], Path(sys.argv[3]))))
    elif sys.argv[1:] == ["census"]:
        plan_census()
    else:
        compare_smote()
        compare_components()


if __name__ == "__main__":
    main()
