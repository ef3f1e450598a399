"""Counts of events in repeated recordings of the same subjects: a negative-binomial model with exchangeable residuals.

Generalised estimating equations (Liang and Zeger, 1986) with the log of the exposure as offset, so that effects are
ratios of rates. The sandwich covariance is corrected for few subjects (Mancl and DeRouen, 2001), and p and interval
come from a t distribution with as many degrees of freedom as there are subjects less parameters.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray

_ROUNDS = 12
_MOST = 1e3
"""A dispersion beyond this says that hardly anybody has any event."""
_WIDEST = 10.0
"""A standard error of a logarithm beyond this says nothing."""
_FEWEST = 5
"""Events below which no model is fitted."""
FALLBACK = "exchangeable correlation did not converge, independence taken"


@dataclass(frozen=True)
class RateModel:
    """Ratio of rates of one display; NaN where the model says nothing, and then a note says why.

    A note beside a ratio says what was done otherwise than usual.
    """

    ratio: float
    low: float
    high: float
    """95% interval."""
    p: float
    df: int
    """Subjects less parameters."""
    dispersion: float
    """Alpha of the negative binomial: the variance is ``mu + alpha mu^2``."""
    correlation: float
    """Of two recordings of a subject, beyond the model."""
    note: str = ""


def fit_rates(counts: ArrayLike, exposure: ArrayLike, design: ArrayLike, subject: ArrayLike) -> RateModel:
    """Fit one display's counts and say how the rate differs with the first column of the design.

    Args:
        counts: ``(n,)`` events of each recording.
        exposure: ``(n,)`` above 0, minutes.
        design: ``(n, k)`` the contrast first, then what is held constant; no constant.
        subject: ``(n,)`` numbers of subjects.

    Raises:
        UsageError: exposures that are not above 0, or rows of different numbers.
    """
    y, time = np.asarray(counts, np.float64), np.asarray(exposure, np.float64)
    x, who = np.asarray(design, np.float64), np.asarray(subject, np.int64)
    if not (len(y) == len(time) == len(x) == len(who)) or not (time > 0).all():
        raise UsageError("a model of rates needs as many counts as exposures, all above 0")
    x = np.column_stack([np.ones(len(y)), x])
    people = len(np.unique(who))
    df = people - x.shape[1]
    if y.sum() < _FEWEST:
        return _nothing(df, f"fewer than {_FEWEST} events")
    if df < 2:
        return _nothing(df, "too few subjects for the model")
    sides = x[:, 1] > x[:, 1].mean()
    if not y[sides].any() or not y[~sides].any():
        return _nothing(df, "no events on one side")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return _fit(y, time, x, who, df)
    except (np.linalg.LinAlgError, ValueError, ZeroDivisionError, FloatingPointError) as error:
        return _nothing(df, f"did not converge ({error or type(error).__name__})")


def _fit(y: DoubleArray, time: DoubleArray, x: DoubleArray, who: IntArray, df: int) -> RateModel:
    import statsmodels.api as sm

    alpha = dispersion(y, x, np.log(time))
    if len(np.unique(who)) < len(who):
        done = _solve(y, time, x, who, df, alpha, sm.cov_struct.Exchangeable())
        if not done.note:
            return done
        # The covariance is robust to a wrong working correlation; what is lost is some precision.
        done = _solve(y, time, x, who, df, alpha, sm.cov_struct.Independence())
        return done if done.note else replace(done, note=FALLBACK)
    return _solve(y, time, x, who, df, alpha, sm.cov_struct.Independence())


def _solve(
    y: DoubleArray, time: DoubleArray, x: DoubleArray, who: IntArray, df: int, alpha: float, dependence: Any
) -> RateModel:
    import statsmodels.api as sm
    from scipy.stats import t

    family = sm.families.NegativeBinomial(alpha=alpha) if alpha > 0 else sm.families.Poisson()
    model = sm.GEE(y, x, groups=who, offset=np.log(time), family=family, cov_struct=dependence)
    fitted = model.fit(maxiter=60, cov_type="bias_reduced")
    slope, error = float(fitted.params[1]), float(np.sqrt(fitted.cov_params()[1, 1]))
    parameter = dependence.dep_params
    correlation = float(parameter) if parameter is not None and np.ndim(parameter) == 0 else 0.0
    if not fitted.converged or not np.isfinite([slope, error]).all() or error > _WIDEST or abs(correlation) >= 1:
        return _nothing(df, "did not converge")
    reach = float(t.ppf(0.975, df)) * error
    p = 2 * float(t.sf(abs(slope) / error, df))
    low, high = float(np.exp(slope - reach)), float(np.exp(slope + reach))
    return RateModel(float(np.exp(slope)), low, high, p, df, alpha, correlation)


def dispersion(y: DoubleArray, x: DoubleArray, offset: DoubleArray) -> float:
    """Alpha of the negative binomial by moments: the one at which Pearson's chi-square equals its degrees of freedom.

    Breslow (1984, *Applied Statistics* 33, 38). 0 where counts spread no more than Poisson's.
    """
    import statsmodels.api as sm

    freedom = len(y) - x.shape[1]
    alpha = 0.0
    for _ in range(_ROUNDS):
        family = sm.families.NegativeBinomial(alpha=alpha) if alpha > 0 else sm.families.Poisson()
        mu = np.asarray(sm.GLM(y, x, family=family, offset=offset).fit(maxiter=50).mu)
        before, alpha = alpha, _moment(y, mu, freedom)
        if abs(alpha - before) <= 1e-6 * max(alpha, 1e-3):
            break
    return alpha


def _moment(y: DoubleArray, mu: DoubleArray, freedom: int) -> float:
    def excess(alpha: float) -> float:
        return float(((y - mu) ** 2 / (mu + alpha * mu**2)).sum()) - freedom

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, 1.0
    while excess(high) > 0 and high < _MOST:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def _nothing(df: int, why: str) -> RateModel:
    return RateModel(np.nan, np.nan, np.nan, np.nan, df, np.nan, np.nan, why)
