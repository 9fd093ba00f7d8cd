"""Reading crystals: how fast beside pymatgen and spglib alone, and whether random crystals come back as they are.

Run from the repository root: ``python -m benchmarks.crystals [COUNT [TABLE ...]]``; takes about ten minutes with 2,000
random crystals and no table beside that of the project. pymatgen reads the same files, with the search for the space
group that it leaves to others.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
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
from sgbench.crystals.confirm import confirmed
from sgbench.crystals.crystal import LOOSE_A, SYMPREC_A, Crystal, find_symmetry
from sgbench.crystals.formula import symbols
from sgbench.crystals.structure import crystal_of
from sgbench.crystals.symmetry import crystal_system
from sgbench.crystals.table import from_table, tabulate
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


def check_tables(tables: Sequence[str]) -> None:
    """Print how long tables take, how long they would with spglib alone, and what is refused there."""
    start = time.process_time()
    records = list(read(tables))
    accepted, rejected = tabulate(records)
    whole = time.process_time() - start
    rounded = int((accepted["confirmed_at_A"] > SYMPREC_A).sum())
    result("read and check tables", f"{len(records)} records, {len(rejected)} refused, {rounded} at {LOOSE_A} Å only")
    # Crystal by crystal, so that whatever slows the machine down slows both.
    alone = ours = 0.0
    others = 0
    for crystal in (record for record in records if isinstance(record, Crystal)):
        start = time.process_time()
        found = symmetry(crystal, SYMPREC_A)
        between = time.process_time()
        try:
            strict = confirmed(crystal).confirmed_at_A == SYMPREC_A
        except SgbenchError:
            strict = False
        alone, ours = alone + between - start, ours + time.process_time() - between
        others += strict != (found == crystal.space_group)
    result("labels confirmed otherwise than by spglib", str(others), "0")
    result("confirm their labels", f"{ours:.0f} s, {alone / ours:.1f} times as fast as spglib alone", "4 times")
    result(
        "read and check them", f"{whole:.0f} s, {(whole - ours + alone) / whole:.1f} times as fast as with spglib alone"
    )


def symmetry(crystal: Crystal, symprec_A: float) -> int:
    """Return the space group that spglib finds within a tolerance, 0 for none."""
    found = find_symmetry(crystal.lattice, crystal.frac_coords, crystal.numbers, crystal.isotopes, symprec_A)
    return found.number if found else 0


def widen_tolerance() -> None:
    """Print how many labels of the embedded table another tolerance changes, and how."""
    accepted, _ = tabulate(list(read([str(TABLE)])), confirmed_at_A=SYMPREC_A)
    crystals = list(from_table(accepted))
    found = [symmetry(crystal, LOOSE_A) for crystal in crystals]
    changed = [(c.space_group, n) for c, n in zip(crystals, found, strict=True) if n != c.space_group]
    systems = Counter(f"{crystal_system(old)} > {crystal_system(new) if new else 'none'}" for old, new in changed)
    for kinds, number in systems.most_common():
        print(f"  {kinds}: {number}")
    share = f"{len(changed)} of {len(crystals)} ({len(changed) / len(crystals):.1%})"
    result(f"labels that {LOOSE_A} Å instead of {SYMPREC_A} Å changes", share)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder))
        compare(Path(folder))
    check_tables([str(TABLE), *sys.argv[2:]])
    widen_tolerance()
    return_of_random_crystals(count)


if __name__ == "__main__":
    main()
