"""Quantiles of the F distribution, without SciPy: agreement and reliability belong to the base install."""

from __future__ import annotations

from functools import lru_cache
from math import exp, inf, lgamma, log, log1p

from dfe.base.errors import UsageError

_STEPS = 500
_NEAR = 1e-15
_TINY = 1e-300
_FARTHEST = 300.0


@lru_cache(maxsize=4096)
def f_quantile(share: float, above: float, below: float) -> float:
    """The value below which this share of an F distribution lies, by bisection of its logarithm.

    Degrees of freedom need not be whole numbers. F is ``below / above`` times the odds of a beta variable (Abramowitz
    and Stegun 1964, 26.6.2).

    Args:
        share: between 0 and 1, without them.
        above: degrees of freedom of the numerator.
        below: of the denominator.

    Raises:
        UsageError: a share or degrees of freedom that make no sense.
    """
    if not (0 < share < 1 and 0 < above < inf and 0 < below < inf):
        raise UsageError(f"no F distribution has a {share} quantile with {above} and {below} degrees of freedom")
    low, high = -_FARTHEST, _FARTHEST
    while high - low > 1e-13 * max(1.0, abs(low)):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _beta_share(middle, above / 2, below / 2) < share:
            low = middle
        else:
            high = middle
    return exp((low + high) / 2) * below / above


def _beta_share(log_odds: float, a: float, b: float) -> float:
    """Regularised incomplete beta function at the x of these log odds."""
    if log_odds > log((a + 1) / (b + 1)):
        return 1 - _beta_share(-log_odds, b, a)
    log_x, log_rest = -_softplus(-log_odds), -_softplus(log_odds)
    front = a * log_x + b * log_rest + lgamma(a + b) - lgamma(a) - lgamma(b) - log(a)
    return exp(front) * _continued(exp(log_x), a, b)


def _softplus(value: float) -> float:
    return max(value, 0.0) + log1p(exp(-abs(value)))


def _continued(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function by Lentz's method (Abramowitz and Stegun, 26.5.8)."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    whole = d
    for m in range(1, _STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _not_zero(1 + step * d), _not_zero(1 + step / c)
            whole *= d * c
        if abs(d * c - 1) < _NEAR:
            break
    return whole


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
