"""Linear models along a path of penalties: logistic regression for classes, ridge for numbers.

The penalty is per example, so that one grid serves training parts of any size: the mean loss plus ``penalty / 2`` times
the squared length of the weights, the intercept left free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.stats.newton import newton

PENALTIES = (10.0, 1.0, 0.1, 0.01, 0.001, 0.0001)
"""From the strongest to the weakest; columns have spread 1."""
_TOLERANCE, _STEPS = 1e-5, 1000
_SMALL = 160
"""Weights up to which Newton's method is the faster."""
_LEAST_PROBABILITY = 1e-12
_STILL = 1e-12


class Linear(NamedTuple):
    """A fitted model."""

    weights: DoubleArray
    """``(R, F)``: one row for a number or two classes, else one per class."""
    intercept: DoubleArray
    """``(R,)``."""
    prior: DoubleArray
    """``(K,)`` of classes, what is said of an example without features; ``(1,)`` the mean of numbers."""
    majority: int = 0
    """The class said of an example without features."""

    def scores(self, x: DoubleArray) -> DoubleArray:
        """``(n, R)`` weighted sums of ``(n, F)``."""
        return np.asarray(x @ self.weights.T + self.intercept)

    def probabilities(self, x: DoubleArray) -> DoubleArray:
        """``(n, K)`` of classes; 0 for a class that the training part did not show."""
        logits = self.scores(x)
        if logits.shape[1] == 1:
            logits = np.column_stack([np.zeros(len(x)), logits[:, 0]])
        logits = logits - logits.max(axis=1, keepdims=True)
        grown = np.exp(logits)
        return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def class_weights(truth: DoubleArray, classes: int, balanced: bool) -> DoubleArray:
    """Weight of each class ``(K,)``: 1, or n / (classes present * examples of it); 0 for a class not present."""
    counts = np.bincount(truth.astype(np.int64), minlength=classes)
    if not balanced:
        return (counts > 0).astype(np.float64)
    return np.asarray(np.divide(counts.sum() / (counts > 0).sum(), counts, out=np.zeros(classes), where=counts > 0))


def fit_classes(
    x: DoubleArray, truth: DoubleArray, classes: int, penalties: Sequence[float], balanced: bool
) -> Iterator[Linear]:
    """Multinomial (of two classes binary) logistic regression with L2 penalty, a model for each penalty.

    Models are fitted as they are asked for, so that weak penalties, which take longest, cost nothing where nobody asks.

    Args:
        x: ``(n, F)`` of spread 1.
        truth: ``(n,)`` places in the classes.
        classes: K; those that ``truth`` does not hold get probability 0.
        penalties: falling, each fit begins where the last one ended.
        balanced: classes weigh alike, whatever their number of examples.
    """
    present = np.unique(truth.astype(np.int64))
    weights = class_weights(truth, classes, balanced)
    counts = np.bincount(truth.astype(np.int64), minlength=classes)
    prior = counts * weights / max((counts * weights).sum(), 1e-300)
    majority = int(counts.argmax())
    rows = 1 if classes == 2 else classes
    if len(present) == 1:
        yield from [_constant(x.shape[1], rows, int(present[0]), classes, prior)] * len(penalties)
        return
    turned, back = _few_columns(x)
    place = np.searchsorted(present, truth.astype(np.int64))
    fit = _small if turned.shape[1] * (len(present) if len(present) > 2 else 1) <= _SMALL else _large
    for coef, intercept in fit(turned, place, len(present), weights[truth.astype(np.int64)], penalties):
        whole = coef if back is None else coef @ back
        yield Linear(*_spread(whole, intercept, present, classes), prior, majority)


def _small(
    x: DoubleArray, place: IntArray, classes: int, weight: DoubleArray, penalties: Sequence[float]
) -> Iterator[tuple[DoubleArray, DoubleArray]]:
    wanted = np.eye(classes)[place]
    wanted = wanted[:, 1:] if classes == 2 else wanted
    with_one = np.column_stack([x, np.ones(len(x))])
    w = np.zeros((wanted.shape[1], with_one.shape[1]))
    for penalty in penalties:
        w = newton(with_one, wanted, weight, len(x) * penalty, w)
        yield w[:, :-1], w[:, -1]


def _large(
    x: DoubleArray,
    place: IntArray,
    classes: int,  # noqa: ARG001 (as above)
    weight: DoubleArray,
    penalties: Sequence[float],
) -> Iterator[tuple[DoubleArray, DoubleArray]]:
    from sklearn import config_context
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(warm_start=True, tol=_TOLERANCE, max_iter=_STEPS)
    for penalty in penalties:
        model.set_params(C=1 / (len(x) * penalty))
        with config_context(assume_finite=True, skip_parameter_validation=True):
            model.fit(x, place, sample_weight=weight)
        yield model.coef_.copy(), model.intercept_.copy()


def fit_numbers(x: DoubleArray, truth: DoubleArray, penalties: Sequence[float]) -> list[Linear]:
    """Ridge regression (Hoerl and Kennard, Technometrics 1970), for each penalty, from one decomposition."""
    mean = np.array([float(truth.mean())])
    path = ridge_path(x, truth[:, None], np.ones(len(x)), penalties)
    return [Linear(weights.T, intercept, mean) for weights, intercept in path]


def ridge_path(
    x: DoubleArray, wanted: DoubleArray, weight: DoubleArray, penalties: Sequence[float]
) -> list[tuple[DoubleArray, DoubleArray]]:
    """Ridge regression at each penalty from one decomposition: weights ``(F, R)`` and intercepts ``(R,)``.

    Args:
        x: ``(n, F)``.
        wanted: ``(n, R)``.
        weight: ``(n,)`` of the examples; as if each were there so often.
        penalties: per example, as everywhere here.
    """
    total = float(weight.sum())
    middle, mean = weight @ x / total, weight @ wanted / total
    root = np.sqrt(weight)[:, None]
    centred, aims = (x - middle) * root, (wanted - mean) * root
    # The smaller of the two products: over columns, or over rows (Saunders, Gammerman and Vovk, ICML 1998).
    tall = x.shape[0] >= x.shape[1]
    sizes, turn = np.linalg.eigh(centred.T @ centred if tall else centred @ centred.T)
    along = turn.T @ (centred.T @ aims if tall else aims)
    found = []
    for penalty in penalties:
        solved = turn @ (along / (np.maximum(sizes, 0.0) + total * penalty)[:, None])
        weights = solved if tall else centred.T @ solved
        found.append((weights, mean - middle @ weights))
    return found


def log_loss(probabilities: DoubleArray, truth: DoubleArray, weights: DoubleArray) -> float:
    """Sum over examples of -log p of the true class, each weighted as its class is."""
    place = truth.astype(np.int64)
    said = np.maximum(probabilities[np.arange(len(place)), place], _LEAST_PROBABILITY)
    return float(-(weights[place] * np.log(said)).sum())


def _few_columns(x: DoubleArray) -> tuple[DoubleArray, DoubleArray | None]:
    """Columns turned into as few as there are rows, and the way back; an L2 penalty does not see the turn."""
    if x.shape[1] <= x.shape[0]:
        return x, None
    left, sizes, right = np.linalg.svd(x, full_matrices=False)
    return left * sizes, right


def _spread(
    coef: DoubleArray, intercept: DoubleArray, present: IntArray, classes: int
) -> tuple[DoubleArray, DoubleArray]:
    """Rows for all classes from rows for those present."""
    if classes == 2 or len(present) == classes:
        return coef, intercept
    weights, offsets = np.zeros((classes, coef.shape[1])), np.full(classes, -np.inf)
    if len(present) == 2:
        # Half for one and half against the other is the same model with a row for each.
        coef, intercept = np.concatenate([-coef / 2, coef / 2]), np.concatenate([-intercept / 2, intercept / 2])
    weights[present], offsets[present] = coef, intercept
    return weights, offsets


def _constant(features: int, rows: int, only: int, classes: int, prior: DoubleArray) -> Linear:
    offsets = np.full(rows, -np.inf)
    if classes == 2:
        offsets[0] = 50.0 if only == 1 else -50.0
    else:
        offsets[only] = 0.0
    return Linear(np.zeros((rows, features)), offsets, prior, only)


def spread_of(rows: DoubleArray) -> DoubleArray:
    """Standard deviation of columns ``(n, F)``; exactly 0 where rounding alone varies, as in a column of 0.1 alone."""
    spread: DoubleArray = rows.std(axis=0)
    return np.where(spread > _STILL * np.abs(rows).max(axis=0, initial=0.0), spread, 0.0)


def standardised(rows: DoubleArray, train: DoubleArray) -> DoubleArray:
    """Columns ``(n, F)`` by mean and spread of training rows ``(m, F)``; what is constant there is only centred."""
    spread = spread_of(train)
    return np.asarray((rows - train.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def blank(x: DoubleArray) -> BoolArray:
    """Examples without any features ``(n,)``: no usable face."""
    return np.asarray(np.isnan(x).all(axis=1), np.bool_)
