"""Speed of reading scattered rows of a store: where they lie, against HDF5's own selections and its single chunks.

Run from the repository root: ``python -m benchmarks.store`` (half a minute). The file is in the system's cache.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from benchmarks.results import result
from sgbench.samples import store

SAMPLES, BATCH, REPEATS = 3000, 128, 5
SHAPES = {"images": (3, 64, 64), "patterns": (1, 1, 1024)}


def rows_per_s(read: Callable[[np.ndarray], np.ndarray], batches: np.ndarray) -> float:
    started = time.process_time()
    for rows in batches:
        read(rows)
    return batches.size / (time.process_time() - started)


def compare(path: Path, shape: tuple[int, int, int]) -> dict[str, list[float]]:
    opened, images = store.Store(path), h5py.File(path)["images"]

    def selected(rows: np.ndarray) -> np.ndarray:
        unique, inverse = np.unique(rows, return_inverse=True)
        return images[unique][inverse]

    def by_chunk(rows: np.ndarray) -> np.ndarray:
        chunks = [np.frombuffer(images.id.read_direct_chunk((row, 0, 0, 0))[1], np.float32) for row in rows.tolist()]
        return np.reshape(chunks, (len(rows), *shape))

    ways = {"ours": opened.read, "selections": selected, "chunks": by_chunk}
    batches = np.random.default_rng(0).integers(SAMPLES, size=(16, BATCH))
    for read in ways.values():
        np.testing.assert_array_equal(read(batches[0]), opened.read(batches[0]))
    return {name: [rows_per_s(read, batches) for _ in range(REPEATS)] for name, read in ways.items()}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for kind, shape in SHAPES.items():
            path, rng = Path(folder) / f"{kind}.h5", np.random.default_rng(0)
            store.write(path, (rng.random(shape, np.float32) for _ in range(SAMPLES)), shape, {})
            speeds = {name: np.median(found) for name, found in compare(path, shape).items()}
            result(f"scattered rows of {kind}", f"{speeds['ours']:,.0f} rows/s")
            for name in ("selections", "chunks"):
                result(f"  against h5py's {name}", f"{speeds['ours'] / speeds[name]:.1f} times as fast")


if __name__ == "__main__":
    main()
