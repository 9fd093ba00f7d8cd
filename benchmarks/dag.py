"""How long the processor works to plan the full matrix, against bare workflows of as many jobs.

``python -m benchmarks.dag [--repeats 3] [--profile slurm]``. One bare workflow has an edge or two a job, one the edges
of the study, and one its directives too, each as short as can be: what that takes is Snakemake's own.
"""

import argparse
import re
import resource
import subprocess
import tempfile
from pathlib import Path

from benchmarks.results import result

ROOT = Path(__file__).parents[1]
STUDY = "config/studies/full_matrix.yaml"
FEW_EDGES = {"plan": '"split"', "fit": '"plan/{plan}"', "judge": '"fit/{plan}.{model}"'}
OUR_EDGES = {
    "plan": '"samples", "split", "store"',
    "fit": '"store", "samples", "split", "plan/{plan}", "classes/{plan}"',
    "judge": '"store", "samples", "split", "classes/{plan}", "fit/{plan}.{model}"',
}
OUTPUTS = {
    "plan": '"plan/{plan}", "classes/{plan}"',
    "fit": '"fit/{plan}.{model}", "history/{plan}.{model}"',
    "judge": '"rows/{plan}.{model}", "metrics/{plan}.{model}"',
}
START = """
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
"""
DIRECTIVES = """    log: "logs/{rule}/{names}"
    benchmark: "benchmarks/{rule}/{names}"
    conda: "environment.yaml"
    group: "{rule}"
    threads: 1
    resources: mem_mb=lambda wildcards, attempt: 4000 * attempt, runtime=60
    params: task=lambda wildcards: 1, settings=lambda wildcards: 2, code=lambda wildcards: 3
    message: "{rule} {{wildcards}}"
"""


def bare(plans: int, models: int, edges: dict[str, str], directives: str = "") -> str:
    """Return a Snakefile of ``plans`` plans, and of ``models`` trainings and judgements of each."""
    text = START.format(plans=plans, models=models)
    for rule, files in edges.items():
        names = "{plan}" if rule == "plan" else "{plan}.{model}"
        text += f"rule {rule}:\n    input: {files}\n    output: {OUTPUTS[rule]}\n"
        text += directives.format(rule=rule, names=names) + '    shell: "touch {output}"\n'
    return text


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
    parser.add_argument("--profile", help="a profile to plan with; none by default, as for the bare workflows")
    args = parser.parse_args()
    profile = ["--profile", args.profile] if args.profile else ["--cores", "1"]
    ours = [dry_run(ROOT, "--configfile", STUDY, *profile, "--forceall", "--nolock") for _ in range(args.repeats)]
    jobs = ours[0][1]
    ours_s = min(seconds for seconds, _ in ours)
    result(f"plan the full matrix, {jobs['total']} jobs", f"{ours_s:.1f} s of CPU")
    plans = jobs["make_plan"]
    # As many jobs: what is no plan is half trainings, half evaluations.
    models = round((jobs["total"] - plans) / (2 * plans))
    for what, goal, snakefile in [
        ("one or two edges a job", "at most 2", bare(plans, models, FEW_EDGES)),
        ("our edges", "", bare(plans, models, OUR_EDGES)),
        ("our edges and directives", "", bare(plans, models, OUR_EDGES, DIRECTIVES)),
    ]:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "Snakefile").write_text(snakefile, encoding="utf-8")
            Path(folder, "environment.yaml").write_text("dependencies: []\n", encoding="utf-8")
            runs = [dry_run(Path(folder), "--cores", "1") for _ in range(args.repeats)]
        seconds, total = min(seconds for seconds, _ in runs), runs[0][1]["total"]
        ratio = ours_s / jobs["total"] / (seconds / total)
        result(f"against {total} bare jobs with {what}", f"{ratio:.2f} of {seconds:.1f} s", goal)


if __name__ == "__main__":
    main()
