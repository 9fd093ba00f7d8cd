import numpy as np
import pandas as pd
import pytest

from sgbench.errors import SgbenchError
from sgbench.samples.exams import like, other_crystals, same_crystals
from sgbench.samples.store import Store, write
from sgbench.samples.tasks import Task

TASK = Task("space_group")


def table(**columns):
    """Return samples, each a material of its own with an image of its own unless told otherwise."""
    rows = pd.DataFrame(columns)
    own = rows["id"].map("of {}".format)
    rows = pd.DataFrame({"material": own, "formula": own, "image": own}).assign(**columns)
    return rows.assign(space_group_rank=rows["space_group"].rank(method="dense").astype(int))


def learnt(**columns):
    rows = table(**columns)
    return TASK.samples(rows.assign(row=np.arange(len(rows))))


SAMPLES = learnt(
    id=["a", "b", "c", "d", "e"],
    formula=["NaCl", "KCl", "CaF2", "MgO", "ZnS"],
    material=["m1", "m2", "m3", "m4", "m5"],
    space_group=[225, 225, 225, 62, 62],
)
SPLIT = pd.DataFrame({"id": ["a", "b", "c", "d", "e"], "part": ["train", "dev", "test", "train", "train"]})
OTHERS = table(
    id=["a", "x1", "x2", "x3", "x4", "x5"],
    # Known; another formula; another space group; the formula of dev; an equal image; of a class that is not learnt.
    formula=["NaCl", "LiCl", "NaCl", "KCl", "BaO", "Si"],
    material=["m9", "m1", "m8", "m7", "m6", "m5"],
    image=["1", "2", "3", "4", "of e", "6"],
    space_group=[225, 225, 62, 225, 62, 227],
)


def test_other_crystals_are_all_one_test_part_and_known_by_formula_and_group_or_by_image():
    exam = other_crystals(TASK, SAMPLES, SPLIT, OTHERS)
    assert exam.rows["id"].tolist() == OTHERS["id"].tolist()
    assert exam.split.to_dict("list") == {"id": OTHERS["id"].tolist(), "part": ["test"] * 6}
    # An id of the other source is another material, though it is called like one of training.
    assert exam.known == {"a", "x4"}
    assert exam.audit["materials"] == exam.audit["samples"] == 6
    assert (exam.audit["materials_in_train"], exam.audit["images_in_train"]) == (1, 1)
    assert exam.audit["share_in_train"] == pytest.approx(2 / 6)


def test_classes_that_the_model_does_not_know_come_after_its_own():
    exam = other_crystals(TASK, SAMPLES, SPLIT, OTHERS)
    assert exam.classes == [62, 225, 227]
    assert [exam.classes[label] for label in exam.rows["label"]] == OTHERS["space_group"].tolist()
    np.testing.assert_array_equal(TASK.space_groups(exam.classes), [62, 225, 227])
    # 62 sorts before what was learnt, and is appended all the same.
    late = other_crystals(TASK, learnt(id=["p", "q"], space_group=[225, 227]), SPLIT.iloc[:0], OTHERS)
    assert late.classes == [225, 227, 62]


def test_a_task_of_the_largest_groups_keeps_to_the_classes_of_the_model():
    # The ranks of the exam's own groups say nothing.
    ranked = OTHERS.assign(space_group_rank=[3, 3, 2, 3, 2, 1])
    exam = other_crystals(Task("space_group", largest=2), SAMPLES, SPLIT, ranked)
    assert exam.classes == [62, 225]
    assert exam.rows["id"].tolist() == ["a", "x1", "x2", "x3", "x4"]
    assert exam.rows["row"].tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(SgbenchError, match="none of the 6 samples of the exam is of a class of the task"):
        other_crystals(Task("space_group", largest=2), SAMPLES, SPLIT, OTHERS.assign(space_group=1))


def test_samples_without_a_formula_are_no_known_material():
    # Files of one name are read for both, and what they hold is named by its place in them.
    theirs = table(id=["f/0", "f/1"], material=["f/0", "f/1"], formula=["f/0", "f/1"], space_group=[225, 62])
    ours = TASK.samples(theirs.assign(row=[0, 1], image=["i", "j"]))
    exam = other_crystals(TASK, ours, theirs[["id"]].assign(part="train"), theirs)
    assert exam.known == frozenset()
    assert exam.audit["materials_in_train"] == 0


def test_the_same_crystals_keep_their_parts():
    others = pd.DataFrame({"id": ["e", "c", "b"]})
    exam = same_crystals(TASK, SAMPLES, SPLIT, others)
    assert dict(zip(exam.rows["id"], exam.rows["row"], strict=True)) == {"b": 2, "c": 1, "e": 0}
    assert exam.split is SPLIT
    assert exam.classes == [62, 225]
    assert exam.known == frozenset()
    copied = pd.concat([SPLIT, pd.DataFrame({"id": ["c"], "part": ["train"]})])
    assert same_crystals(TASK, SAMPLES, copied, others).known == {"c"}


def test_images_of_another_shape_are_refused(tmp_path):
    for name, width in (("one", 4), ("other", 5)):
        write(tmp_path / name, [np.zeros((1, 1, width), np.float32)], (1, 1, width), {})
    one, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    assert like(one, one) is one
    with pytest.raises(SgbenchError, match=r"the exam's images are 1 x 1 x 5 .* the model's 1 x 1 x 4"):
        like(other, one)
