"""Intraclass correlations of a table of subjects by measurements, with their F intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.stats.bootstrap import Estimate
from dfe.stats.f_quantile import f_quantile

FEW = 10
"""With fewer subjects than this, a figure has a caution beside it."""
_TAIL = 0.975
_ROUNDING = 1e-12


def few(subjects: int) -> str:
    """The caution for a figure of so many subjects, such as "only 6 subjects"; empty from :data:`FEW` on."""
    return f"only {subjects} subject{'s' * (subjects != 1)}" if subjects < FEW else ""


class _Table(NamedTuple):
    """Mean squares of a two-way table without repeats."""

    n: int
    k: int
    rows: float
    columns: float
    error: float


def icc_a1(ratings: ArrayLike) -> Estimate:
    """ICC(A,1): absolute agreement of single measurements in a two-way model, with its 95% interval.

    ``(MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n)``; Shrout and Fleiss's ICC(2,1). The interval is that of
    McGraw and Wong (1996, *Psychological Methods* 1, 30, tables 4 and 7) with Satterthwaite's degrees of freedom: near
    95% where subjects and errors are about normal. NaN with fewer than two subjects
    or measurements, or where all are equal; no interval where nothing is left over after subjects and measurements.

    Args:
        ratings: ``(subjects, measurements)``; subjects with a NaN are left out.
    """
    table = _table(ratings)
    if table is None:
        return Estimate(np.nan, np.nan, np.nan)
    n, k, rows, columns, error = table
    whole = rows + (k - 1) * error + k * (columns - error) / n
    if not whole > 0:
        return Estimate(np.nan, np.nan, np.nan)
    value = (rows - error) / whole
    if not error > 0:
        return Estimate(float(value), np.nan, np.nan)
    # A negative figure stands for 0 in the degrees of freedom: a variance is none.
    known = max(value, 0.0)
    a = k * known / (n * (1 - known))
    b = 1 + k * known * (n - 1) / (n * (1 - known))
    df = (a * columns + b * error) ** 2 / ((a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
    rest = k * columns + (k * n - k - n) * error
    upper, lower = f_quantile(_TAIL, n - 1, df), f_quantile(_TAIL, df, n - 1)
    low = n * (rows - upper * error) / (upper * rest + n * rows)
    high = n * (lower * rows - error) / (rest + n * lower * rows)
    return Estimate(float(value), float(low), float(high))


def icc_c1(ratings: ArrayLike) -> Estimate:
    """ICC(C,1): consistency of single measurements in a two-way model, with its 95% interval.

    ``(MSR - MSE) / (MSR + (k - 1) MSE)``; Shrout and Fleiss's ICC(3,1). The interval is exact under normal errors
    (McGraw and Wong 1996, tables 4 and 7). Blank where :func:`icc_a1` is.

    Args:
        ratings: ``(subjects, measurements)``; subjects with a NaN are left out.
    """
    table = _table(ratings)
    if table is None:
        return Estimate(np.nan, np.nan, np.nan)
    n, k, rows, _, error = table
    whole = rows + (k - 1) * error
    if not whole > 0:
        return Estimate(np.nan, np.nan, np.nan)
    value = float((rows - error) / whole)
    if not error > 0:
        return Estimate(value, np.nan, np.nan)
    df = (n - 1) * (k - 1)
    least = rows / error / f_quantile(_TAIL, n - 1, df)
    most = rows / error * f_quantile(_TAIL, df, n - 1)
    return Estimate(value, float((least - 1) / (least + k - 1)), float((most - 1) / (most + k - 1)))


def _table(ratings: ArrayLike) -> _Table | None:
    values = np.asarray(ratings, np.float64)
    values = values[np.isfinite(values).all(axis=1)]
    n, k = values.shape
    if n < 2 or k < 2:
        return None
    of_rows, of_columns, mean = values.mean(axis=1), values.mean(axis=0), values.mean()
    left = values - of_rows[:, None] - of_columns + mean
    # What rounding leaves of equal numbers is no error.
    left[np.abs(left) <= _ROUNDING * np.abs(values).max()] = 0.0
    return _Table(
        n=n,
        k=k,
        rows=float(k * ((of_rows - mean) ** 2).sum() / (n - 1)),
        columns=float(n * ((of_columns - mean) ** 2).sum() / (k - 1)),
        error=float((left**2).sum() / ((n - 1) * (k - 1))),
    )
