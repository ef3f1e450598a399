"""What effect a study of so many subjects could show, before there are any data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray

POWER = 0.8
ALPHA = 0.05
_LARGEST_RATIO = 64.0
RATIOS = (1.25, 1.5, 2.0, 3.0, 4.0)


@dataclass(frozen=True)
class RateDesign:
    """How often a display happens, and how much subjects differ in that.

    Args:
        minutes: of usable time for each subject.
        per_min: events in the first group.
        dispersion: alpha of the negative binomial over subjects: counts vary by ``mu + alpha mu^2``.

    Raises:
        UsageError: a value that makes no sense.
    """

    minutes: float = 5.0
    per_min: float = 3.0
    dispersion: float = 0.5

    def __post_init__(self) -> None:
        if not (0 < self.minutes < 1e5 and 0 < self.per_min < 1e4 and 0 <= self.dispersion < 100):
            raise UsageError("minutes and rate must be above 0, and the dispersion 0 or more")


@dataclass(frozen=True)
class Sensitivity:
    """Smallest effects that are found with a power of 80%; None where no effect of up to 64 times is."""

    subjects: tuple[int, int]
    displays: int
    alpha: float
    power: float
    g: float
    """Standardised difference, for one display tested alone."""
    g_bonferroni: float
    """The same for each of all displays at once, with alpha divided by their number."""
    rates: RateDesign
    ratio: float | None
    """Ratio of rates above 1, for one display tested alone."""
    ratio_bonferroni: float | None
    curve: tuple[tuple[float, float, float], ...]
    """Ratio of rates, and its power alone and with Bonferroni."""
    simulations: int


def sensitivity(
    first: int,
    second: int,
    rates: RateDesign | None = None,
    *,
    displays: int = 63,
    alpha: float = ALPHA,
    power: float = POWER,
    simulations: int = 4_000,
    seed: int = 0,
) -> Sensitivity:
    """Smallest standardised difference (by the noncentral t) and ratio of rates (by simulation) at a power.

    Raises:
        UsageError: fewer than two subjects in a group, or numbers that make no sense.
    """
    if min(first, second) < 2:
        raise UsageError("a comparison needs two subjects in each group")
    if displays < 1 or not 0 < alpha < 0.5 or not alpha < power < 1 or simulations < 100:
        raise UsageError(
            "displays must be 1 or more, alpha under 0.5, power between alpha and 1, simulations 100 or more"
        )
    rates = rates or RateDesign()
    strict = alpha / displays
    powers = [rate_power(first, second, rates, ratio, (alpha, strict), simulations, seed) for ratio in RATIOS]
    curve = tuple((ratio, float(both[0]), float(both[1])) for ratio, both in zip(RATIOS, powers, strict=True))
    ratio, ratio_strict = (
        detectable_ratio(first, second, rates, level, power, simulations, seed) for level in (alpha, strict)
    )
    return Sensitivity(
        subjects=(first, second),
        displays=displays,
        alpha=alpha,
        power=power,
        g=detectable_g(first, second, alpha, power),
        g_bonferroni=detectable_g(first, second, strict, power),
        rates=rates,
        ratio=ratio,
        ratio_bonferroni=ratio_strict,
        curve=curve,
        simulations=simulations,
    )


def power_of_g(g: float, first: int, second: int, alpha: float) -> float:
    """Power of a two-sided t test for a difference of so many standard deviations in the population."""
    from scipy.stats import nct, t

    df, centre = first + second - 2, g * np.sqrt(first * second / (first + second))
    reach = t.isf(alpha / 2, df)
    # Far out, SciPy's lower tail is not a number; there it adds nothing.
    return float(nct.sf(reach, df, centre) + np.nan_to_num(nct.cdf(-reach, df, centre)))


def detectable_g(first: int, second: int, alpha: float, power: float) -> float:
    """The difference, in standard deviations, that is found with this power."""
    from scipy.optimize import brentq

    high = 1.0
    while power_of_g(high, first, second, alpha) < power:
        high *= 2
    return float(brentq(lambda g: power_of_g(g, first, second, alpha) - power, 1e-6, high, xtol=1e-6))


def rate_power(
    first: int, second: int, rates: RateDesign, ratio: float, alphas: tuple[float, ...], simulations: int, seed: int
) -> DoubleArray:
    """Share of simulated studies ``(len(alphas),)`` in which subjects' rates differ by a t test.

    Counts are Poisson given a subject's own rate, which is gamma distributed. The t test stands for the permutation of
    subjects, with which it agrees but for the smallest groups.
    """
    from scipy.stats import t

    rng = np.random.default_rng(seed)
    one = _rates(rng, (simulations, first), rates, 1.0)
    two = _rates(rng, (simulations, second), rates, ratio)
    df = first + second - 2
    pooled = ((first - 1) * one.var(axis=1, ddof=1) + (second - 1) * two.var(axis=1, ddof=1)) / df
    error = np.sqrt(pooled * (1 / first + 1 / second))
    difference = np.abs(two.mean(axis=1) - one.mean(axis=1))
    size = np.divide(difference, error, out=np.where(difference > 0, np.inf, 0.0), where=error > 0)
    return np.array([(size > t.isf(alpha / 2, df)).mean() for alpha in alphas])


def detectable_ratio(
    first: int, second: int, rates: RateDesign, alpha: float, power: float, simulations: int, seed: int
) -> float | None:
    """The ratio of rates above 1 that is found with this power; None where none of up to 64 is."""

    def found(ratio: float) -> float:
        return float(rate_power(first, second, rates, ratio, (alpha,), simulations, seed)[0])

    if found(_LARGEST_RATIO) < power:
        return None
    low, high = 0.0, float(np.log(_LARGEST_RATIO))
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if found(float(np.exp(middle))) < power else (low, middle)
    return float(np.exp((low + high) / 2))


def _rates(rng: np.random.Generator, shape: tuple[int, int], rates: RateDesign, ratio: float) -> DoubleArray:
    mean = rates.minutes * rates.per_min * ratio
    own: DoubleArray = np.full(shape, mean)
    if rates.dispersion > 0:
        own = mean * rng.gamma(1 / rates.dispersion, rates.dispersion, shape)
    return rng.poisson(own) / rates.minutes
