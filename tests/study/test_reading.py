import codecs
from textwrap import dedent

import pytest
import yaml

from sgbench.errors import SgbenchError
from sgbench.study.reading import read_study

STUDY = dedent("""\
    # Schlüssel: Å
    study: größe
    models:
      prior: &kind {kind: prior}
      other: {<<: *kind, note: [off, 1.5], target: {225: 10}}
    matrix: [{model: [prior]}]
    """)


@pytest.mark.parametrize(
    "content",
    [
        STUDY.encode(),
        STUDY.encode("utf-8-sig"),
        STUDY.replace("\n", "\r\n").encode(),
        STUDY.replace("\n", "\r").encode(),
        b'{"study": "a",\n\t"1": {}}',
    ],
    ids=["plain", "byte-order mark", "CRLF", "CR", "JSON with tabs"],
)
def test_it_reads_what_people_save(tmp_path, content):
    file = tmp_path / "study.yaml"
    file.write_bytes(content)
    expected = {"study": "a", "1": {}} if content.startswith(b"{") else yaml.safe_load(STUDY)
    assert read_study(file) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (codecs.BOM_UTF16_LE + STUDY.encode("utf-16-le"), "is no text in UTF-8, but perhaps UTF-16; save it as UTF-8"),
        (STUDY.encode("utf-16-be"), "is no text in UTF-8, but perhaps UTF-16; save it as UTF-8"),
        (STUDY.encode("latin1"), "line 1: is no text in UTF-8, but perhaps Latin-1; save it as UTF-8"),
        (b"study: a\nmodels: {\xfc: 1}", "line 2: is no text in UTF-8, but perhaps Latin-1; save it as UTF-8"),
        (b"study: a\nmodels: {1.5: {}}", "line 2: 1.5 is a number to YAML, and no name; put it in quotes"),
        (b"models:\n\n  off: {}", "line 3: off is a truth value to YAML, and no name; put it in quotes"),
        (b"models: [a, {2020-01-01: 1}]", "line 1: 2020-01-01 is a date to YAML, and no name; put it in quotes"),
        (b"models: {1: {}}", "line 1: 1 is a number to YAML, and no name; put it in quotes"),
        (b"models: {null: 1}", "line 1: null is nothing to YAML, and no name; put it in quotes"),
        (b"study: a\nmatrix: []\nstudy: b", "line 3: study stands twice, first in line 1"),
        (b"study: a\n\tmatrix: []", "line 2: no YAML: "),
        (b"study: [a", "line 2: no YAML: "),
        (b"study: a\x07", "no YAML: "),
        (b"a: 1\n---\nb: 1", "line 2: no YAML: "),
        (b"", "a study is a mapping, with keys such as study and matrix"),
        (b"study", "a study is a mapping, with keys such as study and matrix"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, content, message):
    file = tmp_path / "study.yaml"
    file.write_bytes(content)
    with pytest.raises(SgbenchError) as error:
        read_study(file)
    # What is no YAML, the YAML library says in words of its own.
    assert str(error.value).startswith(f"{file}: {message}")
    assert message.endswith("no YAML: ") or str(error.value).endswith(message)
    assert len(str(error.value).splitlines()) == 1


def test_a_file_that_is_none_is_one_line(tmp_path):
    for file, message in ((tmp_path / "a.yaml", "no such file or directory"), (tmp_path, "is a directory")):
        with pytest.raises(SgbenchError, match=f"{message}$"):
            read_study(file)
