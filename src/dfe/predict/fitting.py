"""One fold of one representation: scale, choose the penalty, fit, predict; everything from the training part alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, IntArray
from dfe.datasets.examples import Target
from dfe.stats.folds import Split
from dfe.stats.linear import PENALTIES, Linear, blank, class_weights, fit_classes, fit_numbers, log_loss


@dataclass(frozen=True)
class ModelConfig:
    """The linear model.

    Args:
        classes: K; 0 for numbers.
        balanced: classes weigh alike in the loss, whatever their number of examples.
        penalties: to choose from, falling.
    """

    classes: int
    balanced: bool
    penalties: tuple[float, ...] = PENALTIES

    @classmethod
    def of(cls, target: Target) -> ModelConfig:
        """Classes weigh alike, except where the literature's metric is plain accuracy."""
        if target.kind == "number":
            return cls(0, False)
        return cls(len(target.classes), target.metric != "accuracy")


class Fitted(NamedTuple):
    """What a fold brought."""

    said: DoubleArray
    """``(m,)`` of the test part: places in the classes, or numbers."""
    outputs: DoubleArray | None
    """``(m, K)`` probabilities; None for numbers."""
    penalty: float
    weights: DoubleArray
    """``(R, F)`` of the scaled columns."""
    pattern: DoubleArray
    """``(R, F)``: correlation of each column with what the model says, over the training part (Haufe et al. 2014)."""
    names: tuple[str, ...]
    """F columns that the model sees."""
    without: int
    """Test examples without features, which get the majority class or the mean."""
    seconds: float
    """CPU time."""


def fit_fold(
    x: DoubleArray,
    truth: DoubleArray,
    split: Split,
    steps: Sequence[tuple[str, Any]],
    model: ModelConfig,
    names: Sequence[str] = (),
    traced: bool = True,
) -> Fitted:
    """Fit on the training part of a split and predict its test part.

    The penalty is the one with the least loss (log loss weighted as in the fit, or squared error) over the inner folds,
    of equal ones the strongest. Examples without features are left out of fits; in the test part they are told the
    training part's majority class or mean.

    Args:
        x: ``(n, F)`` of all examples.
        truth: ``(n,)`` of all examples.
        split: which are for what.
        steps: transformers, fitted on each training part anew.
        model: the linear model.
        names: of the columns of ``x``.
        traced: also give weights and patterns.
    """
    from threadpoolctl import threadpool_limits

    began = time.process_time()
    # Sums over threads depend on their number, and a study must not.
    with threadpool_limits(limits=1):
        empty = blank(x)
        best = _choose(x, truth, split, steps, model, empty)
        train = split.train[~empty[split.train]]
        transform, fitted = _fit(x, truth, train, steps, model, model.penalties[: best + 1])
        linear = fitted[-1]
        said, outputs = _predict(linear, x, split.test, empty, transform, model)
        weights = pattern = np.zeros((0, 0))
        columns: tuple[str, ...] = ()
        if traced:
            weights = linear.weights
            pattern = _pattern(transform.transform(x[train]), linear)
            columns = tuple(transform.get_feature_names_out(np.asarray(names, dtype=object))) if len(names) else ()
    spent = time.process_time() - began
    without = int(empty[split.test].sum())
    return Fitted(said, outputs, model.penalties[best], weights, pattern, columns, without, spent)


def _choose(
    x: DoubleArray, truth: DoubleArray, split: Split, steps: Sequence[tuple[str, Any]], model: ModelConfig, empty: Any
) -> int:
    losses = np.zeros(len(model.penalties))
    weights = class_weights(truth[split.train], model.classes, model.balanced) if model.classes else np.ones(1)
    for inner in split.inner:
        fit, judge = (rows[~empty[rows]] for rows in inner)
        if not len(fit) or not len(judge):
            continue
        transform, fitted = _fit(x, truth, fit, steps, model, model.penalties)
        seen = transform.transform(x[judge])
        for place, linear in enumerate(fitted):
            if model.classes:
                losses[place] += log_loss(linear.probabilities(seen), truth[judge], weights)
            else:
                losses[place] += float(((linear.scores(seen)[:, 0] - truth[judge]) ** 2).sum())
    # Losses that differ by rounding alone must not make the choice.
    return int(np.flatnonzero(losses <= losses.min() * (1 + 1e-9) + 1e-12)[0])


def _fit(
    x: DoubleArray,
    truth: DoubleArray,
    rows: IntArray,
    steps: Sequence[tuple[str, Any]],
    model: ModelConfig,
    penalties: Sequence[float],
) -> tuple[Any, list[Linear]]:
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline

    transform = Pipeline([(name, clone(step)) for name, step in steps] or [("same", "passthrough")])
    seen = np.asarray(transform.fit_transform(x[rows], truth[rows]), np.float64)
    if model.classes:
        return transform, fit_classes(seen, truth[rows], model.classes, penalties, model.balanced)
    return transform, fit_numbers(seen, truth[rows], penalties)


def _predict(
    linear: Linear, x: DoubleArray, test: IntArray, empty: Any, transform: Any, model: ModelConfig
) -> tuple[DoubleArray, DoubleArray | None]:
    known = ~empty[test]
    if not model.classes:
        said = np.full(len(test), linear.prior[0])
        if known.any():
            said[known] = linear.scores(transform.transform(x[test[known]]))[:, 0]
        return said, None
    outputs = np.tile(linear.prior, (len(test), 1))
    said = np.full(len(test), float(linear.majority))
    if known.any():
        outputs[known] = linear.probabilities(transform.transform(x[test[known]]))
        said[known] = outputs[known].argmax(axis=1)
    return said, outputs


def _pattern(seen: DoubleArray, linear: Linear) -> DoubleArray:
    """Correlation of columns ``(n, F)`` with the model's scores ``(R, F)``; 0 where either does not vary."""
    scores = linear.scores(seen)
    scores = np.where(np.isfinite(scores), scores, 0.0)
    a, b = seen - seen.mean(axis=0), scores - scores.mean(axis=0)
    length = np.sqrt((b**2).sum(axis=0))[:, None] * np.sqrt((a**2).sum(axis=0))[None]
    return np.asarray(np.divide(b.T @ a, length, out=np.zeros_like(length), where=length > 1e-12))
