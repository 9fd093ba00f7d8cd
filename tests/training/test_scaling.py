"""The scale on which networks see intensities."""

import numpy as np
import pytest
import torch

from sgbench.samples import store
from sgbench.samples.items import Items
from sgbench.training import feed
from sgbench.training.scaling import Scaling, is_linear


def items_of(path, images, made_by):
    """Items of the first 30 images, some repeated, some mixed with another."""
    store.write(path, images, images.shape[1:], made_by)
    rows = np.concatenate([np.arange(30), np.arange(30), np.zeros(40, int)])
    neighbours = np.roll(rows, 3)
    weights = np.linspace(0, 1, 100, dtype=np.float32)
    return Items(store.Store(path), np.zeros(100, int), rows, neighbours, weights, np.full(100, -1))


@pytest.fixture
def bright():
    """Images whose channels differ a thousandfold; the third is the same everywhere."""
    images = np.random.default_rng(0).random((50, 3, 8, 4), np.float32) ** 4
    return images * np.array([1, 1e3, 0], np.float32)[:, None, None] + np.array([0, 7, 2], np.float32)[:, None, None]


@pytest.mark.parametrize("made_by", [{}, {"simulate": "fingerprint"}])
def test_training_items_have_mean_0_and_deviation_1_in_each_channel(bright, made_by, tmp_path):
    items = items_of(tmp_path / "store.h5", bright, made_by)
    images = items.images()
    scaled = Scaling.fitted(items)(torch.from_numpy(images)).numpy().astype(np.float64)
    np.testing.assert_allclose(scaled.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(scaled[:, :2].std(axis=(0, 2, 3)), 1, rtol=1e-5)
    assert (scaled[:, 2] == 0).all()
    seen = np.sqrt(images) if made_by else images
    assert np.corrcoef(scaled[:, 0].ravel(), seen[:, 0].ravel())[0, 1] == pytest.approx(1)


def test_samples_that_are_not_trained_on_change_nothing(bright, tmp_path):
    other = bright.copy()
    other[30:] *= 100
    one, same = (
        Scaling.fitted(items_of(tmp_path / f"{name}.h5", images, {})).state_dict()
        for name, images in (("one", bright), ("same", other))
    )
    assert all(torch.equal(one[name], same[name]) for name in ("mean", "deviation"))


def test_of_many_items_some_stand_for_all(bright, tmp_path, monkeypatch):
    monkeypatch.setattr(feed, "_SOME", 60)
    items = items_of(tmp_path / "store.h5", bright, {})
    chosen = feed.some(100)
    assert len(np.unique(chosen)) == 60 and chosen.min() == 0 and chosen.max() >= 98
    expected = items.images(chosen).mean(axis=(0, 2, 3))
    np.testing.assert_allclose(Scaling.fitted(items).mean.ravel(), expected, rtol=1e-5)


def test_a_value_under_zero_has_no_root_but_that_of_zero():
    scaled = Scaling(1, root=True)(torch.tensor([[[[-1.0, 0.0, 4.0]]]]))
    assert scaled.ravel().tolist() == [0, 0, 2]


@pytest.mark.parametrize(
    ("made_by", "linear"),
    [
        ({"simulate": "fingerprint", "pixels": 32}, True),
        ({"simulate": "powder", "scale_exponent": 0.5}, False),
        ({"simulate": "powder", "scale_exponent": 1}, True),
        ({"ingest": "cbed", "scale": "root", "scale_exponent": 0.25}, False),
        ({"ingest": "cbed", "scale": "log", "decades": 6}, False),
        ({"ingest": "arrays"}, False),
    ],
)
def test_roots_are_taken_of_what_a_detector_counts(made_by, linear):
    assert is_linear(made_by) == linear
