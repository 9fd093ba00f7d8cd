"""Measured powder patterns with a table of labels, as the bins of a model (:mod:`sgbench.samples.preparation`)."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from sgbench.crystals.formula import counts_of, written
from sgbench.crystals.symmetry import N_SPACE_GROUPS
from sgbench.errors import SgbenchError
from sgbench.files import read_table
from sgbench.ingest import Damaged, Sample, describe, text
from sgbench.ingest.diffractograms import read as read_file
from sgbench.progress import track
from sgbench.samples.pattern import Pattern, wavelength_of
from sgbench.samples.preparation import LEAST_MEASURED, Axis, Preparation, prepare

_COLUMNS = ("file", "space_group", "formula", "wavelength_A")
_REQUIRED = _COLUMNS[:2]
_SAME_WAVELENGTH = 0.005  # relative; K-alpha 1 and the mean of K-alpha differ by 0.0008


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which bins patterns become, and at which wavelength those without one were measured.

    Attributes:
        measured_at_A: wavelength of patterns for which neither file nor table state one, Å, or that of an anode, e.g.
            ``CuKa``; None sets those aside.
        wavelength_A: wavelength at which the angles of the axis are, as such or of an anode.
        two_theta_deg: first and last angle of the axis, degrees.
        bins: bins of a pattern.
        axis: ``two_theta`` or ``log_q``.
        background: ``keep`` or ``snip``.
        scale_exponent: exponent of the intensities, relative to the largest.

    Raises:
        SgbenchError: a value is out of its range.
    """

    measured_at_A: float | str | None = None
    wavelength_A: float | str = 1.54184
    two_theta_deg: tuple[float, float] = (10.0, 110.0)
    bins: int = 1024
    axis: Literal["two_theta", "log_q"] = "two_theta"
    background: Literal["keep", "snip"] = "keep"
    scale_exponent: float = 0.5

    def __post_init__(self) -> None:
        _ = self.bin_axis, self.fallback_A

    @property
    def bin_axis(self) -> Axis:
        """The bins."""
        return Axis(
            wavelength_A=self.wavelength_A,
            two_theta_deg=tuple(self.two_theta_deg),
            bins=self.bins,
            axis=self.axis,
        )

    @property
    def preparation(self) -> Preparation:
        """What becomes of intensities."""
        return Preparation(background=self.background, scale_exponent=self.scale_exponent)

    @property
    def fallback_A(self) -> float | None:
        """The wavelength of patterns for which nothing else states one, Å."""
        return None if self.measured_at_A is None else wavelength_of(self.measured_at_A)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (C, H, W) of a pattern."""
        return 1, 1, self.bins

    @property
    def made_by(self) -> dict[str, Any]:
        """Return what a store says of its patterns."""
        return asdict(self)


def read(paths: Sequence[str], settings: Settings) -> tuple[int, Iterator[Sample | Damaged]]:
    """Read patterns and their labels.

    Args:
        paths: the table of labels, CSV or parquet: file (as seen from the table's folder), space_group, and perhaps
            formula, wavelength_A and others, which are kept; then the files.
        settings: what they become.

    Returns:
        How many scans the files hold, and an iterator over them; a file that cannot be read, one without a label, and a
        label without a file count as one.

    Raises:
        SgbenchError: the table cannot be read, or lacks a column.
    """
    table, *files = paths
    labels = _labels(table)
    names = {Path(os.path.relpath(file, Path(table).parent)).as_posix(): file for file in files}
    records: list[Sample | Damaged] = []
    for name, file in track(names.items(), len(names), "read patterns", "files"):
        records += _read(name, text(file), labels.get(name), Path(table).name, settings)
    missing = [name for name in labels if name not in names]
    records += [Damaged(name, f"is named in {Path(table).name}, and not among the files", table) for name in missing]
    return len(records), iter(records)


def _read(
    name: str, file: str, labels: Sequence[Mapping[str, Any]] | None, table: str, settings: Settings
) -> Iterator[Sample | Damaged]:
    """Yield the scans of a file as samples."""
    fault = f"has no row in {table}" if not labels else f"has several rows in {table}" if len(labels) > 1 else None
    if not fault and _space_group(labels[0]) is None:
        fault = (
            f"has the space_group {labels[0]['space_group']} in {table}, which is no number from 1 to {N_SPACE_GROUPS}"
        )
    if fault:
        yield Damaged(name, fault, file)
        return
    for scan in read_file(file):
        block = scan.group if isinstance(scan, Damaged) else scan.block
        group = f"{name}#{block}" if block else name
        if isinstance(scan, Damaged):
            yield Damaged(group, scan.reason, file)
            continue
        try:
            yield Sample(group, *_seen(name, scan, labels[0], table, settings), file)
        except SgbenchError as reason:
            yield Damaged(group, str(reason), file)


def _seen(
    name: str, scan: Pattern, label: Mapping[str, Any], table: str, settings: Settings
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return what a model sees of a scan, and what is said of it."""
    wavelength = _wavelength(scan, label, table, settings)
    image, measured = prepare(scan, settings.bin_axis, settings.preparation, wavelength)
    if measured.mean() < LEAST_MEASURED:
        raise SgbenchError(
            f"is measured from {scan.positions[0]:g} to {scan.positions[-1]:g} "
            f"{'degrees' if scan.unit == 'two_theta' else '1/Å'}, {100 * measured.mean():.0f} % of the bins; is that "
            "its unit?"
        )
    formula = label["formula"] or ""
    counts = counts_of(formula)
    others = {key: str(value) for key, value in label.items() if key not in _COLUMNS and value}
    about = {"title": scan.title, "anode": scan.anode, **scan.facts, **others}
    return image, describe(
        # Scans of one file are of one specimen.
        material="" if formula else name,
        formula=written(counts) if counts else "".join(formula.split()),
        space_group=_space_group(label),
        cell_formula=formula,
        attributes=json.dumps({key: value for key, value in about.items() if value}, sort_keys=True),
        wavelength_A=wavelength or np.nan,
        radiation=scan.radiation,
        measured=float(measured.mean()),
    )


def _wavelength(scan: Pattern, label: Mapping[str, Any], table: str, settings: Settings) -> float | None:
    """Return the wavelength of a scan, Å, from its file, the table or the settings; None where q needs none."""
    own, given = scan.wavelength_A, _positive(label["wavelength_A"])
    if label["wavelength_A"] is not None and given is None:
        raise SgbenchError(f"has the wavelength_A {label['wavelength_A']} in {table}, which is no number above 0")
    if own and given and abs(own / given - 1) > _SAME_WAVELENGTH:
        raise SgbenchError(f"states a wavelength of {own:g} Å, and {table} one of {given:g} Å")
    found = own or given or settings.fallback_A
    if found is None and scan.unit == "two_theta":
        raise SgbenchError(
            f"states no wavelength; give it in a column wavelength_A of {table}, or for all such files as measured_at_A"
        )
    return found


def _labels(table: str) -> dict[str, list[dict[str, Any]]]:
    """Read the table of labels: the rows of each file, by its name; None stands for what is not there."""
    rows = read_table(table)
    missing = [name for name in _REQUIRED if name not in rows]
    if missing:
        raise SgbenchError(f"{table}: has no column {missing[0]}; its columns: {', '.join(map(str, rows.columns))}")
    similar = [name for name in rows if name not in _COLUMNS and str(name).lower().startswith(("wave", "lambda"))]
    if similar:
        raise SgbenchError(f"{table}: call the column {similar[0]} wavelength_A, and give it in Å")
    rows = rows.reindex(columns=list(dict.fromkeys([*rows.columns, *_COLUMNS]))).astype(object)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows.where(pd.notna(rows), None).to_dict("records"):
        found.setdefault(Path(os.path.normpath(str(row["file"]))).as_posix(), []).append(row)
    return found


def _space_group(label: Mapping[str, Any]) -> int | None:
    number = _positive(label["space_group"])
    return int(number) if number and number.is_integer() and number <= N_SPACE_GROUPS else None


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < np.inf else None
