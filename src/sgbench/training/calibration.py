"""Calibration: probabilities that mean what they say, by one temperature that is fitted on dev (Guo et al. 2017).

A probability of 0, as trees give, has a logarithm that no temperature mends. So a model that gives some is taken to
guess among all classes in a share of its predictions, which is fitted on dev as well. The order of the classes stays,
ties included, and so do accuracy, macro-F1 and top-k.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from sgbench.training.f1 import right

#: The least and the highest temperature, and the same of the share of guesses.
LIMITS = (0.05, 20.0)
_LEAST, _MOST = 1e-9, 0.999
# What dev must outweigh, in samples: a model that is right on all of it is not sure of everything.
_DOUBT = 0.5


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What became of a model's probabilities on dev.

    Attributes:
        temperature: by which the logarithms of the probabilities are divided; above 1 for a model that is too sure. 1,
            without dev samples, leaves the probabilities as they are.
        guesses: share of the predictions that are a guess among all classes; 0 for a model that gives no class 0.
        dev_nll_before: mean negative log-likelihood on dev at a temperature of 1; None without dev samples. Guesses are
            in it, as it would be infinite else.
        dev_nll_after: the same at the temperature; without guesses never higher.
        dev_calibration_error_before: :func:`calibration_error` on dev of what the model says; None without dev samples.
        dev_calibration_error_after: the same of what is made of it.
    """

    temperature: float = 1.0
    guesses: float = 0.0
    dev_nll_before: float | None = None
    dev_nll_after: float | None = None
    dev_calibration_error_before: float | None = None
    dev_calibration_error_after: float | None = None

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, float32 (n, classes), in the order of those given."""
        probabilities = probabilities.astype(np.float32)
        if (self.temperature, self.guesses) == (1, 0):
            return probabilities
        scaled = _scaled(_logarithms(probabilities), 1 / self.temperature)
        return _ordered_like(probabilities, _with_guesses(scaled, self.guesses))

    def facts(self) -> dict[str, float]:
        """Return the attributes that are known, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> Calibration:
    """Fit the temperature, and the share of guesses where there must be some, of the highest likelihood on dev.

    Over the samples whose class is not given 0, the negative log-likelihood is convex in the inverse b of the
    temperature, and its derivative is the sum of the logarithms that the model expects less those of the true classes;
    then, over all samples, it is convex in the share of guesses. Half a sample more speaks for a temperature of 1, by a
    cost of b - log(b) (a gamma prior), and half a one for a guess.

    Args:
        probabilities: a model's for the dev samples, (n, classes).
        labels: true class index of each, (n,). Without samples the temperature is 1.
    """
    known = np.isfinite(probabilities).all(axis=1)
    probabilities, labels = probabilities[known].astype(np.float32), labels[known]
    if len(labels) == 0:
        return Calibration()
    logarithms = _logarithms(probabilities)
    told = _of(probabilities, labels) > 0
    truth = _of(logarithms, labels)[told].sum()

    def by_inverse(inverse: float) -> float:
        expected = (_scaled(logarithms[told], inverse) * logarithms[told]).sum()
        return float(expected - truth + _DOUBT * (1 - 1 / inverse))

    inverse = _root(by_inverse, 1 / LIMITS[1], 1 / LIMITS[0])
    found, even = _of(_scaled(logarithms, inverse), labels), 1 / probabilities.shape[1]

    def by_guesses(guesses: float) -> float:
        return float(((found - even) / ((1 - guesses) * found + guesses * even)).sum() - _DOUBT / guesses)

    guesses = _root(by_guesses, _LEAST, _MOST) if (probabilities == 0).any() else 0.0
    fitted = Calibration(temperature=1 / inverse, guesses=guesses)
    nll = [float(-np.log(_of(_with_guesses(_scaled(logarithms, at), guesses), labels)).mean()) for at in (1.0, inverse)]
    return replace(
        fitted,
        dev_nll_before=nll[0],
        dev_nll_after=nll[1],
        dev_calibration_error_before=calibration_error(labels, probabilities),
        dev_calibration_error_after=calibration_error(labels, fitted(probabilities)),
    )


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Return the expected calibration error, 0 to 1, over equal bins of confidence (Guo et al. 2017, equation 3)."""
    confidence = probabilities.max(axis=1)
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = np.bincount(index, right(labels, probabilities) - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(labels))


def for_frequencies(probabilities: np.ndarray, learnt: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return the probabilities where classes are as frequent as expected, by Bayes' rule (Saerens et al. 2002, eq. 4).

    Args:
        probabilities: calibrated ones of a model, (n, classes).
        learnt: share or number of each class among the items that it learnt from, (classes,).
        expected: the same of the place of use, (classes,), not all 0.

    Returns:
        Float32 (n, classes). A class that was not learnt or is not expected gets 0; a sample of which nothing is left
        gets the expected frequencies.

    Raises:
        ValueError: the frequencies are not one a class, are negative, or all expected ones are 0.
    """
    for frequencies in (learnt, expected):
        if frequencies.shape != probabilities.shape[1:] or not (frequencies >= 0).all():
            raise ValueError(f"frequencies must be {probabilities.shape[1]} numbers of 0 or more")
    if not expected.any():
        raise ValueError("all expected frequencies are 0")
    weights = np.divide(expected, learnt, out=np.zeros(len(learnt)), where=learnt > 0)
    weighted = probabilities * (weights / max(weights.max(), np.finfo(float).tiny))
    total = weighted.sum(axis=1, keepdims=True)
    return np.where(total > 0, weighted / np.where(total > 0, total, 1), expected / expected.sum()).astype(np.float32)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where an increasing function is 0, or else the limit that is nearer to it."""
    # Slow to import, and who predicts needs none of it.
    from scipy.optimize import brentq

    if function(low) >= 0:
        return low
    return high if function(high) <= 0 else float(brentq(function, low, high))


def _of(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the value of each row's class, (n,)."""
    return np.take_along_axis(values, labels[:, None], axis=1)[:, 0]


def _logarithms(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities.astype(np.float64), np.finfo(np.float64).tiny))


def _scaled(logarithms: np.ndarray, inverse: float) -> np.ndarray:
    """Return the probabilities, (n, classes), at a temperature, from its inverse."""
    powers = np.exp(inverse * (logarithms - logarithms.max(axis=1, keepdims=True)))
    return powers / powers.sum(axis=1, keepdims=True)


def _with_guesses(probabilities: np.ndarray, guesses: float) -> np.ndarray:
    return (1 - guesses) * probabilities + guesses / probabilities.shape[1]


def _ordered_like(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return ``after`` in float32, where what differs in ``before`` differs still, if only in the last bit.

    Rounding would make ties of numbers near each other or near 0. Floats of 0 or more have the order of their bits.
    """
    order = before.argsort(axis=1)
    ordered = np.take_along_axis(before, order, axis=1)
    rank = np.zeros(before.shape, np.int32)
    rank[:, 1:] = (ordered[:, 1:] > ordered[:, :-1]).cumsum(axis=1)
    bits = np.take_along_axis(after, order, axis=1).astype(np.float32).view(np.int32)
    bits = np.maximum.accumulate(bits - rank, axis=1) + rank
    result = np.empty(before.shape, np.float32)
    np.put_along_axis(result, order, bits.view(np.float32), axis=1)
    return result
