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
from dfe.datasets.examples import Target
from dfe.predict.representation import Pipeline
from dfe.stats.folds import Split
from dfe.stats.linear import PENALTIES, Linear, blank, class_weights, fit_classes, fit_numbers, log_loss

_RISES = 2


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

    Pipeline and penalty are those with the least loss (log loss weighted as in the fit, or squared error) over the
    inner folds, of equal ones the first pipeline and the strongest penalty. Penalties are tried from the strongest on,
    until the loss has risen twice in a row. Examples without features are left out of fits; in the test part they are
    told the training part's majority class or mean.

    Args:
        x: ``(n, F)`` of all examples.
        truth: ``(n,)`` of all examples.
        split: which are for what.
        pipelines: ways to prepare the columns, fitted on each training part anew.
        model: the linear model.
        names: of the columns of ``x``.
        traced: also give weights and patterns.
    """
    from threadpoolctl import threadpool_limits

    began = time.process_time()
    # Sums over threads depend on their number, and a study must not.
    with threadpool_limits(limits=1):
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
    if len(pipelines) == 1 and len(model.penalties) == 1:
        return 0, 0
    weights = class_weights(truth[split.train], model.classes, model.balanced) if model.classes else np.ones(1)
    best, chosen = np.inf, (0, 0)
    for place, pipeline in enumerate(pipelines):
        losses = _losses(x, truth, split, pipeline, model, empty, weights)
        # Losses that differ by rounding alone must not make the choice.
        least = int(np.flatnonzero(losses <= losses.min() * (1 + 1e-9) + 1e-12)[0])
        if losses[least] < best * (1 - 1e-9) - 1e-12 or not np.isfinite(best):
            best, chosen = float(losses[least]), (place, least)
    return chosen


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
) -> tuple[Any, Iterable[Linear]]:
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline as Steps

    transform = Steps([(name, clone(step)) for name, step in pipeline] or [("same", "passthrough")])
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
