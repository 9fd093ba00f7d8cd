"""Which library code a job depends on, as a hash: Snakemake itself sees a job's script only.

Rules pass :func:`code_hash` as a parameter, so that editing a module reruns the jobs that reach it and what
follows them, and nothing else.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "sgbench"
_SOURCE = Path(__file__).resolve().parents[1]


@cache
def code_hash(script: str, *modules: str) -> str:
    """Return a hash of a script and of the ``sgbench`` modules that it and ``modules`` import, directly or not.

    Args:
        script: path of the job's script.
        modules: dotted names of modules that the script chooses at run time, e.g. ``sgbench.models.resnet50``.

    Raises:
        FileNotFoundError: there is no such script or module.
    """
    return _hash(Path(script).read_bytes(), import_closure(script, *modules))


@cache
def modules_hash(*modules: str) -> str:
    """Return a hash of ``sgbench`` modules and of those that they import, directly or not."""
    return _hash(b"", _reached(modules))


@cache
def import_closure(script: str, *modules: str) -> tuple[str, ...]:
    """Return the sorted names of the ``sgbench`` modules that a script and ``modules`` reach by import."""
    return _reached([*_imports(Path(script)), *modules])


def _hash(start: bytes, modules: Iterable[str]) -> str:
    digest = hashlib.sha256(start)
    for name in modules:
        digest.update(name.encode() + b"\0" + _path(name).read_bytes())
    return digest.hexdigest()[:16]


def _reached(modules: Iterable[str]) -> tuple[str, ...]:
    """Return the sorted names of modules and of those that they import, directly or not."""
    found: set[str] = set()
    queue = list(modules)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        # Importing a.b.c runs a and a.b as well.
        queue += [name.rpartition(".")[0]] if "." in name else []
        queue += _imports(_path(name))
    return tuple(sorted(found))


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return the ``sgbench`` modules named by the import statements anywhere in a file."""
    return tuple(sorted(set(_imported_names(ast.parse(path.read_bytes())))))


def _imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            # ``from package import name`` may name a module or something inside one.
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == PACKAGE and _exists(name))


def _path(module: str) -> Path:
    base = _SOURCE.joinpath(*module.split(".")[1:])
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def _exists(module: str) -> bool:
    return _path(module).is_file()
