import pandas as pd
import pytest

from sgbench.errors import SgbenchError
from sgbench.samples.tasks import Task

SAMPLES = pd.DataFrame(
    {
        "id": list("abcde"),
        "space_group": [225, 2, 225, 62, 194],
        "space_group_rank": [1, 3, 1, 2, 4],
        "crystal_system": ["cubic", "triclinic", "cubic", "orthorhombic", "hexagonal"],
        "bravais_lattice": ["cF", "aP", "cF", "oP", "hP"],
    }
)


def test_classes_are_in_their_conventional_order():
    labelled = Task("crystal_system").samples(SAMPLES)
    assert labelled["label"].tolist() == [3, 0, 3, 1, 2]
    assert Task("crystal_system").names(SAMPLES) == ["triclinic", "orthorhombic", "hexagonal", "cubic"]
    assert Task("bravais_lattice").names(SAMPLES) == ["aP", "oP", "hP", "cF"]


def test_the_largest_groups_only():
    labelled = Task("space_group", largest=2).samples(SAMPLES)
    assert labelled["id"].tolist() == ["a", "c", "d"]
    assert labelled["label"].tolist() == [1, 1, 0]
    assert Task("space_group", largest=2).names(SAMPLES) == ["Pnma (62)", "Fm-3m (225)"]


def test_every_space_group_may_be_a_class():
    task = Task("space_group", every=True)
    assert task.samples(SAMPLES)["label"].tolist() == [224, 1, 224, 61, 193]
    names = task.names(SAMPLES)
    assert len(names) == 230
    assert names[61] == "Pnma (62)"
    with pytest.raises(SgbenchError, match="0 samples of 230 class"):
        task.samples(SAMPLES[:0])


def test_one_class_is_no_task():
    with pytest.raises(SgbenchError, match="nothing to tell apart"):
        Task("space_group", largest=1).samples(SAMPLES)
