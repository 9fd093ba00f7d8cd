import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]


def run(*command):
    done = subprocess.run(
        [Path(sys.executable).parent / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("entry", [hook["entry"] for hook in HOOKS])
def test_the_code_is_clean(entry):
    status, printed = run(*shlex.split(entry))
    assert status == 0, printed


def test_no_file_has_grown_past_comfort():
    sources = [path for folder in ("src", "workflow", "tests", "benchmarks") for path in (ROOT / folder).rglob("*")]
    code = [path for path in sources if path.suffix in (".py", ".smk")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in code}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
