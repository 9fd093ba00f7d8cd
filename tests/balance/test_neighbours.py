import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from sgbench.balance import neighbours


@pytest.mark.parametrize(("count", "wanted", "dimensions"), [(5, 5, 3), (700, 11, 32), (9000, 11, 8), (4100, 1, 2)])
def test_neighbours_are_the_nearest(count, wanted, dimensions):
    points = np.random.default_rng(0).normal(3, 1, size=(count, dimensions)).astype(np.float32)
    queries = np.arange(0, count, 3)
    expected = NearestNeighbors(n_neighbors=wanted, algorithm="brute").fit(points.astype(float))
    expected = expected.kneighbors(points[queries].astype(float), return_distance=False)
    np.testing.assert_array_equal(neighbours.nearest(points, queries, wanted), expected)


def test_blocks_do_not_show(monkeypatch):
    points = np.random.default_rng(1).normal(size=(300, 4)).astype(np.float32)
    whole = neighbours.nearest(points, np.arange(300), 7)
    monkeypatch.setattr(neighbours, "_QUERIES", 13)
    monkeypatch.setattr(neighbours, "_POINTS", 29)
    np.testing.assert_array_equal(neighbours.nearest(points, np.arange(300), 7), whole)


def test_components_are_those_of_pca_whatever_the_batch(monkeypatch):
    rng = np.random.default_rng(2)
    images = (rng.normal(size=(200, 3)) @ rng.normal(size=(3, 24))).astype(np.float32).reshape(200, 2, 3, 4)
    images += rng.normal(scale=1e-3, size=images.shape).astype(np.float32)
    expected = PCA(3).fit_transform(images.reshape(200, -1))
    monkeypatch.setattr(neighbours, "_BATCH_BYTES", 30 * 24 * 4)
    found = neighbours.features(
        lambda at: images[at], np.arange(200), neighbours.reducer(lambda at: images[at], 200, 3)
    )
    assert found.dtype == np.float32
    sign = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found * sign, expected, atol=1e-4)


def test_components_hold_what_those_of_pca_hold():
    # A spectrum without a gap: there is no telling the last component from the next ones, but little is lost by it.
    images = np.random.default_rng(5).normal(size=(400, 2, 10, 10)).astype(np.float32)
    images /= np.arange(1, 201, dtype=np.float32).reshape(2, 10, 10) ** 0.5
    expected = PCA(20).fit(images.reshape(400, -1))
    pca = neighbours.principal_components(lambda at: images[at], 400, 20)
    held = pca.transform(images).var(axis=0, ddof=1)
    assert (np.diff(held) < 0).all()
    assert held.sum() > 0.999 * expected.explained_variance_.sum()
    np.testing.assert_allclose(pca.axes @ pca.axes.T, np.eye(20), atol=1e-5)
    missed = pca.restore(pca.transform(images)) - images.reshape(400, -1)
    assert (missed**2).sum() / 399 < 1.001 * expected.noise_variance_ * (200 - 20)


@pytest.mark.parametrize("count", [2, 50])
def test_there_are_no_more_components_than_samples_or_pixels(count):
    images = np.random.default_rng(3).random((count, 1, 2, 3), np.float32)
    reduce = neighbours.reducer(lambda at: images[at], count, 32)
    assert neighbours.features(lambda at: images[at], np.arange(count), reduce).shape == (count, min(count, 6))


def test_pixels_are_taken_as_they_are():
    images = np.random.default_rng(4).random((5, 1, 2, 3), np.float32)
    reduce = neighbours.reducer(lambda at: images[at], 5, None)
    found = neighbours.features(lambda at: images[at], np.array([3, 1]), reduce)
    np.testing.assert_array_equal(found, images[[3, 1]].reshape(2, 6))
