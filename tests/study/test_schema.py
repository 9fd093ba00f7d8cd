import shutil

import pytest
import yaml

from sgbench.errors import SgbenchError
from sgbench.study.schema import read
from tests.kinds import SCHEMA

OWN = {"description": "Mine.", "is": {"network": True}, "groups": {"schedule": {"epochs": 7}}}
OTHER = {"properties": {"depth": {"type": "integer", "default": 2}}, "colour": "#123456", "label": "my own"}


@pytest.fixture
def add(tmp_path):
    """A function that adds the file of a kind to a copy of the schema, and reads that."""
    folder = tmp_path / "schema"
    shutil.copytree(SCHEMA, folder)

    def read_with(name, about):
        (folder / name).write_text(yaml.safe_dump(about))
        return read(folder)

    return read_with


def test_a_file_is_a_kind(add):
    schema = add("models/mine.yaml", OWN | OTHER)
    kind = schema.kind("models", {"kind": "mine"})
    assert (kind.network, kind.labels, kind.label, kind.colour) == (True, True, "my own", "#123456")
    assert kind.settings[:2] == ("depth", "epochs")
    assert kind.has(network=True, takes=None)
    assert not kind.has(network=True, levels=True)


FAULTS = {
    "trait": ({"is": {"netwrk": True}}, "is.netwrk is not known (did you mean network?)"),
    "value of a trait": ({"is": {"takes": "line"}}, "is.takes: line is not known (did you mean lines?)"),
    "group": ({"groups": {"schedul": {}}}, "groups.schedul is not known (did you mean schedule?)"),
    "default": ({"groups": {"schedule": {"epoch": 1}}}, "groups.schedule.epoch is not known (did you mean epochs?)"),
    "colour": ({"colour": "red"}, "colour: red is not of the form #RRGGBB"),
    "keyword": ({"property": {}}, "property is not known (did you mean properties?)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_gives_one_line(add, fault):
    changed, message = FAULTS[fault]
    with pytest.raises(SgbenchError) as error:
        add("models/mine.yaml", OWN | changed)
    assert "models/mine.yaml: " + message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_what_a_kind_must_say_is_asked_for(add):
    with pytest.raises(SgbenchError, match=r"mine\.yaml: the key description is missing"):
        add("models/mine.yaml", {"is": {"network": True}})
    with pytest.raises(SgbenchError, match=r"mine\.yaml: the key is\.step is missing"):
        add("balances/mine.yaml", {"description": "Mine."})
    with pytest.raises(SgbenchError, match="simulat is no key of its section; keys: simulate, ingest"):
        add("modalities/simulat.mine.yaml", {"description": "Mine."})
