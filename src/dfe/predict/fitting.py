"""One fold of one representation: choose how its columns are prepared and the penalty, fit, predict.

Everything comes from the training part alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.baselines.needs import one_thread
from dfe.datasets.examples import Target
from dfe.predict.representation import Pipeline
from dfe.predict.steps import Steps
from dfe.stats.folds import Split
from dfe.stats.linear import PENALTIES, Linear, blank, class_weights, fit_classes, fit_numbers, log_loss, ridge_path

_RISES = 2
_TIED, _NOTHING = 1 + 1e-9, 1e-12


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
    pipeline: int
    """Which of the ways to prepare the columns was chosen."""
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
    pipelines: Sequence[Pipeline],
    model: ModelConfig,
    names: Sequence[str] = (),
    traced: bool = True,
) -> Fitted:
    """Fit on the training part of a split and predict its test part.

    The pipeline is the one in which ridge regression (to the classes' indicators, or the numbers) has the least squared
    error over the inner folds; then the penalty the one with the least loss there (log loss weighted as in the fit, or
    squared error); of equal ones the first, and the strongest. Penalties are tried from the strongest on, until the
    loss has risen twice in a row. Examples without features are left out of fits; in the test part they are told the
    training part's majority class or mean.

    Args:
        x: ``(n, F)`` of all examples.
        truth: ``(n,)`` of all examples.
        split: which are for what.
        pipelines: ways to prepare the columns, fitted on each training part anew.
        model: the linear model.
        names: of the columns of ``x``.
        traced: also give weights and patterns.
    """
    began = time.process_time()
    # Sums over threads depend on their number, and a study must not.
    with one_thread():
        empty = blank(x)
        pipeline, best = _choose(x, truth, split, pipelines, model, empty)
        train = split.train[~empty[split.train]]
        transform, fitted = _fit(x, truth, train, pipelines[pipeline], model, model.penalties[: best + 1])
        *_, linear = fitted
        said, outputs = _predict(linear, x, split.test, empty, transform, model)
        weights = pattern = np.zeros((0, 0))
        columns: tuple[str, ...] = ()
        if traced:
            weights = linear.weights
            pattern = _pattern(transform.transform(x[train]), linear)
            columns = tuple(transform.get_feature_names_out(np.asarray(names, dtype=object))) if len(names) else ()
    spent = time.process_time() - began
    without = int(empty[split.test].sum())
    return Fitted(said, outputs, model.penalties[best], pipeline, weights, pattern, columns, without, spent)


def _choose(
    x: DoubleArray,
    truth: DoubleArray,
    split: Split,
    pipelines: Sequence[Pipeline],
    model: ModelConfig,
    empty: BoolArray,
) -> tuple[int, int]:
    """Places of the pipeline and of the penalty."""
    weights = class_weights(truth[split.train], model.classes, model.balanced) if model.classes else np.ones(1)
    best = 0
    if len(pipelines) > 1:
        errors = np.array([_squared_error(x, truth, split, one, model, empty, weights) for one in pipelines])
        best = int(np.flatnonzero(errors <= errors.min() * _TIED + _NOTHING)[0])
    losses = _losses(x, truth, split, pipelines[best], model, empty, weights)
    # Losses that differ by rounding alone must not make the choice.
    return best, int(np.flatnonzero(losses <= losses.min() * _TIED + _NOTHING)[0])


def _squared_error(
    x: DoubleArray,
    truth: DoubleArray,
    split: Split,
    pipeline: Pipeline,
    model: ModelConfig,
    empty: BoolArray,
    weights: DoubleArray,
) -> float:
    """Least squared error over the inner folds that ridge regression reaches at any penalty.

    Least squares have the whole path of penalties from one decomposition, so that a dozen ways to prepare columns can
    be tried in each fold.
    """
    errors = np.zeros(len(model.penalties))
    transform = Steps(pipeline)
    for inner in split.inner:
        fit, judge = (rows[~empty[rows]] for rows in inner)
        if not len(fit) or not len(judge):
            continue
        seen = transform.fit_transform(x[fit], truth[fit])
        aims, weight = _aims(truth[fit], model), _weight(truth[fit], model, weights)
        judged, known, counts = (
            transform.transform(x[judge]),
            _aims(truth[judge], model),
            _weight(truth[judge], model, weights),
        )
        for place, (slopes, intercept) in enumerate(ridge_path(seen, aims, weight, model.penalties)):
            errors[place] += float((counts[:, None] * (judged @ slopes + intercept - known) ** 2).sum())
    return float(errors.min())


def _aims(truth: DoubleArray, model: ModelConfig) -> DoubleArray:
    return np.eye(model.classes)[truth.astype(np.int64)] if model.classes else truth[:, None]


def _weight(truth: DoubleArray, model: ModelConfig, weights: DoubleArray) -> DoubleArray:
    return weights[truth.astype(np.int64)] if model.classes else np.ones(len(truth))


def _losses(
    x: DoubleArray,
    truth: DoubleArray,
    split: Split,
    pipeline: Pipeline,
    model: ModelConfig,
    empty: BoolArray,
    weights: DoubleArray,
) -> DoubleArray:
    """Loss over the inner folds at each penalty, as far as penalties are tried."""
    ways = []
    for inner in split.inner:
        fit, judge = (rows[~empty[rows]] for rows in inner)
        if len(fit) and len(judge):
            transform, fitted = _fit(x, truth, fit, pipeline, model, model.penalties)
            ways.append((iter(fitted), transform.transform(x[judge]), truth[judge]))
    losses: list[float] = []
    for _ in model.penalties:
        total = 0.0
        for fitted, seen, known in ways:
            linear = next(fitted)
            if model.classes:
                total += log_loss(linear.probabilities(seen), known, weights)
            else:
                total += float(((linear.scores(seen)[:, 0] - known) ** 2).sum())
        losses.append(total)
        if len(losses) > _RISES and all(np.diff(losses[-_RISES - 1 :]) > 0):
            break
    return np.array(losses)


def _fit(
    x: DoubleArray,
    truth: DoubleArray,
    rows: IntArray,
    pipeline: Pipeline,
    model: ModelConfig,
    penalties: Sequence[float],
) -> tuple[Steps, Iterable[Linear]]:
    transform = Steps(pipeline)
    seen = transform.fit_transform(x[rows], truth[rows])
    if model.classes:
        return transform, fit_classes(seen, truth[rows], model.classes, penalties, model.balanced)
    return transform, fit_numbers(seen, truth[rows], penalties)


def _predict(
    linear: Linear, x: DoubleArray, test: IntArray, empty: Any, transform: Steps, model: ModelConfig
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
