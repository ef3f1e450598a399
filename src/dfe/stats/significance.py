"""Tests of hypotheses that studies use: permutation p, families of hypotheses, differences of two predictors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import DoubleArray

LEVEL = 0.05
FALSE_DISCOVERY = 0.05
"""The one level of q at which a display is said to differ, in commands, pages, simulations and docs."""


_ROUNDING = 1e-12


class Difference(NamedTuple):
    """How much one predictor beats another, with a 95% interval and a two-sided p."""

    value: float
    low: float
    high: float
    p: float


def permutation_p(observed: float, null: ArrayLike) -> float:
    """Share of permuted scores that are at least as high as the observed one, ``(b + 1) / (B + 1)``.

    Never 0, since the observed labelling is one of the permutations (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol.
    2010). A permuted score that is not defined counts against the finding.
    """
    drawn = np.asarray(null, np.float64)
    if np.isnan(observed):
        return float("nan")
    # Scores that are equal but for rounding are ties, and ties count.
    reached = ~(drawn < observed - 1e-12 * max(abs(observed), 1.0))
    return float((reached.sum() + 1) / (len(drawn) + 1))


def holm(p: ArrayLike) -> DoubleArray:
    """Adjusted p of a family, step-down (Holm, Scand. J. Stat. 1979); NaN stays and is no part of the family."""

    def step_down(known: DoubleArray) -> DoubleArray:
        order = np.argsort(known, kind="stable")
        adjusted = np.empty(len(known))
        adjusted[order] = np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1))
        return np.minimum(adjusted, 1.0)

    return _of_family(p, step_down)


def benjamini_hochberg(p: ArrayLike) -> DoubleArray:
    """Adjusted p, step-up, for the false discovery rate (Benjamini and Hochberg, JRSS B 1995); NaN as in :func:`holm`.

    Hypotheses whose adjusted p is at most q have an expected share of false ones of at most q, if tests are independent
    or positively dependent.
    """
    from scipy.stats import false_discovery_control

    return _of_family(p, false_discovery_control)


def nadeau_bengio(differences: ArrayLike, test_by_train: float) -> Difference:
    """The corrected resampled t-test over the folds of repeated cross-validation.

    ``t = mean / sqrt((1 / J + n_test / n_train) * variance)`` with J - 1 degrees of freedom: folds share most of their
    training examples, so their plain variance is far too small (Nadeau and Bengio, Machine Learning 2003; for repeated
    cross-validation Bouckaert and Frank, PAKDD 2004).

    Args:
        differences: ``(J,)`` of the two predictors' scores in each fold of each repeat; NaN ones are left out. Where
            all are the same but not 0 there is no spread to judge by, and no p.
        test_by_train: size of the test part by that of the training part, 1 / (k - 1) for k folds.
    """
    from scipy import stats

    d = np.asarray(differences, np.float64)
    d = d[np.isfinite(d)]
    if len(d) < 2:
        return Difference(float(d.mean()) if len(d) else np.nan, np.nan, np.nan, np.nan)
    mean, spread = float(d.mean()), float(np.sqrt((1 / len(d) + test_by_train) * d.var(ddof=1)))
    if not d.any():
        return Difference(0.0, 0.0, 0.0, 1.0)
    if spread <= _ROUNDING * abs(mean):
        return Difference(mean, np.nan, np.nan, np.nan)
    reach = float(stats.t.ppf(1 - LEVEL / 2, len(d) - 1)) * spread
    p = 2 * float(stats.t.sf(abs(mean) / spread, len(d) - 1))
    return Difference(mean, mean - reach, mean + reach, p)


def paired_bootstrap(value: float, drawn: ArrayLike) -> Difference:
    """A difference of two predictors on the same test people, with what it is in draws of these people ``(B,)``.

    Percentile interval; p is twice the share of draws on the other side of 0, ``(b + 1) / (B + 1)``, at most 1 (Davison
    and Hinkley, 1997, 4.4).
    """
    d = np.asarray(drawn, np.float64)
    d = d[np.isfinite(d)]
    if not len(d):
        return Difference(value, np.nan, np.nan, np.nan)
    low, high = np.percentile(d, [100 * LEVEL / 2, 100 * (1 - LEVEL / 2)])
    sides = min((d <= 0).sum(), (d >= 0).sum())
    return Difference(value, float(low), float(high), min(1.0, 2 * float(sides + 1) / (len(d) + 1)))


def _of_family(p: ArrayLike, adjust: Callable[[DoubleArray], DoubleArray]) -> DoubleArray:
    values = np.asarray(p, np.float64)
    out = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    if known.any():
        out[known] = adjust(values[known])
    return out
