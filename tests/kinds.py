"""The kinds of the project's own schema, for the tests."""

from pathlib import Path

import yaml
from snakemake.utils import update_config

from sgbench.study.schema import read

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "config" / "schema"
#: Ends of the names of files that are laid over the study that they are a size of.
SIZES = ("_reference", "_full")
#: The files of each study.
STUDIES = [
    [path.with_stem(path.stem.rpartition("_")[0]), path] if path.stem.endswith(SIZES) else [path]
    for path in sorted((ROOT / "config").rglob("*.yaml"))
    if SCHEMA not in path.parents
]
#: A block of the matrix of names that every study has.
BLOCK = {
    "modality": ["powder"],
    "dedup": ["deduplicated"],
    "split": ["by_material"],
    "task": ["crystal_system"],
    "balance": ["none"],
}


def laid(files):
    """Return the study of these files, each laid over the one before."""
    study = {}
    for file in files:
        update_config(study, yaml.safe_load(file.read_text()))
    return study


def names(section, **traits):
    """Return the names of a section's kinds that have all of these traits."""
    return {kind.name for kind in read(SCHEMA).kinds[section] if kind.has(**traits)}
