"""Study files as people save them: read, or one line that says what is wrong and where."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from sgbench.errors import SgbenchError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KINDS = {"bool": "a truth value", "int": "a number", "float": "a number", "null": "nothing", "timestamp": "a date"}


def read_study(file: str | Path) -> dict[str, Any]:
    """Read a study, YAML or JSON in UTF-8, as Snakemake does.

    Raises:
        SgbenchError: it cannot be read, or YAML takes one of its names for something else, or a name stands twice.
    """
    text = _decoded(file)
    try:
        value = json.loads(text)
    except ValueError:
        value = _parsed(text, file)
    if not isinstance(value, dict):
        raise SgbenchError(f"{file}: a study is a mapping, with keys such as study and matrix")
    return value


def _decoded(file: str | Path) -> str:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise SgbenchError(f"{file}: {(error.strerror or str(error)).lower()}") from None
    # Text in UTF-16 has zero bytes, other text none.
    if b"\0" in content:
        raise SgbenchError(f"{file}: is no text in UTF-8, but perhaps UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SgbenchError(f"{file}: line {line}: is no text in UTF-8, but perhaps Latin-1; save it as UTF-8") from None


def _parsed(text: str, file: str | Path) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        for line, fault in _faults(node):
            raise SgbenchError(f"{file}: line {line}: {fault}")
        return None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise SgbenchError(f"{file}: {where}no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise SgbenchError(f"{file}: no YAML: {' '.join(str(error).split())}") from None
    finally:
        loader.dispose()


def _faults(node: yaml.Node | None, depth: int = 1) -> Iterator[tuple[int, str]]:
    """Yield the line of each name that is none to YAML, or stands twice, and what is wrong with it."""
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _faults(value, depth + 1)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name, line, kind = str(key.value), key.start_mark.line + 1, key.tag.rpartition(":")[2]
            # Space groups are numbers where a study counts by class, further inside.
            if kind in _KINDS and not (kind == "int" and depth > 2):
                yield line, f"{name or '~'} is {_KINDS[kind]} to YAML, and no name; put it in quotes"
            elif name in lines:
                yield line, f"{name} stands twice, first in line {lines[name]}"
            lines[name] = line
            yield from _faults(value, depth + 1)
