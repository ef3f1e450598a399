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
from dfe.base.types import DoubleArray, IntArray
from dfe.stats.contrasts import Design, fit_contrast, held_constant, residual_group
from dfe.stats.effect_sizes import average_g, hedges_g
from dfe.stats.groups import PERMUTATIONS, GroupEffects, permutation_test
from dfe.stats.significance import benjamini_hochberg

_AT_ONCE = 512
_TINY = 1e-12
_NEAR = 1 - 1e-9


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
    values: DoubleArray, design: Design, covariates: Covariates, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> GroupEffects:
    """Compare the subjects' values ``(S, T)`` between the groups, strata and covariates held constant.

    Effects, intervals and p are about the same difference; the means stay as they are.

    Raises:
        UsageError: too few subjects, values that are not finite, or strata or covariates that say which group it is.
    """
    if not np.isfinite(values).all():
        raise UsageError("a subject's values are not finite")
    z, second = covariates.matrix, design.second
    if min(second.sum(), (~second).sum()) < 2:
        raise UsageError("a comparison needs two subjects in each group")
    contrast = fit_contrast(values, design, z)
    p, p_any = freedman_lane(values, design, z, permutations, seed)
    mean = np.stack([values[~second].mean(axis=0), values[second].mean(axis=0)])
    return GroupEffects(
        mean, hedges_g(contrast), average_g(contrast, second), contrast.df, p, benjamini_hochberg(p), p_any
    )


def freedman_lane(
    values: DoubleArray, design: Design, covariates: DoubleArray, permutations: int = PERMUTATIONS, seed: int = 0
) -> tuple[DoubleArray, float]:
    """P of each column ``(T,)`` and of the largest |t| over all of them, two-sided, ``(b + 1) / (B + 1)``.

    Args:
        values: ``(S, T)``.
        design: groups, and strata, which are held constant and within which residuals are exchanged.
        covariates: ``(S, k)``; with none it is the permutation of groups.
        permutations: B.
        seed: of the permutations.

    Raises:
        UsageError: too many covariates, or strata or covariates that say which group a subject is in.
    """
    if not covariates.shape[1]:
        return permutation_test(values, design, permutations, seed)
    q = held_constant(design.stratum, covariates)
    df = len(values) - q.shape[1] - 1
    x = residual_group(design, q)
    residual = values - q @ (q.T @ values)
    scale = np.sqrt((residual**2).sum(axis=0))
    residual = np.divide(residual, scale, out=np.zeros_like(residual), where=scale > _TINY * np.abs(values).max())
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

    ``x`` is the group without what is held constant, ``q`` an orthonormal basis of what is held constant: subject
    ``order[i]`` of the model gets residual ``i``, which saves moving the residuals themselves.
    """
    xx = float(x @ x)
    slope = x[order] @ residual / xx
    rest = (residual**2).sum(axis=0) - xx * slope**2
    for column in q.T:
        rest = rest - (column[order] @ residual) ** 2
    error = np.sqrt(rest.clip(0) / df / xx)
    return np.asarray(np.divide(slope, error, out=np.zeros_like(slope), where=error > _TINY))


def _numbers(cells: Sequence[str]) -> DoubleArray | None:
    try:
        numbers = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
