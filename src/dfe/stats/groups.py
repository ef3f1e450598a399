"""Two groups of subjects compared, token by token: effect sizes, intervals, permutation, false discovery.

The subject is the unit. Whoever has several recordings or windows counts once, with their sums over the sums of their
exposure; the models for repeated recordings are in :mod:`dfe.stats.repeated`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.stats.significance import benjamini_hochberg

PERMUTATIONS = 9_999
_AT_ONCE = 512
_TINY = 1e-12


class GroupEffects(NamedTuple):
    """One row per token; the effect is of the second group against the first."""

    mean: DoubleArray
    """``(2, T)`` mean over the subjects of each group."""
    hedges_g: DoubleArray
    """``(T,)`` standardised difference of the means, corrected for small samples; NaN without any spread."""
    low: DoubleArray
    high: DoubleArray
    """``(T,)`` 95% interval, by drawing subjects within their groups."""
    p: DoubleArray
    """``(T,)`` permutation p of the difference of the means, two-sided, ``(b + 1) / (B + 1)``."""
    q: DoubleArray
    """``(T,)`` Benjamini-Hochberg over the tokens."""
    p_any: float
    """Permutation p of the largest effect over all tokens: whether there is any difference at all."""


class Design(NamedTuple):
    """Subjects of two groups, and what is to be held constant."""

    second: BoolArray
    """``(S,)`` True for the second group."""
    stratum: IntArray
    """``(S,)`` subjects are exchanged within a stratum only (site, say)."""


def hedges_g(values: DoubleArray, second: BoolArray) -> DoubleArray:
    """Hedges' g of columns ``(S, T)``: difference of means over the pooled spread, times ``1 - 3 / (4 df - 1)``.

    Hedges (1981), with the usual approximation of his correction. NaN where no subject differs from the others of the
    group.
    """
    first, other = values[~second], values[second]
    df = len(values) - 2
    if min(len(first), len(other)) < 2:
        raise UsageError("a comparison needs two subjects in each group")
    pooled = ((len(first) - 1) * first.var(axis=0, ddof=1) + (len(other) - 1) * other.var(axis=0, ddof=1)) / df
    difference = other.mean(axis=0) - first.mean(axis=0)
    spread = np.sqrt(pooled)
    g = np.divide(difference, spread, out=np.full(len(spread), np.nan), where=spread > _TINY)
    return np.asarray(g * (1 - 3 / (4 * df - 1)))


def compare_groups(
    values: DoubleArray,
    design: Design,
    *,
    permutations: int = PERMUTATIONS,
    draws: int = 2_000,
    seed: int = 0,
) -> GroupEffects:
    """Compare the subjects' values ``(S, T)`` between the groups.

    Raises:
        UsageError: fewer than two subjects in a group, or values that are not finite.
    """
    if not np.isfinite(values).all():
        raise UsageError("a subject's values are not finite")
    second = design.second
    g = hedges_g(values, second)
    p, p_any = permutation_test(values, design, permutations, seed)
    low, high = bootstrap_interval(values, second, hedges_g, draws, seed)
    mean = np.stack([values[~second].mean(axis=0), values[second].mean(axis=0)])
    return GroupEffects(mean, g, low, high, p, benjamini_hochberg(p), p_any)


def permutation_test(
    values: DoubleArray, design: Design, permutations: int = PERMUTATIONS, seed: int = 0
) -> tuple[DoubleArray, float]:
    """P of each column, and of the largest over all of them.

    The statistic is the difference of the means over the standard deviation of all subjects, which no exchange
    changes; so the largest over columns of different scales means something.
    """
    spread = values.std(axis=0, ddof=1)
    scaled = np.divide(values, spread, out=np.zeros_like(values), where=spread > _TINY)
    seen = np.abs(_differences(scaled, design.second[None]))[0]
    rng = np.random.default_rng(seed)
    beyond, beyond_any = np.zeros(values.shape[1], np.int64), 0
    for start in range(0, permutations, _AT_ONCE):
        labels = _exchanged(design, min(_AT_ONCE, permutations - start), rng)
        null = np.abs(_differences(scaled, labels))
        # Sums in another order differ in the last bits; equal splits must count as equal.
        beyond += (null >= seen - _TINY).sum(axis=0)
        beyond_any += int((null.max(axis=1) >= seen.max() - _TINY).sum())
    return (beyond + 1) / (permutations + 1), (beyond_any + 1) / (permutations + 1)


def bootstrap_interval(
    values: DoubleArray,
    second: BoolArray,
    statistic: Callable[[DoubleArray, BoolArray], DoubleArray],
    draws: int,
    seed: int,
) -> tuple[DoubleArray, DoubleArray]:
    """95% percentile interval of a statistic of each column, drawing subjects anew within their groups."""
    rng = np.random.default_rng([seed, 1])
    groups = np.flatnonzero(~second), np.flatnonzero(second)
    label = np.repeat([False, True], [len(group) for group in groups])
    drawn = np.empty((draws, values.shape[1]))
    for draw in range(draws):
        rows = np.concatenate([rng.choice(group, len(group)) for group in groups])
        drawn[draw] = statistic(values[rows], label)
    known = np.isfinite(drawn).any(axis=0)
    low, high = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    low[known], high[known] = np.nanpercentile(drawn[:, known], [2.5, 97.5], axis=0)
    return low, high


def _differences(scaled: DoubleArray, labels: BoolArray) -> DoubleArray:
    """Second group's mean minus the first's, of each labelling ``(B, S)`` and column ``(S, T)``."""
    second = labels.astype(np.float64)
    count = second.sum(axis=1, keepdims=True)
    sums = second @ scaled
    return np.asarray(sums / count - (scaled.sum(axis=0) - sums) / (len(scaled) - count))


def _exchanged(design: Design, count: int, rng: np.random.Generator) -> BoolArray:
    """So many labellings ``(count, S)``, with each stratum keeping its numbers of both groups."""
    labels = np.empty((count, len(design.second)), np.bool_)
    for stratum in np.unique(design.stratum):
        rows = np.flatnonzero(design.stratum == stratum)
        labels[:, rows] = rng.permuted(np.tile(design.second[rows], (count, 1)), axis=1)
    return labels
