"""Groups compared with covariates held constant: adjusted effect sizes, and permutation of residuals.

The permutation is that of Freedman and Lane (1983): the values are split into what the covariates explain and what is
left, and only what is left is exchanged between subjects; Winkler et al. (2014, *NeuroImage* 92, 381) compare it with
its rivals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.stats.groups import (
    PERMUTATIONS,
    Design,
    GroupEffects,
    permutation_test,
)
from dfe.stats.significance import benjamini_hochberg

_AT_ONCE = 512
_TINY = 1e-12
_NEAR = 1 - 1e-9
_SINGULAR = 1e10
_ROUNDING = 1e-12


class Covariates(NamedTuple):
    """What is held constant."""

    matrix: DoubleArray
    """``(S, k)`` columns with mean 0."""
    names: tuple[str, ...]
    """As in ``age`` or ``site: Leeds``."""


def code_covariates(columns: Mapping[str, Sequence[str]], categories: Sequence[str] = ()) -> Covariates:
    """Numbers as they are, words as one column for each but the first in alphabetical order.

    Args:
        columns: by name, a cell for each subject.
        categories: names of those whose numbers are words (site 1, 2, 3).

    Raises:
        UsageError: a covariate that is the same for all.
    """
    coded: list[DoubleArray] = []
    names: list[str] = []
    for name, cells in columns.items():
        numbers = None if name in categories else _numbers(cells)
        if numbers is not None:
            coded.append(numbers)
            names.append(name)
        else:
            words = sorted(set(cells))
            coded += [np.array([cell == word for cell in cells], np.float64) for word in words[1:]]
            names += [f"{name}: {word}" for word in words[1:]]
        if len(set(cells)) < 2:
            raise UsageError(
                f"the covariate {name} is {next(iter(cells), '')!r} for all subjects", advice="leave it out"
            )
    count = len(next(iter(columns.values()), ()))
    matrix = np.column_stack(coded) if coded else np.zeros((count, 0))
    return Covariates(matrix - matrix.mean(axis=0), tuple(names))


def compare_adjusted(
    values: DoubleArray,
    design: Design,
    covariates: Covariates,
    *,
    permutations: int = PERMUTATIONS,
    draws: int = 2_000,
    seed: int = 0,
) -> GroupEffects:
    """As :func:`dfe.stats.groups.compare_groups`, with covariates held constant; the means stay as they are.

    Raises:
        UsageError: too few subjects, values that are not finite, or covariates that say which group it is.
    """
    if not np.isfinite(values).all():
        raise UsageError("a subject's values are not finite")
    z, second = covariates.matrix, design.second
    if min(second.sum(), (~second).sum()) < 2:
        raise UsageError("a comparison needs two subjects in each group")
    _residual_group(second, z)
    p, p_any = freedman_lane(values, design, z, permutations, seed)
    low, high = interval_of_g(values, second, z, draws, seed)
    mean = np.stack([values[~second].mean(axis=0), values[second].mean(axis=0)])
    return GroupEffects(mean, adjusted_g(values, second, z), low, high, p, benjamini_hochberg(p), p_any)


def adjusted_g(values: DoubleArray, second: BoolArray, covariates: DoubleArray) -> DoubleArray:
    """Adjusted difference of groups over the residual spread, ``(T,)``, times Hedges' small-sample correction.

    Without covariates this is :func:`dfe.stats.groups.hedges_g`. NaN where nothing is left to spread, or where group
    and covariates cannot be told apart.
    """
    g: DoubleArray = _weighted_g(values, second, covariates, np.ones((1, len(values))))[0]
    return g


def interval_of_g(
    values: DoubleArray, second: BoolArray, covariates: DoubleArray, draws: int, seed: int
) -> tuple[DoubleArray, DoubleArray]:
    """95% percentile interval of :func:`adjusted_g`, ``(T,)`` both, drawing subjects anew within their groups.

    A draw in which group and covariates cannot be told apart is left out.
    """
    rng = np.random.default_rng([seed, 1])
    drawn = np.concatenate(
        [
            _weighted_g(values, second, covariates, draw_weights(rng, second, min(_AT_ONCE, draws - start)))
            for start in range(0, draws, _AT_ONCE)
        ]
    )
    return percentiles(drawn)


def draw_weights(rng: np.random.Generator, second: BoolArray, draws: int) -> DoubleArray:
    """How often each subject is drawn, ``(draws, S)``, each group keeping its size."""
    weights = np.zeros((draws, len(second)))
    for group in (~second, second):
        size = int(group.sum())
        weights[:, group] = rng.multinomial(size, np.full(size, 1 / size), draws)
    return weights


def percentiles(drawn: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """2.5th and 97.5th percentile of each column of ``(draws, T)``; NaN where no draw says anything."""
    known = np.isfinite(drawn).any(axis=0)
    low, high = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    low[known], high[known] = np.nanpercentile(drawn[:, known], [2.5, 97.5], axis=0)
    return low, high


def _weighted_g(values: DoubleArray, second: BoolArray, covariates: DoubleArray, weights: DoubleArray) -> DoubleArray:
    """G of each set of weights ``(b, S)``, whole numbers that sum to S: ``(b, T)``, by normal equations."""
    centred = values - values.mean(axis=0)
    scale = covariates.std(axis=0)
    z = np.divide(covariates, scale, out=np.zeros_like(covariates), where=scale > 0)
    x = np.column_stack([np.ones(len(values)), second.astype(np.float64) - second.mean(), z])
    width, df = x.shape[1], len(values) - x.shape[1]
    out = np.full((len(weights), values.shape[1]), np.nan)
    xx = (weights @ (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)).reshape(-1, width, width)
    sound = np.linalg.cond(xx) < _SINGULAR
    if df < 2 or not sound.any():
        return out
    xx, weights = xx[sound], weights[sound]
    xy = np.stack([weights @ (column[:, None] * centred) for column in x.T], axis=1)
    slopes = np.linalg.solve(xx, xy)
    total = weights @ centred**2
    residual = total - (slopes * xy).sum(axis=1)
    spread = np.sqrt(residual.clip(0) / df)
    fine = residual > _ROUNDING * total.clip(_TINY)
    g = np.divide(slopes[:, 1], spread, out=np.full(spread.shape, np.nan), where=fine)
    out[sound] = g * (1 - 3 / (4 * df - 1))
    return out


def freedman_lane(
    values: DoubleArray, design: Design, covariates: DoubleArray, permutations: int = PERMUTATIONS, seed: int = 0
) -> tuple[DoubleArray, float]:
    """P of each column ``(T,)`` and of the largest |t| over all of them, two-sided, ``(b + 1) / (B + 1)``.

    Args:
        values: ``(S, T)``.
        design: groups, and strata within which residuals are exchanged.
        covariates: ``(S, k)``; with none it is the permutation of groups.
        permutations: B.
        seed: of the permutations.
    """
    if not covariates.shape[1]:
        return permutation_test(values, design, permutations, seed)
    x = _residual_group(design.second, covariates)
    q = np.linalg.qr(np.column_stack([np.ones(len(values)), covariates]))[0]
    residual = values - q @ (q.T @ values)
    scale = np.sqrt((residual**2).sum(axis=0))
    residual = np.divide(residual, scale, out=np.zeros_like(residual), where=scale > _TINY * np.abs(values).max())
    df = len(values) - q.shape[1] - 1
    seen = np.abs(_t(residual, x, q, np.arange(len(values))[None], df))[0]
    beyond, beyond_any = np.zeros(values.shape[1], np.int64), 0
    for order in exchanges(design.stratum, permutations, seed):
        null = np.abs(_t(residual, x, q, order, df))
        beyond += (null >= seen * _NEAR).sum(axis=0)
        beyond_any += int((null.max(axis=1) >= seen.max() * _NEAR).sum())
    return (beyond + 1) / (permutations + 1), (beyond_any + 1) / (permutations + 1)


def exchanges(stratum: IntArray, permutations: int, seed: int) -> Iterator[IntArray]:
    """Orders ``(b, S)`` of subjects, exchanged within strata, in batches that make up the permutations."""
    rng = np.random.default_rng(seed)
    strata = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]
    for start in range(0, permutations, _AT_ONCE):
        order = np.empty((min(_AT_ONCE, permutations - start), len(stratum)), np.int64)
        for rows in strata:
            order[:, rows] = rng.permuted(np.tile(rows, (len(order), 1)), axis=1)
        yield order


def _t(residual: DoubleArray, x: DoubleArray, q: DoubleArray, order: IntArray, df: int) -> DoubleArray:
    """T of the group ``(b, T)`` when residuals ``(S, T)`` are put in the order given, and the full model refitted.

    ``x`` is the group without what the covariates explain of it, ``q`` an orthonormal basis of the covariates: subject
    ``order[i]`` of the model gets residual ``i``, which saves moving the residuals themselves.
    """
    xx = float(x @ x)
    slope = x[order] @ residual / xx
    rest = (residual**2).sum(axis=0) - xx * slope**2
    for column in q.T:
        rest = rest - (column[order] @ residual) ** 2
    error = np.sqrt(rest.clip(0) / df / xx)
    return np.asarray(np.divide(slope, error, out=np.zeros_like(slope), where=error > _TINY))


def _residual_group(second: BoolArray, covariates: DoubleArray) -> DoubleArray:
    """The group without what the covariates explain of it, ``(S,)``."""
    z = np.column_stack([np.ones(len(second)), covariates])
    if len(second) - z.shape[1] - 1 < 2 or np.linalg.matrix_rank(z) < z.shape[1]:
        advice = "leave some covariates out"
        raise UsageError(f"{covariates.shape[1]} covariates are too many for {len(second)} subjects", advice=advice)
    group = second.astype(np.float64)
    x = group - z @ np.linalg.lstsq(z, group, rcond=None)[0]
    if x @ x < 1e-9 * len(second):
        raise UsageError("the covariates say which group a subject is in", advice="leave such a covariate out")
    return np.asarray(x)


def _numbers(cells: Sequence[str]) -> DoubleArray | None:
    try:
        numbers = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
