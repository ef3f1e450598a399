"""Newton's method for small logistic regressions, where a general solver spends its time on checking its input.

Same optimum as scikit-learn's ``LogisticRegression``: weighted log loss plus ``strength / 2`` times the squared length
of the weights, the intercept free (Bishop, Pattern Recognition and Machine Learning, 2006, 4.3.3).
"""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray

_STEPS, _HALVINGS = 100, 40
_CLOSE = 1e-7
_INTERCEPT = 1e-9
"""Of several classes all intercepts may rise together; so little holds them where they are."""


def newton(
    x: DoubleArray, wanted: DoubleArray, weight: DoubleArray, strength: float, begin: DoubleArray
) -> DoubleArray:
    """Weights ``(R, F + 1)``, the intercept last.

    Args:
        x: ``(n, F + 1)``, the last column 1.
        wanted: ``(n, R)``: 1 where the example is of the class; R is 1 for two classes (the second's), else K.
        weight: ``(n,)`` of the examples.
        strength: of the penalty, above 0.
        begin: ``(R, F + 1)`` to begin with.
    """
    rows, columns = begin.shape
    ridge = np.full(columns, strength)
    ridge[-1] = _INTERCEPT if rows > 1 else 0.0
    w = begin.copy()
    loss = _loss(x, wanted, weight, ridge, w)
    for _ in range(_STEPS):
        p = _probabilities(x @ w.T)
        gradient = ((p - wanted) * weight[:, None]).T @ x + ridge * w
        if np.abs(gradient).max() <= _CLOSE * len(x):
            break
        step = np.linalg.solve(_curvature(x, p, weight, ridge), gradient.ravel()).reshape(w.shape)
        for _ in range(_HALVINGS):
            tried = w - step
            less = _loss(x, wanted, weight, ridge, tried)
            if less <= loss:
                break
            step = step / 2
        else:
            break
        w, loss = tried, less
    return w


def _probabilities(logits: DoubleArray) -> DoubleArray:
    if logits.shape[1] == 1:
        # The hyperbolic tangent does not overflow.
        return np.asarray((1 + np.tanh(logits / 2)) / 2)
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def _loss(x: DoubleArray, wanted: DoubleArray, weight: DoubleArray, ridge: DoubleArray, w: DoubleArray) -> float:
    logits = x @ w.T
    if logits.shape[1] == 1:
        losses = np.logaddexp(0.0, logits[:, 0]) - wanted[:, 0] * logits[:, 0]
    else:
        high = logits.max(axis=1)
        losses = high + np.log(np.exp(logits - high[:, None]).sum(axis=1)) - (wanted * logits).sum(axis=1)
    return float(weight @ losses + 0.5 * (ridge * w * w).sum())


def _curvature(x: DoubleArray, p: DoubleArray, weight: DoubleArray, ridge: DoubleArray) -> DoubleArray:
    rows, columns = p.shape[1], x.shape[1]
    out = np.empty((rows, columns, rows, columns))
    for a in range(rows):
        for b in range(a, rows):
            between = weight * p[:, a] * ((a == b) - p[:, b])
            out[a, :, b] = (x * between[:, None]).T @ x
            out[b, :, a] = out[a, :, b].T
        out[a, range(columns), a, range(columns)] += ridge
    return out.reshape(rows * columns, rows * columns)
