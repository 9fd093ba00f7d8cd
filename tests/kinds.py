"""The kinds of the project's own schema, for the tests."""

from pathlib import Path

from sgbench.study.schema import read

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "config" / "schema"
STUDIES = sorted(path for path in (ROOT / "config").rglob("*.yaml") if SCHEMA not in path.parents)


def names(section, **traits):
    """Return the names of a section's kinds that have all of these traits."""
    return {kind.name for kind in read(SCHEMA).kinds[section] if kind.has(**traits)}
