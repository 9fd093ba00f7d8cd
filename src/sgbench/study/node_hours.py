"""What a study asks of a cluster: reads a dry run and prints jobs, CPU, GPU and node hours, a line a rule.

``snakemake --profile summit -n | python -m sgbench.study.node_hours --cores 42 --gpus 6``
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from sgbench.errors import SgbenchError

_JOB = re.compile(
    r"\((?P<rule>\w+): (?P<cpu>\d+) CPU, (?:(?P<gpu>\d+) GPU, )?(?P<memory>\d+) MB, (?P<minutes>\d+) min\)$"
)


def jobs(dry_run: Iterable[str]) -> pd.DataFrame:
    """Return the jobs of a dry run, as its lines tell them: rule, cpu, gpu, minutes (the wall time asked for).

    Raises:
        SgbenchError: there is none; the study is finished, or this is no dry run of this workflow.
    """
    found = [match for line in dry_run if (match := _JOB.search(line.rstrip()))]
    if not found:
        raise SgbenchError("no job in the dry run: is the study finished, or was its output not piped here?")
    return pd.DataFrame(
        {
            "rule": [job["rule"] for job in found],
            "cpu": [int(job["cpu"]) for job in found],
            "gpu": [int(job["gpu"] or 0) for job in found],
            "minutes": [float(job["minutes"]) for job in found],
        }
    )


def measured_minutes(benchmarks: Path) -> dict[str, float]:
    """Return the mean run time of each rule, in minutes, from Snakemake's benchmark files of an earlier study."""
    seconds: dict[str, list[float]] = {}
    for file in sorted(benchmarks.rglob("*.jsonl")):
        rule = file.relative_to(benchmarks).parts[0].removesuffix(".jsonl")
        seconds.setdefault(rule, []).extend(
            json.loads(line)["s"] for line in file.read_text(encoding="utf-8").splitlines()
        )
    return {rule: sum(values) / len(values) / 60 for rule, values in seconds.items()}


def hours(jobs: pd.DataFrame, cores: int, gpus: int, minutes: dict[str, float] | None = None) -> pd.DataFrame:
    """Sum up jobs by rule.

    Args:
        jobs: see :func:`jobs`.
        cores: cores of a node, 1 or more.
        gpus: GPUs of a node; 0 where there are none.
        minutes: run time by rule, instead of the wall time asked for; rules that it lacks keep theirs.

    Returns:
        rule, jobs, cpu_hours, gpu_hours, node_hours (each job taking its share of a node), in the order of the dry
        run, and a last row with the sums.
    """
    taken = jobs["rule"].map(minutes or {}).fillna(jobs["minutes"]) / 60
    share = pd.concat([jobs["cpu"] / cores, jobs["gpu"] / max(gpus, 1)], axis=1).max(axis=1)
    table = pd.DataFrame(
        {
            "rule": jobs["rule"],
            "jobs": 1,
            "cpu_hours": jobs["cpu"] * taken,
            "gpu_hours": jobs["gpu"] * taken,
            "node_hours": share * taken,
        }
    )
    table = table.groupby("rule", sort=False, as_index=False).sum()
    total = table.drop(columns="rule").sum().to_frame().T.assign(rule="total").astype({"jobs": int})
    return pd.concat([table, total[table.columns]], ignore_index=True)


def main() -> None:
    """Print the table of a dry run read from standard input."""
    parser = argparse.ArgumentParser(description="Sum up the hours that the jobs of a dry run ask for.")
    parser.add_argument("--cores", type=int, required=True, help="cores of a node")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs of a node")
    parser.add_argument(
        "--measured", type=Path, help="results/NAME/benchmarks of an earlier study, whose mean run times count instead"
    )
    asked = parser.parse_args()
    minutes = measured_minutes(asked.measured) if asked.measured else None
    try:
        table = hours(jobs(sys.stdin), asked.cores, asked.gpus, minutes)
    except SgbenchError as error:
        sys.exit(f"sgbench: error: {error}")
    print(table.to_string(index=False, float_format=lambda value: f"{value:.1f}"))


if __name__ == "__main__":
    main()
