"""Crystals: from a parquet table, a folder of CIF files or prototypes; checked, labelled, and written as one table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import spglib

from sgbench.errors import SgbenchError
from sgbench.files import read_table
from sgbench.parallel import ordered_map
from sgbench.progress import track
from sgbench.seeds import generator
from sgbench.sources import is_prototypes
from sgbench.symmetry import N_SPACE_GROUPS, bravais_lattice, crystal_system

# spglib raises its errors, in place of printing and returning None.
spglib.error.OLD_ERROR_HANDLING = False

SYMPREC_A = 0.01
#: The columns of :func:`tabulate`'s table that hold structures.
STRUCTURE_COLUMNS = [
    *("lattice", "numbers", "frac_coords"),
    *("standard_lattice", "standard_numbers", "standard_frac_coords"),
]
_SOURCE_COLUMNS = ["id", "source", "formula", "spacegroup", "lattice", "numbers", "frac_coords"]
_HEAVIEST = 118


class Cell(NamedTuple):
    """A cell of a crystal.

    Attributes:
        lattice: lattice vectors as rows, shape (3, 3), Å.
        numbers: atomic numbers, shape (S,).
        frac_coords: fractional coordinates, shape (S, 3).
    """

    lattice: np.ndarray
    numbers: np.ndarray
    frac_coords: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Crystal:
    """One ordered crystal structure with its space group.

    Attributes:
        id: the record's id in its source, e.g. ``mp-1234``; need not be unique.
        source: the data set or file that the record comes from.
        formula: reduced formula, e.g. ``Fe2O3``.
        space_group: international number, 1 to 230.
        lattice: lattice vectors as rows, shape (3, 3), Å.
        numbers: atomic numbers, shape (N,).
        frac_coords: fractional coordinates, shape (N, 3).
        structure_class: structure type, e.g. ``fcc(225)``, of a prototype; else "".
        standard: the standard conventional cell, in the orientation and setting of spglib, where it is known: the
            search for it takes longer than most of what follows.
    """

    id: str
    source: str
    formula: str
    space_group: int
    lattice: np.ndarray
    numbers: np.ndarray
    frac_coords: np.ndarray
    structure_class: str = ""
    standard: Cell | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was left out, and why."""

    source: str
    id: str
    reason: str


def read(paths: Sequence[str]) -> Iterator[Crystal | Rejected]:
    """Read crystals from parquet tables and folders of CIF files, or build prototypes, one source after the other.

    A parquet table has the columns id, source, formula, spacegroup, lattice (9 numbers, row-major, Å), numbers and
    frac_coords (3N numbers, row-major). The space group of a CIF file is the one that spglib finds at 0.01 Å.
    ``prototypes`` stands for the elemental solids of :mod:`sgbench.simulate.prototypes`, ``prototypes:10`` for a tenth
    of each class.

    Yields:
        each record in its order, or why it cannot be used.

    Raises:
        SgbenchError: a path does not exist, holds no crystal, or is not such a table.
    """
    for path in paths:
        if is_prototypes(path):
            yield from _prototypes(path)
        elif Path(path).is_dir():
            yield from _read_cifs(Path(path))
        else:
            yield from _read_parquet(Path(path))


def _prototypes(source: str) -> list[Crystal]:
    # They are crystals, and so cannot be imported before this module is complete.
    from sgbench.simulate.prototypes import elemental_solids

    divisor = source.partition(":")[2] or "1"
    if not divisor.isdecimal():
        raise SgbenchError(f"crystals: {source!r}: after the colon stands a whole number, as in prototypes:10")
    return elemental_solids(0, divisor=int(divisor))


def _read_parquet(path: Path) -> Iterator[Crystal | Rejected]:
    table = read_table(path)
    missing = [column for column in _SOURCE_COLUMNS if column not in table]
    if missing:
        raise SgbenchError(f"{path}: columns missing: {', '.join(missing)}; needed: {', '.join(_SOURCE_COLUMNS)}")
    rows = table[_SOURCE_COLUMNS].itertuples(index=False)
    for row in track(rows, len(table), f"read {path.name}", "records"):
        reason = _problem(row.lattice, row.numbers, row.frac_coords, row.spacegroup)
        if reason:
            yield Rejected(str(row.source), str(row.id), reason)
            continue
        yield Crystal(
            id=str(row.id),
            source=str(row.source),
            formula=str(row.formula),
            space_group=int(row.spacegroup),
            **_cell(row.lattice, row.numbers, row.frac_coords)._asdict(),
        )


def _problem(lattice: object, numbers: object, frac_coords: object, space_group: object) -> str | None:
    """Say why a record cannot be a crystal, or None where it can."""
    try:
        cell = np.asarray(lattice, float).ravel()
        coords = np.asarray(frac_coords, float).ravel()
        species = np.asarray(numbers, float).ravel()
        label = float(space_group)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "a value is missing or not a number"
    if cell.size != 9 or not np.isfinite(cell).all():
        return "the lattice is not nine finite numbers"
    if abs(np.linalg.det(cell.reshape(3, 3))) < 1e-3:
        return "the cell has no volume"
    if species.size == 0 or coords.size != 3 * species.size:
        return f"{species.size} atomic numbers but {coords.size} coordinates"
    if not np.isfinite(coords).all():
        return "a coordinate is not finite"
    if not (np.isin(species, np.arange(1, _HEAVIEST + 1))).all():
        return "an atomic number is not between 1 and 118"
    if not (label.is_integer() and 1 <= label <= N_SPACE_GROUPS):
        return f"the space group {space_group} is not between 1 and 230"
    return None


def _read_cifs(folder: Path) -> Iterator[Crystal | Rejected]:
    paths = sorted(folder.glob("*.cif"))
    if not paths:
        raise SgbenchError(f"{folder}: no *.cif file in this folder")
    for path in track(paths, len(paths), f"read {folder.name}", "files"):
        yield from _read_cif(path, folder.name)


def _read_cif(path: Path, source: str) -> Iterator[Crystal | Rejected]:
    # Slow to import, and not needed for a parquet table.
    from pymatgen.io.cif import CifParser

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
        found = _symmetry(lattice, coords, numbers)
        reason = _problem(lattice, numbers, coords, found.number if found else 1)
        if reason or found is None:
            yield Rejected(source, name, reason or "spglib finds no space group")
            continue
        formula = structure.composition.reduced_formula
        yield Crystal(name, source, formula, found.number, lattice, numbers, coords)


def _symmetry(lattice: np.ndarray, frac_coords: np.ndarray, numbers: np.ndarray) -> spglib.SpglibDataset | None:
    try:
        return spglib.get_symmetry_dataset((lattice, frac_coords, numbers), symprec=SYMPREC_A)
    except spglib.error.SpglibError:
        return None


def cell_parameters(lattice: np.ndarray) -> tuple[float, float, float, float, float, float]:
    """Return a, b, c (Å) and alpha, beta, gamma (degrees) of lattice vectors, rows of a (3, 3) array."""
    a, b, c = lengths = np.linalg.norm(lattice, axis=1)
    cosines = [lattice[j] @ lattice[k] / (lengths[j] * lengths[k]) for j, k in ((1, 2), (0, 2), (0, 1))]
    alpha, beta, gamma = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    return a, b, c, alpha, beta, gamma


def tabulate(records: Sequence[Crystal | Rejected], workers: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Describe crystals in one table, a row a crystal, and list the rejected records in another.

    The first has ``id`` (unique: source/id, with #2, #3, ... where that repeats), ``material`` (the source's id),
    source, formula, space_group, crystal_system, bravais_lattice, ``space_group_rank`` (1 for the group with the most
    distinct materials, a material being one reduced formula in one space group), structure_class ("" where the source
    gives none), the conventional cell (a, b, c in Å; alpha, beta, gamma in degrees; by spglib), volume_per_atom (Å³),
    and the :data:`STRUCTURE_COLUMNS`: the structure itself and its standard conventional cell. The second has source,
    id and reason.

    Args:
        records: what :func:`read` yields.
        workers: processes to find the conventional cells with.

    Raises:
        SgbenchError: not one crystal is left.
    """
    crystals = [record for record in records if isinstance(record, Crystal)]
    rejected = [record for record in records if isinstance(record, Rejected)]
    rows = []
    cells = ordered_map(_conventional_cell, crystals, workers)
    cells = track(cells, len(crystals), "find conventional cells", "crystals")
    for crystal, cell in zip(crystals, cells, strict=True):
        if cell is None:
            rejected.append(Rejected(crystal.source, crystal.id, "spglib finds no symmetry in this structure"))
        else:
            rows.append(_row(crystal, cell))
    if not rows:
        raise SgbenchError(f"no usable crystal in {len(records)} records")
    table = pd.DataFrame(rows)
    table["id"] = _unique(table["id"])
    table.insert(7, "space_group_rank", space_group_ranks(table))
    return table, pd.DataFrame(
        [(r.source, r.id, r.reason) for r in rejected], columns=["source", "id", "reason"], dtype="str"
    )


def _conventional_cell(crystal: Crystal) -> Cell | None:
    if crystal.standard is not None:
        return crystal.standard
    found = _symmetry(crystal.lattice, crystal.frac_coords, crystal.numbers)
    return None if found is None else Cell(found.std_lattice, found.std_types, found.std_positions)


def _row(crystal: Crystal, standard: Cell) -> dict:
    cell = zip(("a", "b", "c", "alpha", "beta", "gamma"), cell_parameters(standard.lattice), strict=True)
    return {
        "id": f"{crystal.source}/{crystal.id}",
        "material": crystal.id,
        "source": crystal.source,
        "formula": crystal.formula,
        "space_group": crystal.space_group,
        "crystal_system": crystal_system(crystal.space_group),
        "bravais_lattice": bravais_lattice(crystal.space_group),
        "structure_class": crystal.structure_class,
        **{name: round(float(value), 5) for name, value in cell},
        "volume_per_atom": round(abs(np.linalg.det(crystal.lattice)) / len(crystal.numbers), 5),
        "lattice": crystal.lattice.ravel(),
        "numbers": crystal.numbers.astype(np.uint8),
        "frac_coords": crystal.frac_coords.ravel(),
        "standard_lattice": standard.lattice.ravel(),
        "standard_numbers": standard.numbers.astype(np.uint8),
        "standard_frac_coords": standard.frac_coords.ravel(),
    }


def _unique(ids: pd.Series) -> pd.Series:
    repeat = ids.groupby(ids).cumcount() + 1
    return ids.where(repeat == 1, ids + "#" + repeat.astype(str))


def space_group_ranks(table: pd.DataFrame) -> pd.Series:
    """Rank the space group of each row by its number of distinct materials, 1 the largest, ties by group number."""
    materials = table[["formula", "space_group"]].drop_duplicates()["space_group"].value_counts()
    order = sorted(materials.index, key=lambda group: (-materials[group], group))
    return table["space_group"].map({group: rank for rank, group in enumerate(order, start=1)})


def draw(table: pd.DataFrame, records: int | None, largest: int | None, name: str) -> pd.DataFrame:
    """Draw crystals at random for one use of them.

    Args:
        table: see :func:`tabulate`.
        records: how many; None, or more than there are, takes all.
        largest: only crystals of that many largest space groups; None takes all groups.
        name: the use; another one draws others.

    Returns:
        The rows drawn, in their order, numbered anew.
    """
    if largest is not None:
        table = table[table["space_group_rank"] <= largest]
    if records is not None and records < len(table):
        table = table.iloc[np.sort(generator(0, "records", name).choice(len(table), records, replace=False))]
    return table.reset_index(drop=True)


def from_table(table: pd.DataFrame) -> Iterator[Crystal]:
    """Yield the crystals of a table that :func:`tabulate` made, in its order."""
    columns = ["material", "source", "formula", "space_group", "structure_class", *STRUCTURE_COLUMNS]
    for row in table[columns].itertuples(index=False):
        yield Crystal(
            id=row.material,
            source=row.source,
            formula=row.formula,
            space_group=row.space_group,
            structure_class=row.structure_class,
            standard=_cell(row.standard_lattice, row.standard_numbers, row.standard_frac_coords),
            **_cell(row.lattice, row.numbers, row.frac_coords)._asdict(),
        )


def crystals_of(path: str | Path, rows: pd.DataFrame, column: str) -> Callable[[np.ndarray], list[Crystal]]:
    """Return a function that gives the crystals of positions in a table of samples.

    Args:
        path: ``crystals.parquet``.
        rows: the samples.
        column: by which both know a crystal: id, or material, of which the first record stands for all.
    """

    # Read when it is asked for: not all that generates items needs crystals, nor has every study some.
    @cache
    def table() -> pd.DataFrame:
        return read_table(path).drop_duplicates(column).set_index(column, drop=False)

    return lambda positions: list(from_table(table().loc[rows[column].iloc[positions]]))


def _cell(lattice: np.ndarray, numbers: np.ndarray, frac_coords: np.ndarray) -> Cell:
    """Shape a cell's flat lists."""
    return Cell(
        np.asarray(lattice, float).reshape(3, 3),
        np.asarray(numbers, int),
        np.asarray(frac_coords, float).reshape(-1, 3),
    )
