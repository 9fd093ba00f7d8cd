import numpy as np
import pandas as pd
import pytest

from sgbench.balance import medium
from sgbench.errors import SgbenchError

SIZES = [200, 120, 40, 10]


def data(sizes, seed, spread=1.0):
    """Overlapping classes in 6 dimensions."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    centres = np.random.default_rng(99).normal(size=(len(sizes), 6))
    images = (centres[labels] + spread * rng.normal(size=(len(labels), 6))).astype(np.float32).reshape(-1, 1, 1, 6)
    return pd.DataFrame({"id": [f"{seed}-{n}" for n in range(len(labels))], "label": labels}), images


@pytest.fixture(scope="module")
def parts():
    return data(SIZES, 0), data([40, 40, 40, 40], 1)


def search(parts, **values):
    (rows, images), (dev, dev_images) = parts
    settings = medium.Settings(**values)
    record = medium.search(rows, dev, settings, 0, lambda at: images[at], lambda at: dev_images[at])
    return record, medium.plan(rows, settings, 0, lambda at: images[at], record)


def test_the_search_ends_after_the_drop_and_chooses_the_level_before(parts):
    record, _ = search(parts, threshold=0.03, step=0.5, largest=3)
    assert record["level"].iloc[0] == 200
    assert record["drop"].iloc[0] == 0
    assert record["samples"].tolist() == [np.minimum(SIZES, level).sum() for level in record["level"]]
    assert record["chosen"].sum() == 1
    np.testing.assert_allclose(record["drop"], record["score"].cummax() - record["score"])
    if record["drop"].iloc[-1] > 0.03:
        assert record["chosen"].iloc[-2]
        assert (record["drop"].iloc[:-1] <= 0.03).all()
    else:
        assert record["level"].iloc[-1] == min(SIZES)


def test_a_drop_is_from_the_best_level_so_far(parts, monkeypatch):
    scores = iter([0.50, 0.56, 0.53, 0.10])
    monkeypatch.setattr(medium, "_probe", lambda *_: next(scores))
    record, _ = search(parts, threshold=0.02, probes=1)
    assert record["score"].tolist() == [0.50, 0.56, 0.53]
    assert record["chosen"].tolist() == [False, True, False]


def test_the_score_is_the_mean_of_probes_that_differ_in_their_random_state(parts, monkeypatch):
    states = []
    monkeypatch.setattr(medium, "_probe", lambda *asked: states.append(asked[-1]) or len(states) % 4 / 10)
    record, _ = search(parts, threshold=1.0, probes=4)
    assert len(set(states[:4])) == 4
    assert states[4:8] == states[:4]
    np.testing.assert_allclose(record["score"], 0.15)


def test_every_class_ends_at_the_level(parts):
    record, plan = search(parts, threshold=0.05)
    level = int(record.loc[record["chosen"], "level"].item())
    assert plan["label"].value_counts().tolist() == [level] * 4
    assert set(plan["id"]) <= set(parts[0][0]["id"])


def test_a_wide_threshold_reduces_to_the_smallest_and_a_narrow_one_to_nothing(parts):
    wide, _ = search(parts, threshold=1.0)
    assert wide["level"].iloc[-1] == min(SIZES)
    assert wide["chosen"].iloc[-1]
    noise = data(SIZES, 0), data([40, 40, 40, 40], 1, spread=0.0)
    narrow, plan = search(noise, threshold=0.0, step=0.05)
    assert len(narrow) <= 2
    assert plan["label"].nunique() == 4


def test_a_lower_level_keeps_a_subset():
    labels = np.repeat([0, 1], [50, 20])
    rank = medium.rank_in_class(labels, 3)
    assert sorted(rank[labels == 0]) == list(range(50))
    assert sorted(rank[labels == 1]) == list(range(20))


def test_without_dev_rows_there_is_nothing_to_judge_by(parts):
    rows, images = parts[0]
    with pytest.raises(SgbenchError, match="no dev rows"):
        medium.search(rows, rows[:0], medium.Settings(), 0, lambda at: images[at], lambda at: images[at])
