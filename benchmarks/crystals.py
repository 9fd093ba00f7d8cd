"""Reading crystals: how fast beside pymatgen, and whether random crystals of all settings come back as they are.

Run from the repository root: ``python -m benchmarks.crystals [COUNT]``; takes about ten minutes with 2,000 random
crystals. pymatgen reads the same files, with the search for the space group that it leaves to others.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import gemmi
import numpy as np
import pandas as pd
import spglib
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifParser, CifWriter

from benchmarks.results import result
from sgbench.crystals import read
from sgbench.crystals.blocks import blocks_of
from sgbench.crystals.crystal import Crystal
from sgbench.crystals.formula import symbols
from sgbench.crystals.structure import crystal_of
from sgbench.crystals.table import tabulate
from sgbench.errors import SgbenchError
from tests.crystals.random_cif import FORMS, Truth, cif, random_crystal, surroundings

FILES = 1000
TABLE = Path(__file__).parents[1] / "resources" / "materials_project.parquet"


def write_files(folder: Path) -> None:
    """Write real crystals as pymatgen does, every other one with its operations."""
    rows = pd.read_parquet(TABLE).iloc[:: 7116 // FILES].head(FILES)
    for index, row in enumerate(rows.itertuples()):
        lattice, coords = Lattice(row.lattice.reshape(3, 3)), row.frac_coords.reshape(-1, 3)
        structure = Structure(lattice, row.numbers.tolist(), coords)
        CifWriter(structure, symprec=0.01 if index % 2 else None).write_file(folder / f"{index}.cif")


def read_by_pymatgen(folder: Path) -> int:
    """Read the files and find their space groups; returns how many had one structure."""
    count = 0
    for path in sorted(folder.glob("*.cif")):
        for structure in CifParser(path).parse_structures(primitive=False):
            cell = (structure.lattice.matrix, structure.frac_coords, structure.atomic_numbers)
            count += spglib.get_symmetry_dataset(cell, symprec=0.01) is not None
    return count


def compare(folder: Path) -> None:
    """Print how long both take for the same files."""
    start = time.process_time()
    count = sum(isinstance(record, Crystal) for record in read([str(folder)]))
    result(f"read {FILES} CIF files", f"{time.process_time() - start:.1f} s, {count} crystals")
    start = time.process_time()
    count = read_by_pymatgen(folder)
    result(f"read {FILES} CIF files by pymatgen", f"{time.process_time() - start:.1f} s, {count} crystals")


def outcome(truth: Truth, text: str) -> str:
    """Say whether a crystal came back: right, refused or wrong."""
    (block,) = blocks_of(text.encode())
    try:
        crystal = crystal_of(block, "", "")
    except SgbenchError:
        return "refused" if truth.space_group == truth.setting.number else "refused, more symmetric than declared"
    ours = surroundings(crystal.lattice, crystal.frac_coords, symbols(crystal.numbers))
    theirs = surroundings(truth.lattice, truth.frac_coords, truth.elements)
    near = ours.keys() == theirs.keys() and all(np.abs(ours[pair] - theirs[pair]).max() < 0.05 for pair in ours)
    return "right" if near and crystal.space_group == truth.space_group else "wrong"


def return_of_random_crystals(count: int) -> None:
    """Print what became of so many random crystals, by what their files say of the symmetry."""
    rng = np.random.default_rng(0)
    settings = list(gemmi.spacegroup_table())
    found: Counter[tuple[str, str]] = Counter()
    while found.total() < count:
        truth = random_crystal(settings[rng.integers(len(settings))], rng)
        if truth is not None:
            form, digits = str(rng.choice(FORMS)), rng.choice([None, 4])
            found[form, outcome(truth, cif(truth, form, digits, bool(rng.integers(2)), rng))] += 1
    for (form, what), number in sorted(found.items()):
        print(f"  {form}: {number} {what}")
    total = Counter(dict.fromkeys(("right", "refused", "wrong"), 0))
    for (_, what), number in found.items():
        total[what] += number
    result(f"{count} random crystals", ", ".join(f"{number} {what}" for what, number in total.items()), "0 wrong")


def check_table() -> None:
    """Print how long the table that ships with the project takes, and what is refused there."""
    start = time.process_time()
    accepted, rejected = tabulate(list(read([str(TABLE)])))
    seconds = time.process_time() - start
    rounded = int((accepted["confirmed_at_A"] > 0.01).sum())
    result("check the embedded table", f"{seconds:.0f} s, {len(rejected)} refused, {rounded} at 0.1 Å only")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder))
        compare(Path(folder))
    check_table()
    return_of_random_crystals(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)


if __name__ == "__main__":
    main()
