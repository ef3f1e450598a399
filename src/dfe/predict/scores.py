"""Scores of predictions, and the same scores of people drawn anew.

Every score but AUC is a function of sums over examples (a table of confusions, or moments), so that a thousand draws of
the bootstrap are one product of matrices. AUC needs the order of examples within each fold.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from dfe.base.types import DoubleArray, IntArray
from dfe.datasets.examples import Target
from dfe.stats.bootstrap import PERCENTILES, Estimate, SubjectBootstrap

Metric = Literal[
    "weighted_f1",
    "macro_f1",
    "f1",
    "balanced_accuracy",
    "accuracy",
    "auc",
    "ccc",
    "one_minus_mae",
    "mae",
    "rmse",
]
LOWER_IS_BETTER = frozenset({"mae", "rmse"})
_OF_CLASSES = ("weighted_f1", "macro_f1", "balanced_accuracy", "accuracy", "auc")
_OF_CONFUSIONS = ("weighted_f1", "macro_f1", "f1", "balanced_accuracy", "accuracy")
_OF_NUMBERS = ("ccc", "one_minus_mae", "mae", "rmse")
_DRAWS_AT_ONCE = 64
"""Draws of the bootstrap that are worked on together, lest their weights of all examples leave the cache."""


class Predicted(NamedTuple):
    """Predictions of n examples, all of one repeat, each by a model that has not seen its subject."""

    truth: DoubleArray
    """``(n,)`` numbers, or places in the target's classes."""
    said: DoubleArray
    """``(n,)`` the same of what was predicted."""
    outputs: DoubleArray | None
    """``(n, K)`` probabilities of K classes; None for numbers."""
    fold: IntArray
    """``(n,)`` the fold in which each was tested."""


def metrics_of(target: Target) -> tuple[Metric, ...]:
    """What is computed of a target, its own metric first.

    Raises:
        ValueError: the target's metric is none of its kind's.
    """
    known = _OF_NUMBERS if target.kind == "number" else _OF_CLASSES
    if target.kind == "classes" and len(target.classes) == 2:
        known = (*known, "f1")
    if target.metric not in known:
        raise ValueError(f"the metric of {target.name} is one of {', '.join(known)}, not {target.metric!r}")
    ordered: Any = (target.metric, *(name for name in known if name != target.metric))
    return tuple(ordered)


def score(metric: Metric, predicted: Predicted) -> float:
    """One score of one repeat.

    - ``weighted_f1``, ``macro_f1``: F1 of each class, weighted by its examples, or all classes that occur alike;
      ``f1``: of the second of two classes. A class without prediction has F1 0.
    - ``balanced_accuracy``: mean recall of the classes that occur. ``accuracy``.
    - ``auc``: area under the ROC curve within each fold, averaged over the folds that hold both classes; of several
      classes the mean of each against the rest.
    - ``mae``, ``rmse``, ``one_minus_mae``: in units of the label. ``ccc``: concordance (Lin, Biometrics 1989) with
      moments divided by n, on the pooled out-of-fold predictions.

    NaN where it is not defined.
    """
    if predicted.outputs is not None and metric in _OF_CONFUSIONS:
        # Permutations ask a thousand times, and of one score only the table counts.
        classes = predicted.outputs.shape[1]
        cell = predicted.truth.astype(np.int64) * classes + predicted.said.astype(np.int64)
        table = np.bincount(cell, minlength=classes * classes).reshape(1, classes, classes)
        return float(_of_confusions(metric, table.astype(np.float64))[0])
    ones = np.ones((1, len(predicted.truth)))
    return float(_scores(metric, predicted, ones, np.arange(len(predicted.truth)))[0])


def fold_scores(metric: Metric, predicted: Predicted) -> DoubleArray:
    """A score within each fold, in the order of the folds' numbers."""
    return np.array([score(metric, _rows(predicted, fold)) for fold in np.unique(predicted.fold)])


def estimate(metric: Metric, repeats: list[Predicted], bootstrap: SubjectBootstrap) -> Estimate:
    """Mean score over repeats, with an interval from drawing people anew.

    The interval is conditional on the fitted models: nothing is fitted again, so it says how the score would vary over
    people, not over training sets.
    """
    drawn = draws(metric, repeats, bootstrap)
    value = float(np.mean([score(metric, one) for one in repeats]))
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return Estimate(value, np.nan, np.nan)
    low, high = np.percentile(known, PERCENTILES)
    return Estimate(value, float(low), float(high))


def draws(metric: Metric, repeats: list[Predicted], bootstrap: SubjectBootstrap) -> DoubleArray:
    """Mean score over repeats in every draw of the bootstrap, ``(draws,)``; none where there is but one person."""
    count = len(repeats[0].truth)
    subject = bootstrap.index(count)
    if subject.max(initial=-1) < 1:
        return np.zeros(0)
    weights = bootstrap.counts(count).astype(np.float64)
    return np.asarray(np.mean([_scores(metric, one, weights, subject) for one in repeats], axis=0), np.float64)


def _rows(predicted: Predicted, fold: int) -> Predicted:
    kept = predicted.fold == fold
    outputs = None if predicted.outputs is None else predicted.outputs[kept]
    return Predicted(predicted.truth[kept], predicted.said[kept], outputs, predicted.fold[kept])


def _scores(metric: Metric, predicted: Predicted, weights: DoubleArray, subject: IntArray) -> DoubleArray:
    """``(B,)`` scores for weights ``(B, S)`` of subjects."""
    if metric not in get_args(Metric):
        raise ValueError(f"no score {metric!r}")
    if metric == "auc":
        return _auc(predicted, weights, subject)
    columns = _moments(predicted) if metric in _OF_NUMBERS else _confusions(predicted)
    sums = np.zeros((weights.shape[1], columns.shape[1]))
    np.add.at(sums, subject, columns)
    totals = weights @ sums
    if metric in _OF_NUMBERS:
        return _of_moments(metric, totals)
    classes = round(columns.shape[1] ** 0.5)
    return _of_confusions(metric, totals.reshape(len(totals), classes, classes))


def _confusions(predicted: Predicted) -> DoubleArray:
    assert predicted.outputs is not None
    classes = predicted.outputs.shape[1]
    cell = predicted.truth.astype(np.int64) * classes + predicted.said.astype(np.int64)
    return np.asarray(np.eye(classes * classes)[cell])


def _of_confusions(metric: Metric, table: DoubleArray) -> DoubleArray:
    """``table[b, t, p]``: weight of examples of class t that were called p."""
    right = np.diagonal(table, axis1=1, axis2=2)
    true, said = table.sum(axis=2), table.sum(axis=1)
    total = table.sum(axis=(1, 2))
    if metric == "accuracy":
        return _over(right.sum(axis=1), total)
    if metric == "balanced_accuracy":
        recall = np.divide(right, true, out=np.zeros_like(right), where=true > 0)
        return _over(recall.sum(axis=1), (true > 0).sum(axis=1))
    f1 = np.divide(2 * right, true + said, out=np.zeros_like(right), where=true + said > 0)
    if metric == "f1":
        return np.asarray(f1[:, 1])
    if metric == "macro_f1":
        return _over(f1.sum(axis=1), (true + said > 0).sum(axis=1))
    return _over((f1 * true).sum(axis=1), total)


def _moments(predicted: Predicted) -> DoubleArray:
    truth, said = predicted.truth, predicted.said
    # Products of numbers far from zero would lose digits.
    middle = truth.mean() if len(truth) else 0.0
    a, b = truth - middle, said - middle
    return np.column_stack([np.ones(len(a)), a, b, a * a, b * b, a * b, np.abs(a - b), (a - b) ** 2])


def _of_moments(metric: Metric, sums: DoubleArray) -> DoubleArray:
    mean = _over(sums[:, 1:], sums[:, :1])
    if metric == "mae":
        return mean[:, 5]
    if metric == "one_minus_mae":
        return np.asarray(1 - mean[:, 5])
    if metric == "rmse":
        return np.asarray(np.sqrt(mean[:, 6]))
    a, b, aa, bb, ab = mean[:, :5].T
    below = (aa - a * a) + (bb - b * b) + (a - b) ** 2
    return _over(2 * (ab - a * b), below)


def _auc(predicted: Predicted, weights: DoubleArray, subject: IntArray) -> DoubleArray:
    assert predicted.outputs is not None
    classes = predicted.outputs.shape[1]
    compared = [1] if classes == 2 else range(classes)
    found, often = [], []
    for fold in np.unique(predicted.fold):
        rows = np.flatnonzero(predicted.fold == fold)
        # Drawn twice, the only person of a fold counts twice; in folds of several people pairs are counted instead.
        people = np.unique(subject[rows])
        often.append(weights[:, people[0]] if len(people) == 1 else np.ones(len(weights)))
        of_class = [
            _area(predicted.outputs[rows, c], predicted.truth[rows] == c, weights, subject[rows]) for c in compared
        ]
        found.append(_mean_of_known(np.array(of_class)))
    return _mean_of_known(np.array(found), np.array(often))


def _area(output: DoubleArray, positive: Any, weights: DoubleArray, subject: IntArray) -> DoubleArray:
    """Weighted Mann-Whitney: share of pairs in which the positive one has the higher output, ties counting half."""
    order = np.argsort(output, kind="stable")
    ordered, up = output[order], positive[order]
    # Of examples with one output the first, for each of them: ties are counted from there.
    first = np.searchsorted(ordered, ordered[up], side="left")
    last = np.searchsorted(ordered, ordered[up], side="right")
    area = np.empty(len(weights))
    for at in range(0, len(weights), _DRAWS_AT_ONCE):
        of_rows = np.ascontiguousarray(weights[at : at + _DRAWS_AT_ONCE].T)[subject[order]]
        below = np.zeros((len(order) + 1, of_rows.shape[1]))
        np.cumsum(np.where(up[:, None], 0.0, of_rows), axis=0, out=below[1:])
        won = of_rows[up] * (below[first] + below[last])
        pairs = of_rows[up].sum(axis=0) * below[-1]
        area[at : at + _DRAWS_AT_ONCE] = _over(won.sum(axis=0) / 2, pairs)
    return area


def _mean_of_known(values: DoubleArray, weights: DoubleArray | None = None) -> DoubleArray:
    known = np.isfinite(values) * (np.ones_like(values) if weights is None else weights)
    return _over((np.nan_to_num(values) * known).sum(axis=0), known.sum(axis=0))


def _over(above: Any, below: Any) -> DoubleArray:
    shape = np.broadcast_shapes(np.shape(above), np.shape(below))
    out = np.full(shape, np.nan)
    return np.asarray(np.divide(above, below, out=out, where=np.broadcast_to(below, shape) > 0))
