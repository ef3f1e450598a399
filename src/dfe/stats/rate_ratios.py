"""Ratios of rates, all events by all exposure, with 95% intervals on the log scale.

The ratio is that of a Poisson regression with the exposure as offset, strata and covariates held constant; without them
it is events over exposure in one group by the same in the other. The interval takes its error from how subjects differ
(sandwich, residuals over the root of one less leverage), not from Poisson's law, with Satterthwaite's degrees of
freedom for it (Bell and McCaffrey, 2002, *Survey Methodology* 28, 169; without strata and covariates as Welch's test).
Subjects that happen to be more alike than Poisson counts could be do not shorten it below Poisson's own interval. p is
that at which the interval would end at 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.stats.contrasts import Design, held_constant
from dfe.stats.effect_sizes import LEVEL

_STEPS = 50
_CLOSE = 1e-10
_FARTHEST = 30.0
_TINY = 1e-9


class RateRatio(NamedTuple):
    """The second rate by the first; NaN where it cannot be had."""

    value: float
    low: float
    high: float
    p: float
    """Two-sided."""
    df: float
    """Satterthwaite's degrees of freedom."""
    error: float
    """Standard error of the logarithm."""


NONE = RateRatio(*[np.nan] * 6)


def group_ratio(count: DoubleArray, exposure: DoubleArray, design: Design, covariates: DoubleArray) -> RateRatio:
    """Ratio of two groups' rates.

    Args:
        count: ``(S,)`` events of each subject.
        exposure: ``(S,)`` above 0.
        design: groups and strata.
        covariates: ``(S, k)``.
    """
    # A stratum in which nobody has an event says nothing about a ratio.
    stratum = np.unique(design.stratum, return_inverse=True)[1]
    kept = np.bincount(stratum, count)[stratum] > 0
    count, exposure, second = count[kept], exposure[kept], design.second[kept]
    if not count[second].any() or not count[~second].any():
        return NONE
    basis = held_constant(design.stratum[kept], covariates[kept])
    x = np.column_stack([second.astype(np.float64), basis])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return NONE
    mean = _fit(count, exposure, x)
    if mean is None:
        return NONE
    inverse = np.linalg.inv((x * mean[:, None]).T @ x)
    influence = (x @ inverse)[:, 0]
    # What the model leaves of residuals over the root of the mean.
    root = x * np.sqrt(mean)[:, None]
    left = np.eye(len(mean)) - root @ inverse @ root.T
    free = np.diag(left).clip(_TINY)
    error, poisson, weight = 0.0, 0.0, np.zeros(len(mean))
    for side in (~second, second):
        expected = influence[side] ** 2 * mean[side]
        seen = float((influence[side] ** 2 * (count[side] - mean[side]) ** 2 / free[side]).sum())
        error, poisson = error + seen, poisson + float(expected.sum())
        weight[side] = expected / free[side] * seen / expected.sum()
    spread = np.sqrt(weight[:, None] * weight) * left
    df = np.trace(spread) ** 2 / (spread**2).sum() if error > 0 else 1.0
    log_ratio = float(np.linalg.lstsq(x, np.log(mean / exposure), rcond=None)[0][0])
    if left.trace() < 2 - _TINY:
        return NONE._replace(value=float(np.exp(log_ratio)))
    return _interval(log_ratio, error, float(df), poisson)


def paired_ratio(first: tuple[DoubleArray, DoubleArray], second: tuple[DoubleArray, DoubleArray]) -> RateRatio:
    """Ratio of the rates of the same subjects in two conditions; each is counts and exposures, ``(S,)``.

    The error is that of the subjects' shares in both sums together; subjects less one are its degrees of freedom.
    """
    (one, time_one), (two, time_two) = first, second
    if not one.any() or not two.any():
        return NONE
    rates = one.sum() / time_one.sum(), two.sum() / time_two.sum()
    part = (two - rates[1] * time_two) / two.sum() - (one - rates[0] * time_one) / one.sum()
    people = len(one)
    variance = float((part**2).sum()) * people / (people - 1)
    return _interval(float(np.log(rates[1] / rates[0])), variance, people - 1, float(1 / one.sum() + 1 / two.sum()))


def _fit(count: DoubleArray, exposure: DoubleArray, x: DoubleArray) -> DoubleArray | None:
    """Expected events of each subject, by Newton's steps; None where they run away."""
    offset = np.log(exposure)
    start = np.log(count.sum() / exposure.sum())
    slopes = np.linalg.lstsq(x, np.full(len(count), start), rcond=None)[0]
    for _ in range(_STEPS):
        mean = np.exp(offset + (x @ slopes).clip(start - _FARTHEST, start + _FARTHEST))
        curvature = (x * mean[:, None]).T @ x
        try:
            step = np.linalg.solve(curvature, x.T @ (count - mean))
        except np.linalg.LinAlgError:
            return None
        # A whole step far from the optimum overshoots, since the mean grows exponentially.
        longest = np.abs(x @ step).max()
        slopes = slopes + step / max(1.0, longest)
        if longest < _CLOSE:
            return np.asarray(mean)
    return None


def _interval(log_ratio: float, variance: float, df: float, poisson: float) -> RateRatio:
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    share, size = (1 + LEVEL) / 2, abs(log_ratio)
    reach = max(float(stdtrit(df, share)) * variance**0.5, float(ndtri(share)) * poisson**0.5)
    p = 2 * float(ndtr(-size / poisson**0.5))
    if variance > 0:
        p = max(p, 2 * float(stdtr(df, -size / variance**0.5)))
    value, low, high = (float(np.exp(log_ratio + step)) for step in (0.0, -reach, reach))
    return RateRatio(value, low, high, p, df, max(variance, poisson) ** 0.5)
