"""Where a study's crystals and samples come from; light, as the Snakefile imports it."""

import os
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import Any

from sgbench.errors import SgbenchError

PARTS = ("train", "dev", "test")
#: The part that measured patterns are, all in one.
MEASURED = "measured"
_PATTERNS = {".xy", ".xye", ".xyd", ".dat", ".csv", ".txt", ".asc", ".chi", ".xrdml", ".raw", ".brml", ".ras"}
_PATTERNS |= {".gsas", ".gsa", ".gss", ".gda", ".fxye", ".esd", ".uxd", ".cif"}
_SOURCES = Path(__file__).resolve().parents[1] / "crystals"


def kind(source: str) -> tuple[str, str]:
    """Return the module of :mod:`sgbench.crystals` that reads or builds a source, and what it is asked for.

    A folder or a file ``*.cif`` is ``cif``, another file ``parquet``; what is no path but the name of a module is that:
    ``prototypes:10`` is ("prototypes", "10").
    """
    name, _, argument = source.partition(":")
    if Path(source).is_dir() or (_is_cif(Path(source)) and Path(source).exists()):
        return "cif", source
    if not Path(source).exists() and (_SOURCES / f"{name}.py").is_file():
        return name, argument
    return "parquet", source


def unfolded(sources: Sequence[str]) -> list[str]:
    """Return sources and those that they name behind @, whose crystals they learn from: ``synthetic:20@PATH``."""
    named = [argument.partition("@")[2] for name, argument in map(kind, sources) if name not in ("cif", "parquet")]
    inner = [source for source in named if source]
    return [*sources, *(unfolded(inner) if inner else [])]


def files(sources: Sequence[str]) -> list[str]:
    """Return the files to read; a folder stands for its CIF files, so that a changed one is seen."""
    paths = [Path(path) for source, path in map(kind, unfolded(sources)) if source in ("cif", "parquet")]
    return [str(file) for path in paths for file in (cif_files(path) if path.is_dir() else [path])]


def cif_files(path: Path) -> list[Path]:
    """Return the CIF files of a folder, in the order of their names, or the one that ``path`` is."""
    return sorted(file for file in path.iterdir() if _is_cif(file)) if path.is_dir() else [path]


def folder_of(source: str) -> Path:
    """Return the folder that a source is, or that its file lies in."""
    path = Path(source)
    return path if path.is_dir() else path.absolute().parent


def _is_cif(path: Path) -> bool:
    return path.suffix.lower() == ".cif"


def sample_files(modality: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the files that each part of a modality is read from, a batch file or images and labels, by its name.

    A part is named after its first file, without folder and suffix; what is neither letter nor digit in it becomes _.
    #2, #3, ... follow where that repeats, in the order of the paths, in whichever order the study lists them.

    Args:
        modality: its part of the configuration, with ``files``: paths, in which * and ? stand for any characters, or
            pairs of images and labels. One with ``labels`` beside them, of measured patterns, is a single part: that
            table, then the files, in the order of their paths; a folder there stands for the patterns in it.

    Raises:
        SgbenchError: no file is there.
    """
    if "labels" in modality:
        labels = os.path.normpath(modality["labels"])
        files = {os.path.normpath(file) for entry in modality["files"] for file in _pattern_files(entry)}
        return {MEASURED: checked([labels, *sorted(files - {labels})])}
    parts: set[tuple[str, ...]] = set()
    for entry in modality["files"]:
        if isinstance(entry, Mapping):
            parts.add((os.path.normpath(entry["images"]), os.path.normpath(entry["labels"])))
        else:
            parts |= {(os.path.normpath(file),) for file in _matching(entry)}
    seen: Counter[str] = Counter()
    named = {}
    for files in sorted(parts):
        stem = re.sub(r"[^\w.+-]", "_", Path(files[0]).stem)
        seen[stem] += 1
        named[stem if seen[stem] == 1 else f"{stem}#{seen[stem]}"] = checked(files)
    return named


def _matching(entry: str) -> list[str]:
    """Return the files that a path stands for, in which * and ? stand for any characters."""
    found = glob(entry.replace("[", "[[]"))  # noqa: PTH207, as pathlib takes no absolute patterns
    if not found:
        raise SgbenchError(f"{entry}: no such file")
    return found


def _pattern_files(entry: str) -> list[str]:
    """Return the files of measured patterns that a path stands for; of a folder, those with the suffix of one."""
    if not Path(entry).is_dir():
        return _matching(entry)
    found = [str(file) for file in Path(entry).iterdir() if file.suffix.lower() in _PATTERNS and file.is_file()]
    if not found:
        raise SgbenchError(f"{entry}: holds no file of a pattern ({', '.join(sorted(_PATTERNS))})")
    return found


def checked(paths: Sequence[str]) -> list[str]:
    """Return paths that a study names, as the inputs of a job.

    Raises:
        SgbenchError: one is not there, has a name that is no text here, or braces, which Snakemake takes for wildcards.
    """
    for path in paths:
        try:
            path.encode(), os.fsencode(path)
        except UnicodeEncodeError:
            encoding = sys.getfilesystemencoding()
            raise SgbenchError(f"{path!a}: no name in {encoding}; rename it, or set LC_ALL=C.UTF-8") from None
        if not Path(path).exists():
            raise SgbenchError(f"{path}: no such file or folder")
        if "{" in path or "}" in path:
            raise SgbenchError(f"{path}: braces in a path are wildcards to Snakemake; rename it, or link to it without")
    return list(paths)


def batch_names(batches: Sequence[int]) -> list[str]:
    """Return the names of so many simulated batch files of train, dev and test, without suffix."""
    return [f"batch_{part}_{number}" for part, count in zip(PARTS, batches, strict=True) for number in range(count)]
