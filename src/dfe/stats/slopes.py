"""Slopes and partial correlations of a linear model, with intervals: of t, and after Fisher."""

from __future__ import annotations

import numpy as np

from dfe.stats.contrasts import Contrast
from dfe.stats.effect_sizes import LEVEL, Effects


def slope_interval(fit: Contrast) -> Effects:
    """How much values rise with a column, in their own unit, with the interval of t; NaN without spread."""
    from scipy.special import stdtrit

    if fit.df < 1:
        none = np.full(len(fit.difference), np.nan)
        return Effects(fit.difference, none, none)
    error = np.where(fit.variance > 0, np.sqrt(fit.variance / fit.information), np.nan)
    reach = float(stdtrit(fit.df, (1 + LEVEL) / 2)) * error
    return Effects(fit.difference, fit.difference - reach, fit.difference + reach)


def partial_r(fit: Contrast) -> Effects:
    """Correlation with a column, what is held constant taken out of both; interval after Fisher (1924).

    ``t / sqrt(t^2 + df)``; the standard error of its arctanh is ``1 / sqrt(df - 1)``, which is Fisher's
    ``1 / sqrt(n - h - 3)`` with ``h`` columns held constant.
    """
    from scipy.special import ndtri

    none = np.full(len(fit.difference), np.nan)
    if fit.df < 2:
        return Effects(none, none, none)
    fine = fit.variance > 0
    t = np.divide(fit.difference * np.sqrt(fit.information), np.sqrt(fit.variance), out=none.copy(), where=fine)
    r = t / np.sqrt(t**2 + fit.df)
    reach = float(ndtri((1 + LEVEL) / 2)) / np.sqrt(fit.df - 1)
    return Effects(r, np.tanh(np.arctanh(r) - reach), np.tanh(np.arctanh(r) + reach))
