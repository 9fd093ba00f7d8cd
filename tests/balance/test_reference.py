"""The SMOTE family against imbalanced-learn, draw by draw, and cluster-based under-sampling against plain loops."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.utils import check_random_state

from sgbench.balance import adasyn, borderline, cluster, over, smote, under
from sgbench.seeds import derive

SEED = 5


def state(name):
    return np.random.RandomState(derive(SEED, name) % 2**32)


@pytest.fixture(params=[(40, 25, 12), (60, 9, 30, 17)], ids=str)
def blobs(request):
    """Overlapping classes of 20 pixels."""
    rng = np.random.default_rng(len(request.param))
    labels = np.repeat(np.arange(len(request.param)), request.param)
    centres = rng.normal(size=(len(request.param), 20)) * 0.5
    images = (rng.normal(size=(len(labels), 20)) + centres[labels]).astype(np.float32).reshape(-1, 1, 4, 5)
    rows = pd.DataFrame({"id": [f"s{number}" for number in range(len(labels))], "label": labels})
    return rows, images


def compare(table, rows, images, reference):
    """Assert that a plan's items are those of imbalanced-learn, after the samples themselves."""
    pixels = images.reshape(len(rows), -1)
    row_of = pd.Series(np.arange(len(rows)), rows["id"])
    base = row_of[table["id"]].to_numpy()
    neighbour = np.where(table["neighbour"] == "", base, row_of.reindex(table["neighbour"], fill_value=0))
    items = pixels[base] + table["weight"].to_numpy()[:, None] * (pixels[neighbour] - pixels[base])
    expected, labels = reference.fit_resample(pixels, rows["label"].to_numpy())
    assert table["label"].tolist() == labels.tolist()
    np.testing.assert_allclose(items, expected, atol=2e-6)


@pytest.mark.parametrize("neighbours", [1, 3, 6])
def test_smote(blobs, neighbours):
    rows, images = blobs
    table = smote.plan(rows, smote.Settings(neighbours=neighbours), SEED, lambda at: images[at])
    compare(table, rows, images, SMOTE(k_neighbors=neighbours, random_state=state("smote")))


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize(("neighbours", "danger_neighbours"), [(3, 10), (6, 5)])
def test_borderline(blobs, variant, neighbours, danger_neighbours):
    rows, images = blobs
    chosen = borderline.Settings(
        variant=variant, neighbours=neighbours, danger_neighbours=danger_neighbours, components=None
    )
    table = borderline.plan(rows, chosen, SEED, lambda at: images[at])
    reference = BorderlineSMOTE(
        k_neighbors=neighbours,
        m_neighbors=danger_neighbours,
        kind=f"borderline-{variant}",
        random_state=state("borderline"),
    )
    compare(table, rows, images, reference)
    own = rows.set_index("id")["label"].reindex(table["neighbour"]).to_numpy()
    foreign = (table["neighbour"] != "") & (own != table["label"])
    assert foreign.any() == (variant == 2)
    assert (table["weight"][foreign] < 0.5).all()


@pytest.mark.parametrize("neighbours", [2, 5])
def test_adasyn(blobs, neighbours):
    rows, images = blobs
    table = adasyn.plan(rows, adasyn.Settings(neighbours=neighbours, components=None), SEED, lambda at: images[at])
    compare(table, rows, images, ADASYN(n_neighbors=neighbours, random_state=state("adasyn")))


def test_random_samplers_choose_the_same_rows(blobs):
    rows, images = blobs
    pixels, labels = images.reshape(len(rows), -1), rows["label"].to_numpy()
    table = over.plan(rows, over.Settings(), SEED, None)
    compare(table, rows, images, RandomOverSampler(random_state=derive(SEED, "over") % 2**32))
    table = under.plan(rows, under.Settings(target="smallest"), SEED, None)
    reference = RandomUnderSampler(random_state=derive(SEED, "under") % 2**32)
    reference.fit_resample(pixels, labels)
    assert set(table["id"]) == set(rows["id"].iloc[reference.sample_indices_])


def test_what_imbalanced_learn_stops_at_becomes_plain_smote(caplog):
    rng = np.random.default_rng(0)
    images = rng.normal(size=(30, 1, 1, 4)).astype(np.float32)
    images[20:] += 100
    rows = pd.DataFrame({"id": [f"s{number}" for number in range(30)], "label": np.repeat([0, 1], [20, 10])})
    with pytest.raises(RuntimeError, match="Not any neigbours"):
        ADASYN(random_state=0).fit_resample(images.reshape(30, -1), rows["label"])
    with caplog.at_level("INFO"):
        table = adasyn.plan(rows, adasyn.Settings(), SEED, lambda at: images[at])
    assert table["label"].value_counts().tolist() == [20, 20]
    assert "gets plain SMOTE" in caplog.text
    with caplog.at_level("INFO"):
        table = borderline.plan(rows, borderline.Settings(), SEED, lambda at: images[at])
    assert table["label"].value_counts().tolist() == [20, 10]
    assert "class 1 has no training sample in danger: it stays at 10" in caplog.text


def test_interpolate_reaches_the_nearest_only():
    line = np.array([[0.0], [1.0], [10.0], [11.0]])
    base, neighbour, weight = smote.interpolate(smote.within(line, 1, 0), 200, check_random_state(0))
    assert set(zip(base.tolist(), neighbour.tolist(), strict=True)) == {(0, 1), (1, 0), (2, 3), (3, 2)}
    assert weight.min() >= 0
    assert weight.max() < 1


def test_cluster_shares_follow_the_paper():
    # One cluster of 60 to 10, one of 30 to 10, one of 10 to none (counted as 1): shares 6, 3 and 10 of 19.
    labels = np.repeat([0, 0, 0, 1, 1], [60, 30, 10, 10, 10])
    clusters = np.repeat([0, 1, 2, 0, 1], [60, 30, 10, 10, 10])
    kept = cluster.select(labels, clusters, {0: 19}, SEED)
    assert np.bincount(clusters[kept][labels[kept] == 0]).tolist() == [6, 3, 10]
    assert (labels[kept] == 1).sum() == 20
    # With 38 to draw the third cluster has only 10 of its 20, and the others make up for it, 2 to 1.
    kept = cluster.select(labels, clusters, {0: 38}, SEED)
    drawn = np.bincount(clusters[kept][labels[kept] == 0])
    assert drawn.sum() == 38
    assert drawn[2] == 10
    assert drawn[0] in (18, 19)


@pytest.mark.parametrize("seed", range(20))
def test_apportion_gives_all_and_never_more_than_there_is(seed):
    rng = np.random.default_rng(seed)
    available = rng.integers(0, 9, size=8)
    total = int(rng.integers(0, available.sum() + 1))
    given = cluster.apportion(total, available / rng.integers(1, 5, size=8), available)
    assert given.sum() == total
    assert (given <= available).all()
    assert (given >= 0).all()
