from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from sgbench.scores.metrics import scores
from sgbench.training.calibration import LIMITS, Calibration, calibration_error, fit_temperature, for_frequencies

RNG = np.random.default_rng(0)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def drawn(probabilities):
    """Return a label for each row, drawn with its probabilities."""
    return (RNG.random((len(probabilities), 1)) > probabilities.cumsum(axis=1)).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_a_known_temperature_is_found(temperature):
    truth = softmax(RNG.normal(0, 1.2, (5000, 6)))
    told = softmax(temperature * np.log(truth))
    found = fit_temperature(told, labels := drawn(truth))
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    np.testing.assert_allclose(found(told), truth, atol=0.03)
    assert found.dev_nll_after <= found.dev_nll_before
    assert found.dev_calibration_error_before == calibration_error(labels, told.astype(np.float32))
    assert found.dev_calibration_error_after == calibration_error(labels, found(told)) < 0.03


def test_the_temperature_is_scikit_learns():
    told = softmax(RNG.normal(0, 3, (400, 5)))
    labels = drawn(softmax(np.log(told) / 2))
    logits = np.log(told)
    # Gives what it is given.
    identity = LogisticRegression().fit(logits, labels)
    identity.coef_, identity.intercept_ = np.eye(5), np.zeros(5)
    theirs = CalibratedClassifierCV(FrozenEstimator(identity), method="temperature").fit(logits, labels)
    # Ours has half a sample of doubt.
    np.testing.assert_allclose(fit_temperature(told, labels)(told), theirs.predict_proba(logits), atol=1e-3)


def awkward():
    """Return probabilities with zeros, ties, numbers next to each other and such near 0, (n, 8), float32."""
    votes = RNG.multinomial(5, np.full(8, 1 / 8), 200) / 5
    near = np.nextafter(np.float32(0.125), np.float32(RNG.choice([0, 1], (200, 8)))) + np.zeros((200, 8), np.float32)
    small = softmax(RNG.normal(0, 60, (200, 8)))
    return np.concatenate([votes, near, small]).astype(np.float32)


@pytest.mark.parametrize("guesses", [0, 0.3, 0.999])
@pytest.mark.parametrize("temperature", [LIMITS[0], 0.7, 1.5, LIMITS[1]])
def test_the_order_of_the_classes_stays_and_so_do_ties(temperature, guesses):
    before = awkward()
    after = Calibration(temperature=temperature, guesses=guesses)(before)
    assert after.dtype == np.float32
    assert (after >= 0).all()
    np.testing.assert_allclose(after.sum(axis=1), 1, atol=1e-5)
    differences = [np.sign(of[:, :, None] - of[:, None, :]) for of in (before, after)]
    np.testing.assert_array_equal(*differences)
    labels, materials = RNG.integers(0, 8, len(before)), np.full(8, 50)
    told, calibrated = (scores(labels, of, materials) for of in (before, after))
    # Which samples are the surest is another matter.
    for name in ("calibration_error", "coverage_area", "accuracy_at_half"):
        assert told.pop(name) != calibrated.pop(name)
    assert told == calibrated


def test_guesses_make_up_for_classes_without_a_vote():
    """A tenth of what trees with ten votes say has nothing to do with the label."""
    votes = np.stack([RNG.multinomial(10, shares) for shares in RNG.dirichlet(np.full(4, 0.4), 4000)]) / 10
    labels = np.where(RNG.random(4000) < 0.1, RNG.integers(0, 4, 4000), drawn(votes))
    found = fit_temperature(votes, labels)
    assert found.guesses == pytest.approx(0.1, abs=0.05)
    grid = [replace(found, guesses=share)(votes)[np.arange(4000), labels] for share in np.linspace(0.01, 0.5, 50)]
    assert found.dev_nll_after <= min(-np.log(told).mean() for told in grid) + 1e-3
    # The rarest class may get no vote on dev and one on test: it never gets 0.
    assert fit_temperature(np.tile([1.0, 0.0], (9, 1)), np.zeros(9, int))(np.array([[1.0, 0.0]]))[0, 1] > 0.001


def test_a_few_samples_do_not_make_a_model_sure():
    fair = np.tile([0.6, 0.2, 0.2], (400, 1))
    right = [fit_temperature(fair[:count], np.zeros(count, int)) for count in (3, 30, 300)]
    assert 1 > right[0].temperature > right[1].temperature > right[2].temperature > LIMITS[0]
    # Where dev says nothing of the temperature it is 1.
    assert fit_temperature(np.tile([1.0, 0.0], (9, 1)), np.zeros(9, int)).temperature == pytest.approx(1)
    assert fit_temperature(np.tile([1.0, 0.0], (9, 1)), np.ones(9, int)).temperature == pytest.approx(1)
    sure = softmax(RNG.normal(0, 2, (50, 4)))
    assert fit_temperature(sure, sure.argmin(axis=1)).temperature == pytest.approx(LIMITS[1])


def test_without_dev_samples_the_temperature_is_1_and_nothing_changes():
    for nothing in (np.zeros((0, 3)), np.full((2, 3), np.nan)):
        found = fit_temperature(nothing, np.zeros(len(nothing), int))
        assert found == Calibration()
        assert found.facts() == {"temperature": 1.0, "guesses": 0.0}
    votes = np.array([[1.0, 0.0, 0.0], [0.5, 0.25, 0.25]])
    np.testing.assert_array_equal(found(votes), votes)


def test_a_sample_without_probabilities_is_left_out():
    told = softmax(RNG.normal(0, 2, (60, 4)))
    labels = drawn(told)
    broken = np.concatenate([told, np.full((1, 4), np.nan)])
    found = fit_temperature(broken, np.append(labels, 0))
    assert found == fit_temperature(told, labels)
    assert np.isnan(found(broken)[-1]).all()


def test_calibration_error():
    sure = np.eye(2)[np.zeros(100, int)]
    assert calibration_error(np.zeros(100, int), sure) == 0
    assert calibration_error(np.repeat([0, 1], 50), sure) == pytest.approx(0.5)
    honest = np.tile([0.7, 0.3], (100, 1))
    assert calibration_error(np.repeat([0, 1], [70, 30]), honest) == pytest.approx(0, abs=1e-9)


def posterior(points, frequencies):
    """Return the exact probabilities of three normal distributions for points, (n, 3)."""
    joint = norm.pdf(points[:, None], [-1, 0, 2], [1, 0.5, 1.5]) * frequencies
    return joint / joint.sum(axis=1, keepdims=True)


def test_other_frequencies_give_the_posterior_of_bayes():
    points = RNG.normal(0, 2, 100)
    learnt, expected = np.array([50, 30, 20]), np.array([0.1, 0.2, 0.7])
    found = for_frequencies(posterior(points, learnt), learnt, expected)
    np.testing.assert_allclose(found, posterior(points, expected), rtol=1e-5)
    np.testing.assert_allclose(for_frequencies(found, expected, 7 * expected), found, rtol=1e-5)


def test_a_class_that_is_not_expected_or_was_not_learnt_gets_nothing():
    told = np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    found = for_frequencies(told, np.array([1, 1, 0]), np.array([0, 3, 1]))
    np.testing.assert_allclose(found, [[0, 1, 0], [0, 0.75, 0.25]])


@pytest.mark.parametrize("expected", [[1, 1], [1, -1, 0], [0, 0, 0], [1, np.nan, 1]])
def test_frequencies_that_make_no_sense_are_refused(expected):
    with pytest.raises(ValueError, match="frequencies"):
        for_frequencies(np.full((1, 3), 1 / 3), np.ones(3), np.array(expected))
