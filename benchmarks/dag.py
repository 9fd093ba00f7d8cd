"""How long the processor works to plan the full matrix, against a bare workflow of as many jobs and files.

python benchmarks/dag.py [--repeats 3] [--profile slurm]
"""

import argparse
import re
import resource
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
STUDY = "config/studies/full_matrix.yaml"
# Tables, plans, trainings and evaluations with the files of the study, and nothing else to a rule.
BARE = """
rule all:
    input:
        expand("rows/{{plan}}.{{model}}", plan=range({plans}), model=range({models})),
        expand("metrics/{{plan}}.{{model}}", plan=range({plans}), model=range({models})),
rule simulate:
    output: "store", "samples"
    shell: "touch {{output}}"
rule split:
    input: "samples"
    output: "split"
    shell: "touch {{output}}"
rule plan:
    input: "samples", "split", "store"
    output: "plan/{{plan}}", "classes/{{plan}}"
    shell: "touch {{output}}"
rule fit:
    input: "store", "samples", "split", "plan/{{plan}}", "classes/{{plan}}"
    output: "fit/{{plan}}.{{model}}", "history/{{plan}}.{{model}}"
    shell: "touch {{output}}"
rule judge:
    input: "store", "samples", "split", "classes/{{plan}}", "fit/{{plan}}.{{model}}"
    output: "rows/{{plan}}.{{model}}", "metrics/{{plan}}.{{model}}"
    shell: "touch {{output}}"
"""


def processor_s() -> float:
    """Return the time that programs started from here have used: other work on the machine hardly changes it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def dry_run(folder: Path, *arguments: str) -> tuple[float, dict[str, int]]:
    """Return the processor's seconds in a dry run and the number of jobs of each rule."""
    before = processor_s()
    command = ["snakemake", "--dry-run", "--quiet", "rules", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    seconds = processor_s() - before
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    counts = re.findall(r"^(\w+)\s+(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    return seconds, {rule: int(count) for rule, count in counts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="the fastest of so many runs counts")
    parser.add_argument("--profile", help="a profile to plan with; none by default, as for the bare workflow")
    args = parser.parse_args()
    profile = ["--profile", args.profile] if args.profile else ["--cores", "1"]
    with tempfile.TemporaryDirectory() as folder:
        ours = [dry_run(ROOT, "--configfile", STUDY, *profile, "--forceall") for _ in range(args.repeats)]
        jobs = ours[0][1]
        plans = jobs["make_plan"]
        # As many jobs: what is no plan is half trainings, half evaluations.
        models = round((jobs["total"] - plans) / (2 * plans))
        Path(folder, "Snakefile").write_text(BARE.format(plans=plans, models=models), encoding="utf-8")
        bare = [dry_run(Path(folder), "--cores", "1") for _ in range(args.repeats)]
    ours_s, bare_s = min(seconds for seconds, _ in ours), min(seconds for seconds, _ in bare)
    print(f"full matrix: {jobs['total']} jobs in {ours_s:.1f} s")
    print(f"bare:        {bare[0][1]['total']} jobs in {bare_s:.1f} s")
    print(
        f"ratio of the times per job: {ours_s / jobs['total'] / (bare_s / bare[0][1]['total']):.2f} (goal: at most 2)"
    )


if __name__ == "__main__":
    main()
