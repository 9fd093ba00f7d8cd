"""Where a study's crystals and samples come from; light, as the Snakefile imports it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import Any

from sgbench.errors import SgbenchError

PROTOTYPES = "prototypes"
PARTS = ("train", "dev", "test")


def is_prototypes(source: str) -> bool:
    """Return whether a source, e.g. ``prototypes`` or ``prototypes:10``, is built and not read."""
    return source.partition(":")[0] == PROTOTYPES


def files(sources: Sequence[str]) -> list[str]:
    """Return the files to read; a folder stands for its CIF files, so that a changed one is seen."""
    paths = [Path(source) for source in sources if not is_prototypes(source)]
    return [str(file) for path in paths for file in (sorted(path.glob("*.cif")) if path.is_dir() else [path])]


def sample_files(modality: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the files that each part of a modality is read from, a batch file or images and labels, by its name.

    A part is named after its first file, without folder and suffix; #2, #3, ... follow where that repeats.

    Args:
        modality: its part of the configuration, with ``files``: paths, in which * and ? stand for any characters, or
            pairs of images and labels.

    Raises:
        SgbenchError: no file is there.
    """
    parts: list[tuple[str, ...]] = []
    for entry in modality["files"]:
        if isinstance(entry, Mapping):
            parts.append((entry["images"], entry["labels"]))
            continue
        found = sorted(glob(entry))  # noqa: PTH207, as pathlib takes no absolute patterns
        if not found:
            raise SgbenchError(f"{entry}: no such file")
        parts += [(file,) for file in found]
    seen: Counter[str] = Counter()
    named = {}
    for files in dict.fromkeys(parts):
        stem = Path(files[0]).stem
        seen[stem] += 1
        named[stem if seen[stem] == 1 else f"{stem}#{seen[stem]}"] = list(files)
    return named


def batch_names(batches: Sequence[int]) -> list[str]:
    """Return the names of so many simulated batch files of train, dev and test, without suffix."""
    return [f"batch_{part}_{number}" for part, count in zip(PARTS, batches, strict=True) for number in range(count)]
