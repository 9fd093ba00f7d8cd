"""Speed of asking a model about powder patterns, as one command: reading files, preparing, and the answers.

Run from the repository root: ``python -m benchmarks.predict`` (a minute). The patterns are of the embedded crystals, as
a laboratory measures them, in 3,500 steps; the model is a 1-D CNN.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.powder import TABLE, read_crystals
from benchmarks.results import result
from sgbench import simulate
from sgbench.crystals.crystal import Crystal
from sgbench.models import base
from sgbench.predict import modelfile
from sgbench.predict.novelty import Novelty
from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training.objective import Objective
from sgbench.training.run import Run

PATTERNS, REPEATS, GOAL_S = 1000, 3, 20
POWDER = {"radiation": "xray", "wavelength_A": "CuKa", "two_theta_deg": [10, 80], "instrument": "laboratory"}


def trained(folder: Path, crystals: list[Crystal]) -> Path:
    """Write a model of crystals, and return its file."""
    settings = simulate.settings("powder", POWDER)
    patterns = simulate.simulate_all("powder", settings, crystals, [crystal.id for crystal in crystals], 2)
    store.write(folder / "store.h5", patterns, settings.shape, {"simulate": "powder", **POWDER})
    classes, labels = np.unique([crystal.space_group for crystal in crystals], return_inverse=True)
    items = Items.plain(store.Store(folder / "store.h5"), labels, np.arange(len(labels)))
    model, ones = base.build({"kind": "cnn1d", "epochs": 1}, len(classes)), np.ones(len(classes))
    model.fit(items, items, Objective(ones, ones, ones), Run(0, folder / "checkpoint.pt", "", 2))
    model.save(folder / "model.pt")
    about = {
        "kind": "cnn1d",
        "study": "benchmark",
        "cell": {"model": "cnn1d", "modality": "powder", "task": "space_group"},
        "task": {"predict": "space_group"},
        "classes": classes.tolist(),
        "frequencies": np.bincount(labels).tolist(),
        "shape": list(items.shape),
        "made_by": items.store.made_by,
        "scores": {"test": {"accuracy": 0.0, "macro_f1": 0.0}},
        "commit": "",
    }
    path = folder / "model.sgbench"
    modelfile.write(path, model, folder / "model.pt", Novelty.fit(items.images(np.arange(2000))), about)
    return path


def measured(folder: Path, crystals: list[Crystal]) -> list[Path]:
    """Write a pattern of each crystal in columns, and return the files."""
    steps = {**POWDER, "bins": 3500, "measured_as": "specimen", "scale_exponent": 1.0}
    settings = simulate.settings("powder", steps)
    angles, files = settings.angles_deg, []
    ids = [crystal.id for crystal in crystals]
    for number, pattern in enumerate(simulate.simulate_all("powder", settings, crystals, ids, 2)):
        files.append(folder / f"{number}.xy")
        np.savetxt(files[-1], np.column_stack([angles, 1e4 * pattern.ravel()]), fmt="%.4f %.0f")
    return files


def main() -> None:
    crystals = read_crystals([str(TABLE)])[: 3 * PATTERNS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, files = trained(folder, crystals), measured(folder, crystals[:PATTERNS])
        command = [sys.executable, "-m", "sgbench.predict.command", "predict", str(model), *map(str, files)]
        seconds = []
        for _ in range(REPEATS):
            started = time.monotonic()
            subprocess.run([*command, "--wavelength", "CuKa"], check=False, capture_output=True)
            seconds.append(time.monotonic() - started)
    result(f"{PATTERNS:,} powder patterns, asked about", f"{np.median(seconds):.1f} s", f"{GOAL_S} s")


if __name__ == "__main__":
    main()
