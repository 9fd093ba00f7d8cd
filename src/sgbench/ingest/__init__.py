"""Samples from files, one module a kind of file: read side by side, damage set aside, nothing lost.

Each module has a dataclass ``Settings``, with the ``shape`` of a stored image, and a function ``read(paths, settings)``
that returns how many samples the files of one part hold, and an iterator over all of them: a :class:`Sample`, or a
:class:`Damaged` one with the reason.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sgbench.crystals.symmetry import bravais_lattice, crystal_system
from sgbench.crystals.table import space_group_ranks
from sgbench.errors import SgbenchError
from sgbench.files import read_table
from sgbench.progress import logger, track
from sgbench.samples import store
from sgbench.samples.store import Store, image_hash

_UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(("material", "formula"), ""),
    "space_group": 0,
    **dict.fromkeys(("crystal_system", "bravais_lattice", "structure_class"), ""),
    **dict.fromkeys(("a", "b", "c", "alpha", "beta", "gamma", "volume_per_atom", "energy_kev"), np.nan),
    **{f"{vector}{number}_{axis}": np.nan for vector in "zy" for number in (1, 2, 3) for axis in "xyz"},
    **{f"semi_angle_{number}_rad": np.nan for number in (1, 2, 3)},
    **{f"d_hkl_{number}_A": np.nan for number in (1, 2, 3)},
    **dict.fromkeys(("partition", "cell_formula", "attributes"), ""),
}
_LISTED = 20


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One sample of a file.

    Attributes:
        group: its name in the file.
        image: float32 (C, H, W), scaled and at the resolution of training.
        about: its row of the samples' table; see :func:`describe`.
        file: the file, where the part has several; "" for the first.
    """

    group: str
    image: np.ndarray
    about: dict[str, Any]
    file: str = ""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A sample that cannot be used, and why; ``group`` is "" where it is the whole file, ``file`` as of a sample."""

    group: str
    reason: str
    file: str = ""


def describe(**known: Any) -> dict[str, Any]:
    """Return a row of the samples' table from what is known of a sample; "", 0 or NaN stand for the rest."""
    group = known.get("space_group", 0)
    symmetry = {"crystal_system": crystal_system(group), "bravais_lattice": bravais_lattice(group)} if group else {}
    return {**_UNKNOWN, **symmetry, **known}


def fault_of(values: np.ndarray) -> str | None:
    """Say why intensities are no pattern, or None where they are one.

    Args:
        values: intensities of one sample, floating point, any shape.
    """
    # NaN and infinity show in the extremes: two fast passes for all checks.
    low, high = values.min(), values.max()
    if np.isnan(low):
        return "holds NaN"
    if np.isinf(low) or np.isinf(high):
        return "holds an infinite value"
    if low < 0:
        return "holds a negative value"
    return "is zero everywhere" if high == 0 else None


def text(value: Any) -> str:
    """Return what a file says in words: bytes are UTF-8, or else Latin-1; blanks around them do not count."""
    if isinstance(value, str):
        # HDF5 calls any bytes text; those that are not UTF-8 come as half characters.
        value = value.encode("utf-8", "surrogateescape")
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode().strip()
    except UnicodeDecodeError:
        return value.decode("latin1").strip()


def first_line(error: Exception) -> str:
    """Return the first line of what an exception says, or its kind."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def read_part(
    kind: str, name: str, paths: Sequence[str], settings: Mapping[str, Any], code: str, path: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the files of one part into a store; memory is bounded by a few samples.

    Args:
        kind: a module of this package.
        name: the part's name, unique within its modality; ids begin with it.
        paths: its files, as the module asks for them.
        settings: attributes of the module's ``Settings``.
        code: hash of the code, which the store keeps beside the settings.
        path: the store to write.

    Returns:
        A row a sample: id, what :func:`describe` gives, image (its hash), file and group; and a row a damaged sample:
        file, group, reason.
    """
    module = importlib.import_module(f"sgbench.ingest.{kind}")
    chosen = module.Settings(**settings)
    found, records = module.read(paths, chosen)
    made_by = {"ingest": kind, **chosen.made_by, "code": code, "found": found}
    # Without surrogates, which a name has under a locale that knows no other letters than those of English.
    file = text(paths[0])
    rows: list[dict[str, Any]] = []
    damaged: list[tuple[str, str, str]] = []

    def images() -> Iterator[np.ndarray]:
        """Yield the images and note what is said of each, or why there is none."""
        for record in track(records, found, f"read {name}", "samples"):
            if isinstance(record, Damaged):
                damaged.append((record.file or file, record.group, record.reason))
                continue
            rows.append(_row(name, record.file or file, record))
            yield record.image

    kept = store.write(path, images(), chosen.shape, made_by)
    if kept + len(damaged) != found:
        raise RuntimeError(f"{paths[0]}: {found} samples found, but {kept} kept and {len(damaged)} quarantined")
    logger.info("%s: %d samples found = %d kept + %d quarantined", paths[0], found, kept, len(damaged))
    return pd.DataFrame(rows), pd.DataFrame(damaged, columns=["file", "group", "reason"], dtype="str")


def _row(part: str, file: str, sample: Sample) -> dict[str, Any]:
    row = {"id": f"{part}/{sample.group}", **sample.about}
    # Nothing is known to be equal to what has no name: it is a material of its own, at all its energies.
    row["material"] = row["material"] or f"{part}/{sample.group.rpartition('_')[0] or sample.group}"
    row["formula"] = row["formula"] or row["material"]
    return {**row, "image": image_hash(sample.image), "file": file, "group": sample.group}


def merge(
    stores: Sequence[str], samples: Sequence[str], quarantines: Sequence[str], path: str, strict: bool, tolerance: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the parts of a modality into one store.

    Args:
        stores: the store of each part.
        samples: its samples, parquet.
        quarantines: its damaged samples, parquet.
        path: the store to write.
        strict: stop if anything is damaged.
        tolerance: largest share of damaged samples, 0 to 1, with which to go on. A file that cannot be read counts as
            many samples as the readable ones hold on average.

    Returns:
        The samples of all parts, with space_group_rank (1 for the group with the most distinct materials), in the order
        of the store; and the damaged ones.

    Raises:
        SgbenchError: too much is damaged.
    """
    parts = [Store(part) for part in stores]
    found = np.array([part.made_by["found"] for part in parts])
    tables = [read_table(part) for part in samples]
    quarantine = pd.concat([read_table(part) for part in quarantines], ignore_index=True)
    _stop_if_damaged(quarantine, found, strict, tolerance)
    table = pd.concat([part for part in tables if len(part)], ignore_index=True)
    made_by = {key: value for key, value in parts[0].made_by.items() if key != "found"}
    kept = store.write(path, (image for part in parts for image in part), parts[0].shape, made_by)
    if not kept == len(table) == found.sum() - len(quarantine):
        raise RuntimeError(f"{found.sum()} samples found, {kept} images, {len(table)} rows, {len(quarantine)} damaged")
    logger.info("%d samples found = %d kept + %d quarantined", found.sum(), kept, len(quarantine))
    table.insert(table.columns.get_loc("bravais_lattice") + 1, "space_group_rank", space_group_ranks(table))
    return table, quarantine


def _stop_if_damaged(quarantine: pd.DataFrame, found: np.ndarray, strict: bool, tolerance: float) -> None:
    unreadable = int((quarantine["group"] == "").sum())
    readable = len(found) - unreadable
    per_file = (found.sum() - unreadable) / readable if readable else 1.0
    total = found.sum() + unreadable * (per_file - 1)
    damaged = len(quarantine) + unreadable * (per_file - 1)
    share = damaged / total
    for reason, count in quarantine["reason"].value_counts().items():
        logger.warning("quarantined: %d: %s", count, reason)
    if len(quarantine) < found.sum() and not (strict and damaged) and share <= tolerance:
        return
    rows = [f"{row.file}: {row.group or 'the file'}: {row.reason}" for row in quarantine.head(_LISTED).itertuples()]
    rows += [f"and {len(quarantine) - _LISTED} more"] if len(quarantine) > _LISTED else []
    allowed = "strict allows none" if strict else f"tolerance allows {100 * tolerance:g} %"
    raise SgbenchError(
        "\n".join(
            [f"{len(quarantine)} of {found.sum()} samples are damaged, about {100 * share:.1f} %; {allowed}:", *rows]
        )
    )
