"""Groups compared with covariates held constant: adjusted effect sizes, and permutation of residuals.

The permutation is that of Freedman and Lane (1983): the values are split into what the covariates explain and what is
left, and only what is left is exchanged between subjects; Winkler et al. (2014, *NeuroImage* 92, 381) compare it with
its rivals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray
from dfe.stats.contrasts import Design, fit_contrast, held_constant, residual_group
from dfe.stats.draws import PERMUTATIONS
from dfe.stats.effect_sizes import average_g, hedges_g
from dfe.stats.groups import GroupEffects, permutation_test
from dfe.stats.significance import benjamini_hochberg
from dfe.stats.terms import Term, term_test


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
    residual_group(design, held_constant(design.stratum, covariates))
    group = design.second.astype(np.float64)[:, None]
    done = term_test(values, Term(group, covariates, design.stratum), permutations, seed)
    return done.p, done.p_any


def _numbers(cells: Sequence[str]) -> DoubleArray | None:
    try:
        numbers = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
