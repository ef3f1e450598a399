"""Quasi-likelihood ratios of one contrast in a model of counts, and the interval of all values that are not rejected.

The ratio is twice the path integral of the efficient score between two values of the contrast, everything else fitted
anew at each; for counts of a negative binomial it is the likelihood ratio. It stays finite where one side has no
events, and an interval made from it is without 0 exactly where the test is below 5% (Wedderburn, 1974, *Biometrika* 61,
439; McCullagh and Nelder, 1989, 9.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.types import DoubleArray
from dfe.stats.count_spread import Fit, Spread, fit_means

_NODES = 12
_LONGEST = 10.0
"""Beyond this difference of logarithms nothing is left of the score: one side has no events."""
_STEPS = 40
_SHARE = 4.0
"""Steps by which an interval's end is usually reached."""
_HALVINGS = 50


@dataclass(frozen=True, eq=False)
class Profile:
    """Counts under a design of which one contrast is asked about."""

    count: DoubleArray
    """``(n, T)``"""
    offset: DoubleArray
    """``(n, 1)``"""
    along: DoubleArray
    """``(n,)`` how the logarithm of the mean changes with the contrast."""
    rest: DoubleArray
    """``(n, k - 1)`` all of the design that does not."""
    spread: Spread

    @classmethod
    def of(
        cls, count: DoubleArray, offset: DoubleArray, x: DoubleArray, contrast: DoubleArray, spread: Spread
    ) -> Profile:
        """For a contrast ``(k,)`` of the slopes of a design ``(n, k)``."""
        unit = contrast / (contrast @ contrast)
        others = np.linalg.svd(contrast[None])[2][1:].T
        return cls(count, offset, x @ unit, x @ others, spread)

    def fitted(self, value: DoubleArray, start: DoubleArray | None = None) -> Fit:
        """The rest fitted with the contrast held at ``(T,)`` values."""
        return fit_means(self.count, self.offset + self.along[:, None] * value, self.rest, self.spread, start)

    def score(self, fit: Fit) -> DoubleArray:
        """Of the contrast, ``(T,)``."""
        return np.asarray(self.along @ fit.weighted.residual(self.count))

    @property
    def reach(self) -> float:
        """Longest way that one unit of the contrast moves a logarithm."""
        return float(np.ptp(self.along)) or 1.0

    def ratio(self, best: DoubleArray) -> DoubleArray:
        """Quasi-likelihood ratio ``(T,)`` of the best value against 0."""
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        longest = _LONGEST / self.reach
        end = best.clip(-longest, longest)
        whole, start = np.zeros(len(best)), None
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            fit = self.fitted(end * node, start)
            start = fit.slopes
            whole += weight * self.score(fit) * end
        return (2 * whole).clip(0.0)

    def end(self, best: DoubleArray, error: DoubleArray, target: DoubleArray, way: float) -> DoubleArray:
        """Where the ratio of the best value against another one reaches ``target`` ``(T,)``; infinite if it never does.

        Args:
            best: ``(T,)``.
            error: ``(T,)`` about the standard error, for the length of steps.
            target: ``(T,)``.
            way: 1 upwards, -1 downwards.
        """
        longest = _LONGEST / self.reach
        at = best.clip(-longest, longest)
        step = way * (error * np.sqrt(target) / _SHARE).clip(0.02 / self.reach, 1.0 / self.reach)
        found, sum_so_far = np.full(len(best), way * np.inf), np.zeros(len(best))
        fit = self.fitted(at)
        before = self.score(fit)
        for _ in range(_STEPS):
            fit = self.fitted(at + step / 2, fit.slopes)
            middle = self.score(fit)
            fit = self.fitted(at + step, fit.slopes)
            after = self.score(fit)
            # Simpson's rule; the score falls along the way, so the ratio grows.
            grown = sum_so_far - step * (before + 4 * middle + after) / 3
            new = (grown >= target) & ~np.isfinite(found)
            part = _crossing((before, middle, after), step, target - sum_so_far)
            found[new] = (at + part * step)[new]
            if np.isfinite(found).all():
                break
            at, before, sum_so_far = at + step, after, grown
        return found


def _crossing(
    scores: tuple[DoubleArray, DoubleArray, DoubleArray], step: DoubleArray, target: DoubleArray
) -> DoubleArray:
    """Share of a step at which the integral of the parabola through three scores reaches a target."""
    first, middle, last = scores
    square, line = 2 * first - 4 * middle + 2 * last, -3 * first + 4 * middle - last
    low, high = np.zeros(len(step)), np.ones(len(step))
    for _ in range(_HALVINGS):
        half = (low + high) / 2
        reached = -2 * step * (first * half + line * half**2 / 2 + square * half**3 / 3) >= target
        low, high = np.where(reached, low, half), np.where(reached, half, high)
    return (low + high) / 2
