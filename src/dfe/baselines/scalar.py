"""Steps for one number: Lloyd-Max, or equal ones."""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray, IntArray

_ITERATIONS = 200
_SETTLED = 1e-9


def lloyd_max(values: DoubleArray, start: DoubleArray) -> DoubleArray:
    """Representatives ``(q,)``, rising, of the steps with the least mean squared error for values ``(n,)``.

    "Least squares quantization in PCM" (Lloyd, 1982): edges halfway, representatives at the means, until they settle.

    Args:
        values: to round.
        start: ``(q,)`` representatives to start from, rising.
    """
    ordered = np.sort(values)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    points = start.astype(np.float64)
    for _ in range(_ITERATIONS):
        ends = np.concatenate([[0], np.searchsorted(ordered, midpoints(points), side="right"), [len(ordered)]])
        counts = np.diff(ends)
        moved = np.where(counts > 0, np.diff(sums[ends]) / np.maximum(counts, 1), points)
        settled = np.abs(moved - points).max() <= _SETTLED * max(float(np.abs(ordered[[0, -1]]).max()), 1e-300)
        points = moved
        if settled:
            break
    return points


def quantiles(values: DoubleArray, count: int) -> DoubleArray:
    """Middles ``(count,)`` of equally frequent parts of the values: where :func:`lloyd_max` may start."""
    middles: DoubleArray = np.quantile(values, (np.arange(count) + 0.5) / count)
    return middles


def equal_steps(count: int, reach: float) -> DoubleArray:
    """Representatives ``(count,)`` at equal steps from ``-reach`` on, one of them 0 and none above ``reach``."""
    steps: DoubleArray = (np.arange(count) - count // 2) * np.float64(2 * reach / count)
    return steps


def midpoints(points: DoubleArray) -> DoubleArray:
    """Edges ``(q - 1,)`` between rising representatives ``(q,)``."""
    return (points[:-1] + points[1:]) / 2


def step_of(values: DoubleArray, points: DoubleArray) -> IntArray:
    """Index of the representative nearest to each value; of equally near ones the lower."""
    index: IntArray = np.searchsorted(midpoints(points), values, side="left")
    return index
