"""What the jobs of a study took, as Snakemake measured them."""

import json
from pathlib import Path

import pandas as pd


def jobs(results: Path) -> pd.DataFrame:
    """Return a row for each finished job of a study; what an interrupted one took is not among them.

    Args:
        results: the study's folder, with Snakemake's ``benchmarks/RULE.jsonl`` or ``benchmarks/RULE/JOB.jsonl``.

    Returns:
        rule, start and end (s since 1970), cpu_s, and memory_mb, the peak of what it held.
    """
    rows = []
    folder = results / "benchmarks"
    for file in sorted(folder.rglob("*.jsonl")):
        rule = file.relative_to(folder).parts[0].removesuffix(".jsonl")
        end = file.stat().st_mtime
        for line in file.read_text(encoding="utf-8").splitlines():
            job = json.loads(line)
            took = (end - float(job["s"]), end, float(job["cpu_time"] or 0), float(job["max_rss"] or 0))
            rows.append((rule, *took))
    return pd.DataFrame(rows, columns=["rule", "start", "end", "cpu_s", "memory_mb"])


def by_rule(found: pd.DataFrame) -> pd.DataFrame:
    """Return for each rule, in the order in which the first of its jobs ended, what its jobs took together.

    Args:
        found: see :func:`jobs`.

    Returns:
        rule, jobs, wall_s (while one of them ran or more), cpu_s, memory_mb, the peak of one job.
    """
    rules = found.sort_values("end").groupby("rule", sort=False)
    table = rules.agg(jobs=("end", "size"), cpu_s=("cpu_s", "sum"), memory_mb=("memory_mb", "max")).reset_index()
    wall = [wall_s(rows) for _, rows in rules]
    table.insert(2, "wall_s", wall)
    return table


def wall_s(found: pd.DataFrame) -> float:
    """Return for how long one of the jobs ran or more; see :func:`jobs`."""
    total, last = 0.0, float("-inf")
    for start, end in sorted(zip(found["start"], found["end"], strict=True)):
        total += max(0.0, end - max(start, last))
        last = max(last, end)
    return total
