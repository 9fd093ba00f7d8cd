"""Crystals from a folder of CIF files; the space group is the one that spglib finds at 0.01 Å."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pymatgen.io.cif import CifParser

from sgbench.crystals.crystal import Crystal, Rejected, fault_of, find_symmetry
from sgbench.errors import SgbenchError
from sgbench.progress import track


def read(path: str) -> Iterator[Crystal | Rejected]:
    """Read the files of the folder at ``path``.

    Yields:
        each structure in the order of the files' names, or why it cannot be used.

    Raises:
        SgbenchError: there is no CIF file.
    """
    folder = Path(path)
    paths = sorted(folder.glob("*.cif"))
    if not paths:
        raise SgbenchError(f"{folder}: no *.cif file in this folder")
    for path in track(paths, len(paths), f"read {folder.name}", "files"):
        yield from _read_cif(path, folder.name)


def _read_cif(path: Path, source: str) -> Iterator[Crystal | Rejected]:
    try:
        structures = CifParser(path).parse_structures(primitive=False)
    except Exception as error:  # a parser meets any exception in a damaged file; the reason goes into the list
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        yield Rejected(source, path.stem, f"not readable as CIF: {reason}")
        return
    for position, structure in enumerate(structures):
        name = path.stem if len(structures) == 1 else f"{path.stem}-{position + 1}"
        if not structure.is_ordered:
            yield Rejected(source, name, "disordered: a site is shared or partly occupied")
            continue
        lattice, coords = structure.lattice.matrix, structure.frac_coords
        numbers = np.asarray(structure.atomic_numbers, int)
        found = find_symmetry(lattice, coords, numbers)
        reason = fault_of(lattice, numbers, coords, found.number if found else 1)
        if reason or found is None:
            yield Rejected(source, name, reason or "spglib finds no space group")
            continue
        formula = structure.composition.reduced_formula
        yield Crystal(name, source, formula, found.number, lattice, numbers, coords)
