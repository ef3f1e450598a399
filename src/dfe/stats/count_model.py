"""Ratios of rates from counts of many displays at once: a negative-binomial model that shares its spread over displays.

``log mu = log(exposure) + x b``, any design and any contrast of its slopes: two groups, more groups, a number,
interactions; several rows a subject. Each group of subjects has a dispersion of its own, the weighted median over
displays (:mod:`dfe.stats.overdispersion`). How much more a display's contrast varies than that is a factor by group,
from the fitted residuals, drawn to the median over displays (Lund and others, 2012), and the degrees of freedom are
those of Satterthwaite over groups. p is that of the quasi-likelihood ratio against F, and the interval holds all ratios
that it does not reject (:mod:`dfe.stats.count_profile`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray
from dfe.stats.count_profile import Profile
from dfe.stats.count_spread import Clusters, Fit, Spread, Weighted, fit_means
from dfe.stats.overdispersion import group_spread, prior_freedom, weighted_median

LEVEL = 0.95
_ROUNDS = 4
_FIRST = 0.5
_LEAST_DF = 1.0
_TINY = 1e-12
_ENDLESS = 9.0
"""A difference of logarithms beyond this is that of a side without events."""


@dataclass(frozen=True)
class CountSettings:
    """How counts are modelled.

    Args:
        prior_df: how many degrees of freedom the other displays' spread counts for in each display, at most; fewer
            where displays differ in it.
        fewest: events below which nothing is said about a display.
    """

    prior_df: float = 8.0
    fewest: int = 5


class CountEffects(NamedTuple):
    """A contrast of T displays, as logarithms of ratios of rates; NaN where nothing can be said."""

    log_ratio: DoubleArray
    """``(T,)``; infinite where one side has no events."""
    error: DoubleArray
    """``(T,)`` standard error; infinite with an infinite ratio."""
    low: DoubleArray
    """``(T,)``"""
    high: DoubleArray
    """95% interval, ``(T,)``."""
    df: DoubleArray
    """``(T,)`` Satterthwaite's degrees of freedom."""
    p: DoubleArray
    """``(T,)`` two-sided."""
    dispersion: DoubleArray
    """``(G, T)`` of subjects' rates in each group, with the display's own factor: counts vary by ``mu + a mu^2``."""
    shared: DoubleArray
    """``(G,)`` the same, of all displays."""
    shared_between: DoubleArray
    """``(G,)`` how much of it is a subject's own level; 0 where subjects have one row."""
    inflation: DoubleArray
    """``(T,)`` how many times the shared spread the contrast varies by."""


def fit_counts(
    count: DoubleArray,
    exposure: DoubleArray,
    design: DoubleArray,
    contrast: DoubleArray,
    *,
    subject: IntArray | None = None,
    group: IntArray | None = None,
    settings: CountSettings | None = None,
) -> CountEffects:
    """Model the counts of T displays, all with the same design.

    Args:
        count: ``(n, T)`` events.
        exposure: ``(n,)`` above 0, in any unit.
        design: ``(n, k)`` of full rank, with its constant.
        contrast: ``(k,)`` of the slopes; ``[0, 1, 0]`` asks about the second one.
        subject: ``(n,)`` whose each row is; every row is a subject's only one if None.
        group: ``(n,)`` numbers of groups that have a spread of their own, the same in all rows of a subject.
        settings: how.

    Raises:
        UsageError: numbers of rows that differ, exposures that are not above 0, or columns of the design that say the
            same.
    """
    settings = settings or CountSettings()
    clusters = Clusters.of(np.arange(len(count)) if subject is None else subject)
    groups = np.zeros(len(count), np.int64) if group is None else np.unique(group, return_inverse=True)[1].ravel()
    _check(count, exposure, design, contrast, groups, clusters)
    kept = count.sum(axis=0) >= settings.fewest
    size = int(groups.max(initial=0)) + 1
    out = _unknown(count.shape[1], size)
    if not kept.any() or len(clusters) - design.shape[1] < 2:
        return out
    found = _fitted(count[:, kept], np.log(exposure)[:, None], design, contrast, groups, clusters, settings)
    for whole, part in zip(out[:6], found[:6], strict=True):
        whole[kept] = part
    out.dispersion[:, kept] = found.dispersion
    out.inflation[kept] = found.inflation
    return out._replace(shared=found.shared, shared_between=found.shared_between)


def _unknown(displays: int, groups: int) -> CountEffects:
    def none(*shape: int) -> DoubleArray:
        return np.full(shape, np.nan)

    return CountEffects(
        none(displays), none(displays), none(displays), none(displays), none(displays), none(displays),
        none(groups, displays), none(groups), none(groups), none(displays),
    )  # fmt: skip


def _fitted(
    count: DoubleArray,
    offset: DoubleArray,
    x: DoubleArray,
    contrast: DoubleArray,
    group: IntArray,
    clusters: Clusters,
    settings: CountSettings,
) -> CountEffects:
    from scipy.special import fdtrc, stdtrit

    # Columns of one size, so that nothing depends on the units of a predictor.
    scale = np.sqrt((x**2).mean(axis=0))
    x, contrast = x / scale, contrast / scale
    spread = Spread(np.zeros((len(clusters), 1)), np.full((len(count), 1), _FIRST), clusters)
    shared = np.zeros(int(group.max()) + 1)
    full = fit_means(count, offset, x, spread)
    for _ in range(_ROUNDS):
        spread, shared = group_spread(count, full, x, group, clusters)
        full = fit_means(count, offset, x, spread, full.slopes)
    between = np.array([spread.between[clusters.of_row[group == one]].max() for one in range(len(shared))])
    profile = Profile.of(count, offset, x, contrast, spread)
    none = profile.fitted(np.zeros(count.shape[1]))
    direction = _direction(profile, none)
    factor, df = _factors(count, full, x, direction, group, spread, settings)
    parts = _by_group(clusters.sums(direction * none.weighted.solved(direction)), group, clusters)
    variance = factor * parts
    inflation = variance.sum(axis=0) / parts.sum(axis=0)
    freedom = variance.sum(axis=0) ** 2 / (variance**2 / df).sum(axis=0)
    freedom = np.maximum(freedom, _LEAST_DF)
    best = full.slopes @ contrast
    solved = np.linalg.solve(full.information, np.broadcast_to(contrast[:, None], (len(best), len(contrast), 1)))
    error = np.sqrt(inflation * (contrast @ solved[:, :, 0].T).clip(0))
    p = fdtrc(1.0, freedom, profile.ratio(best) / inflation)
    target = stdtrit(freedom, (1 + LEVEL) / 2) ** 2 * inflation
    low, high = (profile.end(best, error / np.sqrt(inflation), target, way) for way in (-1.0, 1.0))
    endless = np.abs(best) * profile.reach > _ENDLESS
    return CountEffects(
        np.where(endless, np.sign(best) * np.inf, best),
        np.where(endless, np.inf, error),
        low, high, freedom, np.asarray(p), _dispersions(full.weighted.mean, factor, shared, group), shared,
        between, inflation,
    )  # fmt: skip


def _direction(profile: Profile, none: Fit) -> DoubleArray:
    """The contrast without what the rest of the design explains of it, ``(n, T)``."""
    along = np.broadcast_to(profile.along[:, None], profile.count.shape)
    if not profile.rest.shape[1]:
        return along
    explained = np.einsum("nk,nt->tk", profile.rest, none.weighted.solved(along))
    slopes = np.linalg.solve(none.information, explained[:, :, None])[:, :, 0]
    return np.asarray(along - profile.rest @ slopes.T)


def _factors(
    count: DoubleArray,
    full: Fit,
    x: DoubleArray,
    direction: DoubleArray,
    group: IntArray,
    spread: Spread,
    settings: CountSettings,
) -> tuple[DoubleArray, DoubleArray]:
    """How many times the shared spread each group's part of the contrast varies by, and its freedom, ``(G, T)``."""
    clusters, weighted = spread.clusters, full.weighted
    solved = weighted.solved(direction)
    seen = clusters.sums(direction * weighted.residual(count)) ** 2
    model = clusters.sums(direction * solved)
    least = clusters.sums(solved**2 / weighted.mean)
    taken = clusters.sums(weighted.design(x) * direction[:, :, None])
    inverse = np.linalg.inv(full.information)
    fitted = np.einsum("stk,tkj,stj->st", taken, inverse, taken)
    expected = (model - fitted).clip(0)
    peaked = _kurtosis(weighted, solved, spread)
    groups = int(group.max()) + 1
    factor, df = np.ones((groups, count.shape[1])), np.zeros((groups, count.shape[1]))
    for one in range(groups):
        mine = np.zeros(len(clusters), np.bool_)
        mine[clusters.of_row[group == one]] = True
        of_all = np.einsum("stk,stj->tkj", taken[mine], taken[mine]) @ inverse
        across = np.einsum("tkj,tjk->t", of_all, of_all) - (fitted[mine] ** 2).sum(axis=0)
        whole = expected[mine].sum(axis=0)
        varies = ((2 + peaked[mine]) * expected[mine] ** 2).sum(axis=0) + 2 * across.clip(0)
        df[one] = np.divide(2 * whole**2, varies, out=np.zeros_like(whole), where=varies > _TINY * whole**2)
        own = np.divide(seen[mine].sum(axis=0), whole, out=np.ones_like(whole), where=whole > _TINY)
        floor = least[mine].sum(axis=0) / model[mine].sum(axis=0).clip(_TINY)
        factor[one], df[one] = _shrunk(own, df[one], floor, settings.prior_df)
    return factor, df


def _shrunk(own: DoubleArray, df: DoubleArray, floor: DoubleArray, most: float) -> tuple[DoubleArray, DoubleArray]:
    """Factors drawn to the displays' median, never below what Poisson counts vary by; and their degrees of freedom."""
    usual = weighted_median(own, df) if df.sum() > 0 else 1.0
    # One display alone has nothing to be drawn to.
    prior = np.minimum(prior_freedom(own, df, most), df.sum() - df)
    whole = (df + prior).clip(_TINY)
    return np.maximum((df * own + prior * usual) / whole, floor), np.maximum(whole, _LEAST_DF)


def _kurtosis(weighted: Weighted, solved: DoubleArray, spread: Spread) -> DoubleArray:
    """Excess kurtosis of each cluster's part of the contrast ``(S, T)``, that of negative-binomial rows."""
    mean = weighted.mean
    dispersion = spread.within + spread.between[spread.clusters.of_row]
    variance = mean + dispersion * mean**2
    each = 6 * dispersion + 1 / variance
    size = (solved / mean) ** 2 * variance
    whole = spread.clusters.sums(size)
    return np.divide(spread.clusters.sums(each * size**2), whole**2, out=np.zeros_like(whole), where=whole > 0)


def _by_group(values: DoubleArray, group: IntArray, clusters: Clusters) -> DoubleArray:
    own = np.zeros(len(clusters), np.int64)
    own[clusters.of_row] = group
    out = np.zeros((int(group.max()) + 1, values.shape[1]))
    np.add.at(out, own, values)
    return out


def _dispersions(mean: DoubleArray, factor: DoubleArray, shared: DoubleArray, group: IntArray) -> DoubleArray:
    usual = np.stack([mean[group == one].mean(axis=0) for one in range(len(shared))]).clip(1e-9)
    return np.asarray(((factor * (1 + shared[:, None] * usual) - 1) / usual).clip(0))


def _check(
    count: DoubleArray,
    exposure: DoubleArray,
    design: DoubleArray,
    contrast: DoubleArray,
    group: IntArray,
    clusters: Clusters,
) -> None:
    if not len(count) == len(exposure) == len(design) == len(group) or not (exposure > 0).all():
        raise UsageError("a model of counts needs as many counts as exposures, all above 0")
    if design.shape[1] != len(contrast) or not np.any(contrast):
        raise UsageError("a contrast needs a number for each column of the design, and not all 0")
    sizes = np.sqrt((design**2).sum(axis=0))
    if (sizes == 0).any() or np.linalg.matrix_rank(design / sizes) < design.shape[1]:
        raise UsageError(
            "columns of the model say the same", advice="leave a covariate, a stratum or a group of nobody out"
        )
    first = np.zeros(len(clusters), np.int64)
    first[clusters.of_row] = group
    if (first[clusters.of_row] != group).any():
        raise UsageError("a subject's rows are in two groups")
