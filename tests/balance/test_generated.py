"""Items made before the plan: crystals simulated again, images of a generative network, and how plans refer to them."""

from itertools import chain, islice

import numpy as np
import pandas as pd
import pytest

from sgbench import ingest, simulate
from sgbench.balance import gan, physics
from sgbench.balance.plan import class_table, with_generated
from sgbench.crystals.table import from_table
from sgbench.errors import SgbenchError
from sgbench.ingest import batchfile
from sgbench.samples import store
from sgbench.samples.items import plan_items
from sgbench.simulate import batches, cbed

QUIET = {
    "scale": 0.0,
    "strain": 0.0,
    "displacement_A": 0.0,
    "substitution": 0.0,
    "march": (1.0, 1.0),
    "width": (1.0, 1.0),
    "tilt_deg": 0.0,
    "thickness": (1.0, 1.0),
}
READER = {"pixels": 12, "stack_pixels": 24}
MICROSCOPE = {"preset": "small", "pixels": 24, "energies_kev": [120], "slab_angstrom": 40.0}
MADE_BY = {
    "powder": {"simulate": "powder", "bins": 256, "resolution": "low"},
    "lines": {"simulate": "powder", "bins": 256},
    "fingerprint": {"simulate": "fingerprint", "pixels": 16, "pixel_size_m": 0.0016},
    "turned": {"simulate": "fingerprint", "pixels": 16, "pixel_size_m": 0.0016, "rotate": True},
}


@pytest.fixture(scope="module")
def rows(some_crystals):
    """Twelve crystals of the largest space group of 300, and three and one of others."""
    ranks = some_crystals["space_group_rank"].unique()
    sizes = dict(zip(sorted(ranks)[:3], (12, 3, 1), strict=True))
    parts = [some_crystals[some_crystals["space_group_rank"] == rank].head(size) for rank, size in sizes.items()]
    return pd.concat(parts, ignore_index=True).assign(label=np.repeat([0, 1, 2], [12, 3, 1]))


@pytest.fixture(scope="module")
def small_rows(some_crystals):
    """Four crystals of one space group and one of another, with cells small enough for CBED."""
    small = some_crystals[some_crystals[["a", "b", "c"]].max(axis=1) < 6]
    groups = small["space_group"].value_counts().index[:2]
    parts = [small[small["space_group"] == group].head(size) for group, size in zip(groups, (4, 1), strict=True)]
    return pd.concat(parts, ignore_index=True).assign(label=np.repeat([0, 1], [4, 1]))


def generate(rows, made_by, seed=0, **settings):
    crystals = list(from_table(rows))
    chosen = physics.Settings(**settings)
    return physics.generate(rows, chosen, seed, None, lambda at: [crystals[n] for n in at], made_by)


@pytest.mark.parametrize("made_by", MADE_BY.values(), ids=MADE_BY)
def test_a_class_grows_by_its_own_crystals(rows, made_by):
    made = list(generate(rows, made_by))
    assert [item.label for item in made] == [1] * 9 + [2] * 11
    label_of = rows.set_index("id")["label"]
    assert [label_of[item.parent] for item in made] == [item.label for item in made]
    # Each crystal of a class equally often.
    assert pd.Series([item.parent for item in made[:9]]).value_counts().tolist() == [3, 3, 3]
    assert len({item.image.tobytes() for item in made}) == len(made)
    again = generate(rows, made_by)
    assert all(np.array_equal(one.image, other.image) for one, other in zip(made, again, strict=True))
    other = generate(rows, made_by, seed=1)
    assert not np.array_equal(made[0].image, next(other).image)


@pytest.mark.parametrize("modality", ["powder", "lines", "fingerprint"])
def test_a_crystal_that_is_not_changed_has_its_own_pattern(rows, modality):
    made_by = MADE_BY[modality]
    values = {key: value for key, value in made_by.items() if key != "simulate"}
    measured = simulate.settings(made_by["simulate"], values)
    images = simulate.simulate_all(made_by["simulate"], measured, list(from_table(rows)), rows["id"], workers=1)
    image_of = dict(zip(rows["id"], images, strict=True))
    for item in generate(rows, made_by, **QUIET):
        np.testing.assert_allclose(item.image, image_of[item.parent], atol=2e-4)


def test_cbed_of_a_crystal_that_is_not_changed_is_what_its_file_gives(small_rows, tmp_path):
    settings = cbed.microscope(**MICROSCOPE)
    found = {crystal.id: cbed.simulate(crystal, settings) for crystal in from_table(small_rows)}
    written = chain.from_iterable(
        batches.samples(number, crystal, found[crystal.id]) for number, crystal in enumerate(from_table(small_rows))
    )
    batchfile.write(tmp_path / "batch_train_0.h5", written)
    path = str(tmp_path / "store.h5")
    samples, _ = ingest.read_part("cbed", "batch_train_0", [str(tmp_path / "batch_train_0.h5")], READER, "", path)
    opened = store.Store(path)
    image_of = dict(zip(samples["material"], opened, strict=True))
    made_by = opened.made_by | {"simulate": "cbed", "microscope": MICROSCOPE}
    items = list(generate(small_rows, made_by, **QUIET))
    assert len(items) == 3
    for item in items:
        np.testing.assert_allclose(item.image, image_of[item.parent.split("/")[1]], atol=2e-3)
        assert item.drawn["energy_kev"] == 120
        assert item.drawn["slab_angstrom"] == 40


def test_cbed_is_taken_at_other_energies_and_thicknesses(small_rows):
    made_by = {"simulate": "cbed", "microscope": MICROSCOPE | {"energies_kev": [100, 190]}, **READER}
    items = list(generate(small_rows, made_by, **QUIET | {"thickness": (0.5, 2.0)}))
    assert len({item.image.tobytes() for item in items}) == len(items) == 3
    assert all(100 <= item.drawn["energy_kev"] <= 190 and 20 <= item.drawn["slab_angstrom"] <= 80 for item in items)
    assert len({item.drawn["energy_kev"] for item in items}) == 3


@pytest.mark.parametrize("name", ["scale", "strain", "displacement_A", "substitution", "march", "width", "tilt_deg"])
def test_each_change_shows(rows, name):
    made_by = MADE_BY["fingerprint" if name == "tilt_deg" else "powder"]
    values = {"scale": 0.1, "strain": 0.05, "displacement_A": 0.2, "substitution": 1.0}
    values |= {"march": (0.5, 0.6), "width": (1.5, 2.0), "tilt_deg": 10.0}
    plain = list(generate(rows, made_by, **QUIET))
    changed = list(generate(rows, made_by, **QUIET | {name: values[name]}))
    differ = [not np.allclose(a.image, b.image, atol=1e-3) for a, b in zip(plain, changed, strict=True)]
    # Few of the crystals have a free coordinate.
    assert np.mean(differ) > (0.2 if name == "displacement_A" else 0.7)


def test_a_crystal_without_a_pattern_is_replaced_by_repetition(rows, caplog):
    made_by = {"simulate": "powder", "two_theta_deg": [0.001, 0.002]}
    with caplog.at_level("INFO"):
        items = list(generate(rows, made_by))
        table = physics.plan(rows, physics.Settings(), 0, None, pd.DataFrame({"id": [], "label": []}, dtype=object))
    assert items == []
    assert "class 1: 9 items have no pattern" in caplog.text
    assert "class 2: 11 items could not be generated, its samples are repeated" in caplog.text
    assert table["label"].value_counts().tolist() == [12, 12, 12]
    assert table["id"].isin(rows["id"]).all()


def bars(count=90, side=16):
    """Images of two channels with a bar whose place tells the class; a rim is never lit, the brightest pixel is 3."""
    rng = np.random.default_rng(0)
    labels = np.sort(np.arange(count) % 10 == 0).astype(int)
    images = 0.1 * rng.random((count, 2, side, side), np.float32)
    for image, label in zip(images, labels, strict=True):
        image[:, 3 + 7 * label : 5 + 7 * label, 3:-3] += rng.uniform(0.6, 1.0)
    images[..., :2], images[..., -2:] = 0, 0
    images *= 3 / images.max(axis=(1, 2, 3), keepdims=True)
    return pd.DataFrame({"id": [f"s{n}" for n in range(count)], "label": labels}), images


def test_the_generative_network_learns_what_a_class_looks_like():
    rows, images = bars()
    settings = gan.Settings(steps=300, width=32, batch_size=32, components=20, target=40)
    made = list(gan.generate(rows, settings, 0, lambda at: images[at], None, {}))
    assert [(item.label, item.parent) for item in made] == [(1, "")] * 31
    made = np.stack([item.image for item in made])
    assert made.dtype == np.float32
    assert made.shape[1:] == (2, 16, 16)
    means = np.stack([images[rows["label"] == label].mean(axis=0) for label in (0, 1)])
    apart = ((made[:, None] - means) ** 2).sum(axis=(2, 3, 4))
    assert (apart[:, 1] < apart[:, 0]).mean() > 0.9
    np.testing.assert_allclose(made[..., :2], 0, atol=1e-6)
    np.testing.assert_allclose(made.max(axis=(1, 2, 3)), 3, rtol=1e-5)
    # Not one image over and over.
    assert made.std(axis=0).max() > 0.1 * images[rows["label"] == 1].std(axis=0).max()


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (2, 21, 30), (1, 1, 64)])
def test_the_generative_network_takes_patterns_of_any_size(shape):
    images = np.random.default_rng(0).random((6, *shape), np.float32)
    rows = pd.DataFrame({"id": list("abcdef"), "label": [0, 0, 0, 0, 2, 2]})
    settings = gan.Settings(steps=2, width=8, batch_size=4)
    one, two = ([item.image for item in gan.generate(rows, settings, 3, lambda at: images[at], None, {})] for _ in "ab")
    assert np.stack(one).shape == (2, *shape)
    np.testing.assert_array_equal(one, two)


def test_items_come_from_both_stores(small_store, tmp_path):
    images = small_store.read(np.arange(50))
    new = np.random.default_rng(1).random((3, 2, 3, 4), np.float32)
    store.write(tmp_path / "generated.h5", new, (2, 3, 4), {})
    rows = pd.DataFrame({"id": [f"s{n}" for n in range(6)], "label": [0] * 5 + [1], "row": range(10, 16)})
    rows = rows.assign(formula="A", space_group=1)
    generated = pd.DataFrame({"id": [f"g{n}" for n in range(3)], "label": 1})
    plan = with_generated(rows, generated, {1: 5})
    assert plan["id"].tolist() == [*rows["id"], *generated["id"], "s5"]
    items = plan_items(small_store, rows, plan, generated=(store.Store(tmp_path / "generated.h5"), generated))
    np.testing.assert_array_equal(items.images(), np.concatenate([images[10:16], new, images[15:16]]))
    np.testing.assert_array_equal(items.images(np.array([7, 2, 6])), [new[1], images[12], new[0]])
    table = class_table(["x", "y"], rows, plan)
    assert table["items"].tolist() == [5, 5]
    assert table["made"].tolist() == [0, 3]
    assert table["repeated"].tolist() == [0, 1]


def test_stores_of_other_shapes_do_not_go_together(small_store, tmp_path):
    store.write(tmp_path / "other.h5", np.zeros((1, 2, 3, 5), np.float32), (2, 3, 5), {})
    with pytest.raises(SgbenchError, match="does not go with"):
        store.Joined(small_store, store.Store(tmp_path / "other.h5"))


def test_the_first_items_do_not_wait_for_the_rest(rows):
    assert len(list(islice(generate(rows, MADE_BY["powder"], target=10**6), 3))) == 3
