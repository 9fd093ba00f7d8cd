import numpy as np

from sgbench.models.held_out import fold_of_each


def test_folds_keep_groups_whole_and_share_classes_evenly():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 300)
    labels = np.arange(60)[groups] % 4
    fold = fold_of_each(labels, groups, 5, seed=0)
    assert set(fold) == set(range(5))
    for group in range(60):
        assert len(set(fold[groups == group])) <= 1
    per_class = [[len(set(groups[(labels == label) & (fold == k)])) for k in range(5)] for label in range(4)]
    assert np.ptp(per_class, axis=1).max() <= 1
    np.testing.assert_array_equal(fold, fold_of_each(labels, groups, 5, seed=0))
    assert (fold != fold_of_each(labels, groups, 5, seed=1)).any()
