"""Where a study's crystals come from; light, as the Snakefile imports it."""

from collections.abc import Sequence
from pathlib import Path

PROTOTYPES = "prototypes"


def is_prototypes(source: str) -> bool:
    """Return whether a source, e.g. ``prototypes`` or ``prototypes:10``, is built and not read."""
    return source.partition(":")[0] == PROTOTYPES


def files(sources: Sequence[str]) -> list[str]:
    """Return the files to read; a folder stands for its CIF files, so that a changed one is seen."""
    paths = [Path(source) for source in sources if not is_prototypes(source)]
    return [str(file) for path in paths for file in (sorted(path.glob("*.cif")) if path.is_dir() else [path])]
