"""All benchmarks one after the other, then what they measured in one table: ``python -m benchmarks [NAME ...]``."""

import argparse
import subprocess
import sys
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from benchmarks.results import MARK

_HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in _HERE.glob("*.py") if "def main()" in path.read_text() and path.stem[0] != "_")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all if none: {', '.join(NAMES)}")
    chosen = parser.parse_args().names or NAMES
    if unknown := sorted(set(chosen) - set(NAMES)):
        sys.exit(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    rows, failed = [], []
    for name in chosen:
        print(f"--- {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        with subprocess.Popen(command, cwd=_HERE.parent, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or []:
                print(line, end="", flush=True)
                if line.startswith(MARK):
                    rows.append([name, *line.rstrip("\n").split("\t")[1:]])
        failed += [name] if process.returncode else []
    table = pd.DataFrame(rows, columns=["benchmark", "what", "measured", "goal"])
    print(tabulate(table, headers="keys", showindex=False))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
