"""Standardised differences with 95% intervals that agree with the tests: Hedges' g, Cohen's d_z and d_av.

Two standardisers, of groups as of conditions:

- g and d_z: the spread within groups, or that of the differences. The interval is that of the noncentral t (Steiger
  and Fouladi, 1997, in Harlow et al., *What if there were no significance tests?*): exact for normal values of equal
  spread, and without 0 exactly where the t-test has p below .05.
- d_av: the root of the mean of the two sides' variances, with Bonett's interval (2008, *Psychological Methods* 13,
  99), which does not ask for equal spreads.

What cannot be had is NaN: without spread, and with fewer than two degrees of freedom.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from dfe.stats.contrasts import Contrast

LEVEL = 0.95
_FEWEST = 2
_ROUNDING = 1e-12


class Effects(NamedTuple):
    """Effects of ``T`` columns, ``(T,)`` each."""

    value: DoubleArray
    """Corrected for small samples."""
    low: DoubleArray
    high: DoubleArray
    """95% interval of the effect in the population."""


def correction(df: int) -> float:
    """Hedges' small-sample correction in its usual approximation, ``1 - 3 / (4 df - 1)`` (Hedges, 1981)."""
    return 1 - 3 / (4 * df - 1)


def noncentral_interval(t: DoubleArray, df: int, level: float = LEVEL) -> tuple[DoubleArray, DoubleArray]:
    """Noncentralities ``(T,)`` under which a t at least as large, or as small, has probability ``(1 - level) / 2``.

    NaN where t is not finite.
    """
    from scipy.special import nctdtrinc

    size, tail = np.abs(t), (1 - level) / 2
    # Mirrored, since the inverse is asked for at positive t only.
    inner, outer = (np.asarray(nctdtrinc(df, share, size), np.float64) for share in (1 - tail, tail))
    return np.where(t < 0, -outer, inner), np.where(t < 0, -inner, outer)


def hedges_g(contrast: Contrast) -> Effects:
    """Adjusted difference over the spread within groups (and strata, and covariates)."""
    return _noncentral(contrast.difference, contrast.variance, contrast.df, contrast.information)


def cohens_dz(differences: DoubleArray) -> Effects:
    """Mean of differences ``(S, T)`` over their spread."""
    count = len(differences)
    return _noncentral(differences.mean(axis=0), _variance(differences), count - 1, count)


def average_g(contrast: Contrast, second: BoolArray) -> Effects:
    """Adjusted difference over the root of the mean of the groups' residual variances: d_av.

    Bonett's interval of two means (2008). Strata and covariates take degrees of freedom from each
    group by its subjects' leverages; without them it is his formula as it stands.
    """
    x, xx = contrast.group, contrast.information
    part = np.zeros(len(contrast.difference))
    error, average = np.zeros_like(part), np.zeros_like(part)
    for side in (~second, second):
        df = float((1 - contrast.leverage[side]).sum())
        if df < 1 - _ROUNDING:
            return _nothing(len(part))
        variance = np.where(contrast.variance > 0, (contrast.residual[side] ** 2).sum(axis=0) / df, 0.0)
        average += variance / 2
        part += variance**2 / df
        error += variance * float((x[side] ** 2).sum()) / xx**2 * side.sum() / df
    return _bonett(contrast.difference, average, part, error, correction(contrast.df) if contrast.df > 0 else np.nan)


def average_d(first: DoubleArray, second: DoubleArray) -> Effects:
    """Mean difference of two conditions ``(S, T)`` over the root of the mean of their variances: d_av.

    Bonett's interval of paired means (2008); small-sample correction ``sqrt((S - 2) / (S - 1))``.
    """
    df = len(first) - 1
    if df < _FEWEST:
        return _nothing(first.shape[1])
    one, two = _variance(first), _variance(second)
    between = ((first - first.mean(axis=0)) * (second - second.mean(axis=0))).sum(axis=0) / df
    part = (one**2 + two**2 + 2 * between**2) / df
    error = (one + two - 2 * between).clip(0) / df
    difference = second.mean(axis=0) - first.mean(axis=0)
    return _bonett(difference, (one + two) / 2, part, error, float(np.sqrt((df - 1) / df)))


def _noncentral(difference: DoubleArray, variance: DoubleArray, df: int, information: float) -> Effects:
    if df < _FEWEST:
        return _nothing(len(difference))
    none: DoubleArray = np.full(len(difference), np.nan)
    d = np.divide(difference, np.sqrt(variance), out=none, where=variance > 0)
    low, high = noncentral_interval(d * np.sqrt(information), df)
    return Effects(d * correction(df), low / np.sqrt(information), high / np.sqrt(information))


def _bonett(
    difference: DoubleArray, average: DoubleArray, part: DoubleArray, error: DoubleArray, corrected: float
) -> Effects:
    from scipy.special import ndtri

    fine = average > 0
    none: DoubleArray = np.full(len(difference), np.nan)
    d = np.divide(difference, np.sqrt(average), out=none, where=fine)
    safe = np.where(fine, average, 1.0)
    reach = float(ndtri((1 + LEVEL) / 2)) * np.sqrt(d**2 * part / (8 * safe**2) + error / safe)
    return Effects(d * corrected, d - reach, d + reach)


def _variance(values: DoubleArray) -> DoubleArray:
    """Of columns; exactly 0 where rounding alone is left."""
    variance: DoubleArray = values.var(axis=0, ddof=1)
    return np.where(variance <= _ROUNDING * (values**2).mean(axis=0), 0.0, variance)


def _nothing(columns: int) -> Effects:
    none = np.full(columns, np.nan)
    return Effects(none, none, none)
