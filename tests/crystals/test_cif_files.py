"""Files of one block or many, in any encoding; and files of one name."""

import logging

import pytest

from sgbench.crystals import read
from sgbench.crystals.crystal import Rejected
from sgbench.crystals.table import tabulate
from sgbench.samples.materials import materials
from tests.crystals.test_cif import NACL, SALT, block


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("latin-1"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.encode() + b"\x1a",
        lambda text: text.encode() + b"\0\0",
        lambda text: text.replace("Cs1 ", "Cs1\N{NO-BREAK SPACE} ").encode(),
    ],
)
def test_any_encoding_and_line_end_is_read(tmp_path, encode):
    (tmp_path / "a.CIF").write_bytes(encode(block(name="zürich", more="_publ_author 'Müller'\n_journal_name Z.Über")))
    (crystal,) = read([str(tmp_path)])
    assert (crystal.formula, crystal.space_group) == ("CsCl", 221)


def test_each_block_is_a_crystal_or_a_reason(tmp_path, caplog):
    bad = block(name="two", sites=["Cs1 Cs 0 0 ?"])
    open_text = "data_three\n_publ_text\n;never closed\n"
    (tmp_path / "many.cif").write_text(
        block(name="same") + bad + open_text + block(SALT, NACL, name="same", symbol="F m -3 m")
    )
    (tmp_path / "headless.cif").write_text("# a comment\n\n_cell_length_a 4\n" + block())
    (tmp_path / "none.cif").write_text("this is no CIF")
    with caplog.at_level(logging.INFO, "sgbench"):
        headless, whole, first, second, third, fourth, last = read([str(tmp_path)])
    assert headless.reason == "headless.cif, line 3: text before the first line that begins a block with data_"
    assert whole.formula == "CsCl"
    assert [(crystal.id, crystal.formula) for crystal in (first, fourth)] == [("many-1", "CsCl"), ("many-4", "NaCl")]
    assert second.reason == "many.cif, block two, line 27: site Cs1: the coordinate z is not given"
    assert third.reason.startswith("many.cif, block three, line 3")
    assert last == Rejected(tmp_path.name, "none", "none.cif, not readable as CIF: no line begins a block with data_")
    assert "7 blocks found = 3 crystals + 4 rejected" in caplog.text


def test_two_files_of_one_name_are_two_materials(tmp_path):
    for folder, text in (("a", block()), ("b", block(SALT, NACL, symbol="F m -3 m"))):
        (tmp_path / folder / "x").mkdir(parents=True)
        (tmp_path / folder / "x" / "1.cif").write_text(text)
    table, _ = tabulate(list(read([str(tmp_path / "a" / "x"), str(tmp_path / "b" / "x" / "1.cif")])))
    assert len(set(materials(table))) == 2
    folders, _ = tabulate(list(read([str(tmp_path / "a" / "x"), str(tmp_path / "b" / "x")])))
    assert folders["id"].is_unique
    assert len(set(materials(folders))) == 2
