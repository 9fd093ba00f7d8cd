"""A clone of the project to run studies in, apart from the checkout and its results."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = "config/test/tiny.yaml"


class Process(subprocess.Popen):
    """A command whose output goes to a file: a pipe that nobody reads stops the writer once it is full.

    It hears an interrupt even where the tests run in the background of a shell, and so do not.
    """

    def __init__(self, command, folder, environment):
        file, name = tempfile.mkstemp(prefix="output-", dir=folder.parent)
        self.output = Path(name)
        options = {"stdout": file, "stderr": subprocess.STDOUT, "start_new_session": True}
        super().__init__(["env", "--default-signal=INT", *command], cwd=folder, env=environment, **options)
        os.close(file)

    def end(self, timeout_s=None):
        """Wait and return all it printed."""
        self.wait(timeout_s)
        return self.output.read_text()


class Clone:
    """A copy of the project's files in a folder of its own, and Snakemake in it."""

    def __init__(self, folder):
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listed.stdout.splitlines():
            source, target = ROOT / name, folder / name
            if not os.path.lexists(source):
                continue  # deleted, but not yet from the index
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
        self.folder = folder
        # The clone's own library comes before the installed one, and the tests' Python before others.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PATH": path}

    def start(self, *command):
        return Process(command, self.folder, self.environment)

    def run(self, *command):
        """Run a command and return its status and all it printed."""
        process = self.start(*command)
        printed = process.end()
        return process.returncode, printed

    def snakemake(self, *arguments, study=TINY, profile="local"):
        """Run Snakemake and return what it printed; it must end well."""
        chosen = ["--configfile", study] if study else []
        status, printed = self.run("snakemake", "--profile", profile, *arguments, *chosen)
        assert status == 0, printed
        return printed

    def tables(self):
        """Return the bytes of every table and figure of the tiny study by its path, but those that tell times."""
        results = self.folder / "results" / "tiny"
        kinds = {".parquet", ".csv", ".json", ".h5", ".svg", ".png"}
        return {
            str(path.relative_to(results)): path.read_bytes()
            for path in sorted(results.rglob("*"))
            if path.suffix in kinds and path.name != "provenance.json" and not path.name.startswith("cost.")
        }


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A clone in which the tiny study has run to its end."""
    clone = Clone(tmp_path_factory.mktemp("finished"))
    clone.printed = clone.snakemake()
    return clone


@pytest.fixture
def fresh(tmp_path):
    """A clone in which nothing has run, in a folder whose name has blanks and more than ASCII."""
    return Clone(tmp_path / "mein Ordner für alles")
