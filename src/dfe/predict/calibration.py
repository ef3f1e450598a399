"""Whether predictions mean what they say: slope and intercept, Brier score, confusion table.

Van Calster et al., *Calibration: the Achilles heel of predictive analytics*, BMC Medicine 2019. A model that weighs
classes alike says probabilities as if they were equally frequent, and is judged so: examples weigh as in its fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dfe.base.types import DoubleArray
from dfe.datasets.examples import Target
from dfe.predict.scores import Predicted
from dfe.stats.linear import class_weights
from dfe.stats.newton import newton

_LEAST = 1e-6
_WEAK = 1e-9
_DIGITS = 4
_STEPS = 40


def calibration(target: Target, repeats: Sequence[Predicted]) -> dict[str, Any]:
    """Of a representation's predictions, pooled over folds, means over repeats; plain values.

    Classes: ``brier`` (mean squared distance of probabilities from what was true, summed over classes; of two classes
    the second alone) and ``confusion`` ``(K, K)``, share of the examples of each class (rows) that were called each
    class; of two classes ``slope`` and ``intercept`` of logistic regression of the label on the predicted log odds: 1
    and 0 if probabilities mean what they say, a slope below 1 where they are too extreme. Numbers: slope and intercept
    of the label on the prediction.
    """
    if target.kind == "number":
        return _means([_of_numbers(one) for one in repeats])
    balanced = target.metric != "accuracy"
    found = _means([_of_classes(one, balanced) for one in repeats])
    count = len(target.classes)
    table = np.zeros((count, count))
    for one in repeats:
        np.add.at(table, (one.truth.astype(np.int64), one.said.astype(np.int64)), 1)
    total = table.sum(axis=1, keepdims=True)
    share = np.divide(table, total, out=np.zeros_like(table), where=total > 0)
    return {**found, "confusion": np.round(share, _DIGITS).tolist()}


def _of_numbers(one: Predicted) -> dict[str, float]:
    spread = float(one.said.var())
    if spread <= 0:
        return {"slope": np.nan, "intercept": np.nan}
    slope = float(((one.said - one.said.mean()) * (one.truth - one.truth.mean())).mean()) / spread
    return {"slope": slope, "intercept": float(one.truth.mean() - slope * one.said.mean())}


def _of_classes(one: Predicted, balanced: bool) -> dict[str, float]:
    assert one.outputs is not None
    classes = one.outputs.shape[1]
    place = one.truth.astype(np.int64)
    weight = class_weights(one.truth, classes, balanced)[place]
    away = (one.outputs - np.eye(classes)[place]) ** 2
    brier = away[:, 1] if classes == 2 else away.sum(axis=1)
    found = {"brier": float(weight @ brier / weight.sum())}
    if classes == 2 and len(np.unique(place)) == 2:
        found |= dict(zip(("slope", "intercept"), _recalibrated(one.outputs[:, 1], one.truth, weight), strict=True))
    return found


def _recalibrated(p: DoubleArray, truth: DoubleArray, weight: DoubleArray) -> tuple[float, float]:
    inside = np.clip(p, _LEAST, 1 - _LEAST)
    odds = np.log(inside / (1 - inside))
    up = truth == 1
    if odds.std() < _LEAST:
        return np.nan, np.nan
    # Where predictions tell the classes apart without a fault, no slope is the best one.
    slope = np.nan
    if odds[up].min() <= odds[~up].max():
        columns = np.column_stack([odds, np.ones(len(odds))])
        slope = float(newton(columns, truth[:, None], weight, _WEAK, np.zeros((1, 2)))[0, 0])
    # The intercept at slope 1: whether probabilities are too high or too low on the whole.
    shift = 0.0
    for _ in range(_STEPS):
        q = (1 + np.tanh((odds + shift) / 2)) / 2
        step = float(weight @ (truth - q)) / max(float(weight @ (q * (1 - q))), _WEAK)
        shift += float(np.clip(step, -1, 1))
    return slope, shift


def _means(found: Sequence[dict[str, float]]) -> dict[str, Any]:
    return {name: round(float(np.mean([one[name] for one in found])), _DIGITS) for name in found[0]}
