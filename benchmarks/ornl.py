"""A census like that of the ORNL data set, and a tree of batch files with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sgbench.ingest import batchfile
from sgbench.samples.redistribute import PARTS

TOTAL, GROUPS, ABSENT, QUARTILE, LARGEST = 187_155, 230, 30, (20, 30), 14_784
ENERGIES = 10
FILES = {"train": 64, "dev": 8, "test": 8}
SMALL = 8


def drawn_census() -> pd.DataFrame:
    """Return a census with the published totals: 30 groups absent, then a bent line on a logarithmic axis."""
    rank = np.linspace(0, 1, GROUPS - 58)

    def sizes(bend: float) -> np.ndarray:
        rising = 10 * np.round(3 * (LARGEST / 30) ** (rank**bend))
        rising[-1] = LARGEST
        return np.concatenate([np.zeros(ABSENT), np.linspace(10, 20, 28).round(-1), rising])

    low, high = 0.5, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sizes(middle).sum() > TOTAL else (low, middle)
    overall = sizes(high).astype(int)
    overall[-2] += TOTAL - overall.sum()
    table = pd.DataFrame({"space_group": np.random.default_rng(0).permutation(GROUPS) + 1, "overall": overall})
    held = 10 * (table["overall"] // 90)
    return table.assign(dev=held, test=held, train=table["overall"] - 2 * held).sort_values("space_group")


def records(census: pd.DataFrame) -> pd.DataFrame:
    """Return a row a sample: part, file, name, and what stands in its attributes."""
    rng = np.random.default_rng(1)
    tables = []
    for part in PARTS:
        counts = census[part].to_numpy()
        groups = np.repeat(census["space_group"].to_numpy(), counts)
        within = np.concatenate([np.arange(count) for count in counts])
        tables.append(
            pd.DataFrame({"part": part, "space_group": groups, "step": within % ENERGIES, "n": within // ENERGIES})
        )
    table = pd.concat(tables, ignore_index=True)
    table["record"] = table.groupby(["part", "space_group", "n"], sort=False).ngroup()
    # Of three records of a group the third is the first again, relaxed anew.
    first = table.drop_duplicates("record")
    place = first.groupby("space_group").cumcount().to_numpy()
    crystal = np.where(place % 3 == 2, np.roll(np.arange(len(first)), 2), np.arange(len(first)))
    cells = rng.uniform(3, 10, (len(first), 3))[crystal] * rng.uniform(1, 1.01, (len(first), 1))
    table["crystal"] = crystal[table["record"]]
    table[["a", "b", "c"]] = cells[table["record"]]
    order = rng.permutation(len(first))
    for part, files in FILES.items():
        here = table["part"] == part
        table.loc[here, "file"] = "batch_" + part + "_" + (order[table.loc[here, "record"]] % files).astype(str) + ".h5"
    number = table.drop_duplicates("record").groupby("file").cumcount()
    table["number"] = number.to_numpy()[table["record"]]
    return table


def write_tree(folder: Path, table: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    for file, rows in table.groupby("file"):
        stacks = rng.random((len(rows), 3, SMALL, SMALL), np.float32)
        batchfile.write(folder / file, described(rows, stacks))


def described(rows: pd.DataFrame, stacks: np.ndarray) -> Iterator[tuple[str, np.ndarray, dict[str, Any]]]:
    for row, stack in zip(rows.itertuples(), stacks, strict=True):
        yield (
            f"sample_{row.number}_{row.step}",
            stack,
            batchfile.attributes(
                space_group=row.space_group,
                material=f"mp-{row.record}",
                energy_kev=100 + 10 * row.step,
                cell=(row.a, row.b, row.c, 90, 90, 90),
                # A name for each crystal: counts of two elements without a common divisor.
                formula=f"Fe{row.crystal + 1} O{row.crystal + 2}",
                z_dirs=np.eye(3)[None],
                y_dirs=np.eye(3)[None],
                semi_angles_rad=np.full(3, 0.003),
                d_hkls_angstrom=np.full(3, 3.0),
            ),
        )
