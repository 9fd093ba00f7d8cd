"""Files that are whole or absent: everything a stage writes goes through here."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from sgbench.errors import SgbenchError


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` and rename it to ``path`` once the block has ended well.

    A process that is killed leaves at most a hidden ``.NAME.PID.partial`` behind, never a half-written ``path``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as parquet, or as CSV where ``path`` ends so; the same table gives the same bytes."""
    with atomic(path) as partial:
        if Path(path).suffix == ".csv":
            table.to_csv(partial, index=False, lineterminator="\n")
        else:
            table.to_parquet(partial, index=False, compression="zstd")


def read_table(path: str | Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a parquet or CSV table that a stage or a user wrote.

    Raises:
        SgbenchError: the file is missing or cannot be read, or lacks one of ``columns``.
    """
    try:
        if Path(path).suffix == ".csv":
            # Only an empty field is missing: null and none are names like others.
            return pd.read_csv(path, usecols=columns, keep_default_na=False, na_values=[""])
        return pd.read_parquet(path, columns=columns)
    except FileNotFoundError:
        raise SgbenchError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise SgbenchError(f"{path}: not a readable table ({_first_line(error)})") from None


def write_json(value: Any, path: str | Path) -> None:
    """Write ``value`` as indented JSON, keys in the order given."""
    with atomic(path) as partial:
        partial.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read a JSON file that :func:`write_json` wrote."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def checksum(*paths: str | Path) -> str:
    """Return the SHA-256 (hex) of the bytes of ``paths``, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with Path(path).open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
