"""How counts of the same subjects spread around their means, and weighted least squares under it.

Rows are recordings (or subjects); the rows of a subject make a cluster. Given their means ``mu``, rows vary by
``mu + (between + within) mu^2``, and two rows of a subject go together by ``between mu_i mu_j``: a subject's own level,
and what differs from one row to the next. With one row a subject it is the variance of the negative binomial. All
functions do all displays at once: arrays are ``(n, T)`` for n rows and T displays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.types import DoubleArray, IntArray

_ROUNDS = 100
_CLOSE = 1e-10
_FARTHEST = 30.0
"""Logarithm of a mean may be so far from the overall one: a side without events has an infinite one."""
_RIDGE = 1e-13


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which rows belong to one subject."""

    of_row: IntArray
    """``(n,)`` numbers 0 to S - 1."""
    order: IntArray
    """``(n,)`` rows, cluster by cluster."""
    first: IntArray
    """``(S,)`` place in ``order`` of each cluster's first row."""

    @classmethod
    def of(cls, subject: IntArray) -> Clusters:
        """Clusters of any numbers of subjects."""
        place = np.unique(subject, return_inverse=True)[1].ravel()
        order = np.argsort(place, kind="stable")
        return cls(place, order, np.searchsorted(place[order], np.arange(place.max(initial=-1) + 1)))

    def __len__(self) -> int:
        return len(self.first)

    @property
    def repeated(self) -> bool:
        """Whether any subject has more than one row."""
        return len(self.first) < len(self.order)

    def sums(self, values: DoubleArray) -> DoubleArray:
        """Of rows' values ``(n, ...)`` over each cluster, ``(S, ...)``."""
        return np.asarray(np.add.reduceat(values[self.order], self.first, axis=0))


@dataclass(frozen=True, eq=False)
class Spread:
    """Variances of a subject's own level and of a row's, relative to the squared mean."""

    between: DoubleArray
    """``(S, 1)``, or ``(S, T)``."""
    within: DoubleArray
    """``(n, 1)``, or ``(n, T)``."""
    clusters: Clusters


@dataclass(frozen=True, eq=False)
class Weighted:
    """Counts' design under their spread at given means: what scores, information and influence are made of."""

    mean: DoubleArray
    """``(n, T)``"""
    weight: DoubleArray
    """``(n, T)`` of a row but for its cluster."""
    pull: DoubleArray | None
    """``(S, T)`` how much a cluster's rows share; None where no cluster's rows share anything."""
    clusters: Clusters

    @classmethod
    def at(cls, mean: DoubleArray, spread: Spread) -> Weighted:
        """Under a spread at these means."""
        weight = mean / (1 + spread.within * mean)
        if not spread.between.any():
            return cls(mean, weight, None, spread.clusters)
        total = spread.clusters.sums(weight)
        return cls(mean, weight, spread.between / (1 + spread.between * total), spread.clusters)

    def solved(self, x: DoubleArray) -> DoubleArray:
        """``W x`` with ``W = D V^-1 D``, for ``x`` of ``(n, T)``."""
        return self.weight * x - self._shared(self.weight * x)

    def design(self, x: DoubleArray) -> DoubleArray:
        """``W X``, ``(n, T, k)`` of a design ``(n, k)``."""
        if self.pull is None:
            return self.weight[:, :, None] * x[:, None, :]
        return np.stack([self.solved(np.broadcast_to(column[:, None], self.mean.shape)) for column in x.T], axis=2)

    def residual(self, count: DoubleArray) -> DoubleArray:
        """``D V^-1 (y - mu)``, ``(n, T)``: the design's transpose times it is the score."""
        # The weight is mu over d, and D V^-1 r is W (r / mu), without dividing by a mean of nearly 0.
        left = self.weight / self.mean * (count - self.mean)
        return left - self._shared(left)

    def _shared(self, values: DoubleArray) -> DoubleArray | float:
        """What rows' values say about the level of their cluster, taken from them."""
        if self.pull is None:
            return 0.0
        return np.asarray(self.weight * (self.pull * self.clusters.sums(values))[self.clusters.of_row])


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients of a log-linear model of counts."""

    slopes: DoubleArray
    """``(T, k)``"""
    weighted: Weighted
    """At the fitted means."""
    information: DoubleArray
    """``(T, k, k)``"""


def fit_means(
    count: DoubleArray, offset: DoubleArray, x: DoubleArray, spread: Spread, start: DoubleArray | None = None
) -> Fit:
    """Generalised least squares of ``log mu = offset + x b`` by Fisher's scoring, all displays at once.

    Args:
        count: ``(n, T)``.
        offset: ``(n, 1)`` or ``(n, T)``.
        x: ``(n, k)`` of full rank.
        spread: of the counts.
        start: slopes ``(T, k)`` to begin with.
    """
    displays = count.shape[1]
    level = np.log(np.maximum(count.sum(axis=0), 0.5) / np.exp(offset).sum(axis=0))
    if start is None:
        start = np.linalg.lstsq(x, np.broadcast_to(level, (len(x), displays)), rcond=None)[0].T
    slopes = start.copy()
    identity = _RIDGE * np.eye(x.shape[1])
    for _ in range(_ROUNDS):
        mean = np.exp(offset + (x @ slopes.T).clip(level - _FARTHEST, level + _FARTHEST))
        weighted = Weighted.at(mean, spread)
        # As tensordot multiplies, without what it takes to find out how.
        information = (weighted.design(x).reshape(len(x), -1).T @ x).reshape(displays, x.shape[1], x.shape[1])
        information = (information + information.transpose(0, 2, 1)) / 2
        information += identity * np.einsum("tkk->t", information)[:, None, None]
        score = weighted.residual(count).T @ x
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        # A whole step far from the optimum overshoots, since the mean grows exponentially.
        longest = np.abs(x @ step.T).max(axis=0)
        slopes = slopes + step / np.maximum(1.0, longest)[:, None]
        if (score * step).sum(axis=1).max(initial=0.0) < _CLOSE:
            break
    return Fit(slopes, weighted, information)
