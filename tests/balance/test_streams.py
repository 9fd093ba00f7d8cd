"""Crystals that are made beside training: what a plan says of them, and what makes them."""

import pickle

import numpy as np
import pandas as pd
import pytest

from sgbench.balance.plan import class_table
from sgbench.balance.variant import Variant
from sgbench.crystals.statistics import fit
from sgbench.crystals.symmetry import symbol
from sgbench.crystals.table import from_table
from sgbench.errors import SgbenchError
from sgbench.parallel import Workers
from sgbench.samples import store
from sgbench.samples.items import plan_items
from sgbench.simulate.powder import Settings, simulate

POWDER = {"simulate": "powder", "bins": 256, "resolution": "low"}
GROUPS = [62, 166, 225, 230]


@pytest.fixture(scope="module")
def rows(some_crystals):
    """Eight, three and one crystals of three space groups; a fourth class has none."""
    chosen = zip(GROUPS, (8, 3, 1), strict=False)
    parts = [some_crystals[some_crystals["space_group"] == group].head(size) for group, size in chosen]
    labels = np.repeat([0, 1, 2], list(map(len, parts)))
    names = [f"{symbol(group)} ({group})" for group in GROUPS]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(label=labels, name=pd.Categorical.from_codes(labels, names), row=np.arange(len(table)))


@pytest.fixture(scope="module")
def patterns(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("patterns") / "store.h5"
    settings = Settings(bins=256, resolution="low")
    store.write(path, (simulate(crystal, settings) for crystal in from_table(rows)), (1, 1, 256), POWDER)
    return store.Store(path)


def variant(method, *others, **settings):
    return Variant([{"method": method, **settings}, *({"method": other} for other in others)])


def maker(of, rows):
    crystals = list(from_table(rows))
    return of.maker(rows, 0, None, lambda at: [crystals[n] for n in at], POWDER)


@pytest.mark.parametrize("share", [None, 0.5, 1.0])
def test_a_stream_has_the_items_that_would_have_been_stored(rows, share):
    of = variant("synthetic", target=6, share=share, fresh=0.5)
    plan = of.plan(rows, 0, None)
    stored = variant("synthetic", target=6, share=share)
    crystals = list(from_table(rows))
    items = list(stored.generate(rows, 0, None, lambda at: [crystals[n] for n in at], POWDER))
    table = pd.DataFrame({"id": [f"g{n}" for n in range(len(items))], "label": [item.label for item in items]})
    expected = stored.plan(rows, 0, None, table)
    names = list(rows["name"].cat.categories)
    pd.testing.assert_frame_equal(class_table(names, rows, plan), class_table(names, rows, expected))
    made = plan[plan["draw"] >= 0]
    assert made["id"].tolist() == [f"synthetic/{item.drawn['space_group']}" for item in items]
    assert made["draw"].is_unique
    assert plan["id"][plan["draw"] < 0].isin(rows["id"]).all()
    pd.testing.assert_frame_equal(plan, of.plan(rows, 0, None))
    assert not made["draw"].isin(of.plan(rows, 1, None)["draw"]).any()


def test_a_stream_of_varied_crystals_names_their_samples(rows):
    plan = variant("physics", fresh=1.0).plan(rows, 0, None)
    assert plan["label"].value_counts().to_dict() == {0: 8, 1: 8, 2: 8}
    label = rows.set_index("id")["label"]
    assert (label[plan["id"]].to_numpy() == plan["label"]).all()
    assert class_table(list(rows["name"].cat.categories), rows, plan)["made"].tolist() == [0, 5, 7, 0]
    assert plan["id"][plan["draw"] >= 0].value_counts().max() == 7


def test_statistics_are_those_of_the_training_rows_that_earlier_steps_leave(rows):
    made = maker(variant("synthetic", fresh=1.0), rows)
    assert made.statistics.checksum() == fit(from_table(rows)).checksum()
    fewer = Variant([{"method": "under", "target": 3}, {"method": "synthetic", "fresh": 1.0}])
    left = rows[rows["id"].isin(fewer.plan(rows, 0, None)["id"])]
    assert len(left) == 7
    assert maker(fewer, rows).statistics.checksum() == fit(from_table(left)).checksum()


@pytest.mark.parametrize("method", ["synthetic", "physics"])
@pytest.mark.parametrize("others", [(), ("diffractometer",)])
def test_items_are_others_in_each_epoch_and_the_same_for_all_workers(rows, patterns, method, others):
    of = variant(method, *others, target=10, fresh=0.5)
    plan = of.plan(rows, 0, None)
    found = []
    for count in (0, 2):
        with Workers(maker(of, rows), count) as workers:
            items = plan_items(patterns, rows, plan, of.augmenter(POWDER), None, (workers, of.fresh))
            index = np.random.default_rng(0).permutation(len(items))
            items.expect([(index, epoch) for epoch in range(3)])
            found.append([items.images(index, epoch) for epoch in range(3)])
    assert all(map(np.array_equal, *found))
    first, second, third = (images[np.argsort(index)] for images in found[0])
    made = (plan["draw"] >= 0).to_numpy()
    changed = (first != second).any(axis=(1, 2, 3))
    if others:
        assert changed.all()
    else:
        assert not changed[~made].any()
        assert 0.2 < changed[made].mean() < 0.8
        assert (first != third).any(axis=(1, 2, 3))[made].all()
        assert first.max() == pytest.approx(1)


def test_what_makes_items_can_be_sent_and_says_when_there_is_no_pattern(rows):
    for method in ("synthetic", "physics"):
        made = maker(variant(method, fresh=1.0), rows)
        sent = pickle.loads(pickle.dumps(made))
        name = "synthetic/230" if method == "synthetic" else rows["id"].iloc[-1]
        assert np.array_equal(made(name, 3), sent(name, 3))
        assert not np.array_equal(made(name, 3), sent(name, 4))
        made.made_by["two_theta_deg"] = [0.001, 0.002]
        with pytest.raises(SgbenchError, match="no pattern"):
            made(name, 3)
        del made.made_by["two_theta_deg"]
