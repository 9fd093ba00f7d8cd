"""The loss of coarser classes against its equation."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from sgbench.errors import SgbenchError
from sgbench.training import losses
from tests.training.test_losses import EXTREME, LABELS, LOGITS, asked_of


def coarser(groups=(1, 2, 225), method="none", weights=(1, 1, 1)):
    objective = replace(asked_of(method), weights=np.array(weights))
    return losses.Coarser(replace(objective, space_groups=groups and np.array(groups)))


def test_coarser_classes_are_as_likely_as_their_space_groups_together():
    # P1 and P-1 are of one system, lattice and extinction group; of none of them is Fm-3m.
    truth = LOGITS.double().softmax(dim=1).numpy()
    together = np.where(LABELS < 2, truth[:, 0] + truth[:, 1], truth[:, 2])
    expected = -(np.log(truth[range(4), LABELS]) + 3 * np.log(together)) / 4
    values, weights = coarser(weights=(1, 2, 3))(LOGITS, LABELS, 0.5)
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    np.testing.assert_array_equal(weights, np.array([1, 2, 3])[LABELS])
    # Pm-3m and Fm-3m share the system alone, of whose lattices and extinction groups each is one.
    together = np.where(LABELS > 0, truth[:, 1] + truth[:, 2], truth[:, 0])
    expected = -(3 * np.log(truth[range(4), LABELS]) + np.log(together)) / 4
    values, _ = coarser(groups=(1, 221, 225))(LOGITS, LABELS, 0.5)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_gradients_of_coarser_classes_are_right_and_finite():
    logits, labels = EXTREME.repeat(3, 1), torch.arange(3).repeat_interleave(len(EXTREME))
    rough = logits.clone().requires_grad_(True)
    values, _ = coarser()(rough, labels, 0.5)
    values.sum().backward()
    assert torch.isfinite(values).all() and torch.isfinite(rough.grad).all()
    exact = logits.double().requires_grad_(True)
    total = partial(lambda loss, of: loss(of, labels, 0.5)[0].sum(), coarser())
    assert torch.autograd.gradcheck(total, exact, eps=1e-4, atol=1e-3, fast_mode=True)


def test_coarser_classes_need_space_groups_and_cross_entropy():
    with pytest.raises(SgbenchError, match="where classes are space groups"):
        coarser(groups=None)
    with pytest.raises(SgbenchError, match="not focal"):
        coarser(method="focal")
