"""How long the processor works in the jobs of a study that do not train, here and, e.g., in an earlier checkout.

``python -m benchmarks.jobs [FOLDER] [--study config/config.yaml]``; the tiny study takes two minutes a checkout. Each
runs the study from nothing in a copy of its files. A job tells its own time when it ends, its processes' included:
Snakemake's benchmark files, sampled twice a second, miss the end of short jobs.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.results import result

ROOT = Path(__file__).parents[1]
# Python imports it by itself as it starts.
HOOK = """
import atexit, os, resource, sys
def tell():
    name = os.path.basename(sys.argv[0])
    if "/.snakemake/scripts/" in sys.argv[0]:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        with open(os.environ["JOB_TIMES"], "a") as times:
            print(name.split(".")[1], sum(u.ru_utime + u.ru_stime for u in used), file=times)
atexit.register(tell)
"""


def job_times(checkout: Path, study: str) -> pd.DataFrame:
    """Return script and seconds of each job of a study, run in a copy of a checkout."""
    with tempfile.TemporaryDirectory() as folder:
        copy, hook, times = Path(folder, "copy"), Path(folder, "hook"), Path(folder, "times")
        listed = subprocess.run(["git", "ls-files"], cwd=checkout, capture_output=True, text=True, check=True).stdout
        for name in listed.splitlines():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(checkout / name, copy / name, follow_symlinks=False)
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(HOOK)
        environment = os.environ | {"PYTHONPATH": f"{hook}:{copy / 'src'}", "JOB_TIMES": str(times)}
        command = ["snakemake", "--profile", "local", "--quiet", "all", "--configfile", study]
        subprocess.run(command, cwd=copy, env=environment, check=True)
        return pd.read_csv(times, sep=" ", names=["script", "seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", nargs="?", type=Path, help="another checkout to compare with")
    parser.add_argument("--study", default="config/test/tiny.yaml", help="configuration of the study to run")
    args = parser.parse_args()
    checkouts = {"before": args.before} if args.before else {}
    found = {name: job_times(of, args.study) for name, of in (checkouts | {"now": ROOT}).items()}
    table = pd.DataFrame({name: times.groupby("script")["seconds"].sum() for name, times in found.items()})
    table.insert(0, "jobs", found["now"].groupby("script").size())
    print(table.sort_values("now", ascending=False).round(1).to_string())
    total = table["now"].sum()
    against = f", {total / table['before'].sum():.2f} of before" if args.before else ""
    result(
        f"{args.study}: {len(found['now'])} jobs that do not train", f"{total:.0f} s of CPU{against}", "half of before"
    )


if __name__ == "__main__":
    main()
