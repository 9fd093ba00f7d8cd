import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, top_k_accuracy_score

from sgbench.scores.metrics import accuracy_by_coverage, frequency_scores, scores
from sgbench.training.f1 import right

RNG = np.random.default_rng(0)
PROBABILITIES = RNG.dirichlet(np.ones(8), 500)
LABELS = RNG.integers(0, 8, 500)
MATERIALS = np.array([200, 150, 100, 99, 50, 20, 19, 1])


def test_top_k_agrees_with_scikit_learn():
    ours = scores(LABELS, PROBABILITIES, MATERIALS)
    assert ours["top3"] == pytest.approx(top_k_accuracy_score(LABELS, PROBABILITIES, k=3))
    assert ours["top5"] == pytest.approx(top_k_accuracy_score(LABELS, PROBABILITIES, k=5))


@pytest.mark.parametrize("present", [8, 5])
def test_accuracy_and_macro_f1_are_scikit_learns(present):
    labels, guess = LABELS % present, PROBABILITIES.argmax(axis=1)
    ours = scores(labels, PROBABILITIES, MATERIALS)
    assert ours["accuracy"] == pytest.approx(accuracy_score(labels, guess))
    f1 = f1_score(labels, guess, labels=range(present), average="macro", zero_division=0)
    assert ours["macro_f1"] == pytest.approx(f1)


def test_ties_score_what_breaking_them_at_random_does_on_average():
    # Few votes, so that many classes tie.
    probabilities = RNG.multinomial(4, np.full(8, 1 / 8), 500) / 4
    draws = 400
    told = {"accuracy": [], "balanced_accuracy": [], "macro_f1": [], "top3": [], "top5": []}
    for _ in range(draws):
        broken = scores(LABELS, probabilities + 1e-6 * RNG.random(probabilities.shape), MATERIALS)
        for name, values in told.items():
            values.append(broken[name])
    ours = scores(LABELS, probabilities, MATERIALS)
    for name, values in told.items():
        # Macro-F1 is that of the expected counts, which differs by less than the spread of a draw.
        slack = 0.1 * np.std(values) if name == "macro_f1" else 0
        assert abs(ours[name] - np.mean(values)) < 5 * np.std(values) / np.sqrt(draws) + slack
    assert scores(LABELS, np.full((500, 8), 1 / 8), MATERIALS)["top5"] == pytest.approx(5 / 8)


def test_recall_by_class_size():
    guess = np.eye(8)[np.where(LABELS >= 6, 0, LABELS)]
    ours = scores(LABELS, guess, MATERIALS)
    assert (ours["recall_many"], ours["recall_medium"], ours["recall_few"]) == (1, 1, 0)
    assert ours["recall_none"] is None
    assert scores(LABELS, guess, np.full(8, 200))["recall_few"] is None
    without = scores(LABELS, guess, np.append(MATERIALS[:7], 0))
    assert (without["recall_few"], without["recall_none"]) == (0, 0)
    # Of classes that the model cannot name there are none in training.
    assert scores(LABELS, guess, MATERIALS[:1])["recall_none"] == pytest.approx(5 / 7)


def test_absent_classes_do_not_lower_macro_f1():
    labels = np.array([0, 0, 1])
    assert scores(labels, np.eye(8)[labels], MATERIALS)["macro_f1"] == 1


def test_accuracy_by_coverage_refuses_the_least_certain_first():
    surer = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
    np.testing.assert_allclose(accuracy_by_coverage(np.array([0, 1, 1, 0]), surer), [1, 1, 2 / 3, 1 / 2])
    judged = scores(np.array([0, 1, 1, 0]), surer, MATERIALS[:2])
    assert judged["accuracy_at_half"] == 1
    assert judged["coverage_area"] == pytest.approx((1 + 1 + 2 / 3 + 1 / 2) / 4)


def test_accuracy_by_coverage_is_the_mean_over_orders_of_samples_that_tie():
    probabilities = RNG.multinomial(4, np.full(8, 1 / 8), 60) / 4
    labels, told = LABELS[:60], []
    share_right = right(labels, probabilities)
    for _ in range(4000):
        order = np.lexsort((RNG.random(60), -probabilities.max(axis=1)))
        told.append(share_right[order].cumsum() / np.arange(1, 61))
    np.testing.assert_allclose(accuracy_by_coverage(labels, probabilities), np.mean(told, axis=0), atol=0.03)
    assert accuracy_by_coverage(labels, probabilities)[-1] == pytest.approx(share_right.mean())


def test_class_frequencies_are_those_of_the_largest_classes():
    samples = np.array([9, 50, 3, 50, 20, 10, 1, 2])
    told = frequency_scores(LABELS, samples)
    # Two are the largest, and the one that is named is right by chance.
    assert told["largest_class"] == pytest.approx(np.isin(LABELS, [1, 3]).mean() / 2)
    assert told["five_largest"] == pytest.approx(np.isin(LABELS, [0, 1, 3, 4, 5]).mean())
