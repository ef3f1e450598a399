"""The difference of two groups with strata and covariates held constant: one linear model, for g, intervals and p.

The values of each subject are explained by the stratum and the covariates; the group is what is asked about. Without
strata and covariates it is the plain difference of means.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, IntArray

_ROUNDING = 1e-12
_RANK = 1e-9
_FEWEST_DF = 2


class Design(NamedTuple):
    """Subjects of two groups, and what is to be held constant."""

    second: BoolArray
    """``(S,)`` True for the second group."""
    stratum: IntArray
    """``(S,)`` subjects are compared and exchanged within a stratum only (site, say)."""


class Contrast(NamedTuple):
    """The second group against the first (or one more of a score), in ``T`` columns."""

    difference: DoubleArray
    """``(T,)`` adjusted difference of the means, in the unit of the values."""
    residual: DoubleArray
    """``(S, T)`` what neither group, strata nor covariates explain."""
    variance: DoubleArray
    """``(T,)`` of the residuals; 0 where nothing is left to spread."""
    df: int
    """Subjects less parameters; below 1 nothing can be said."""
    group: DoubleArray
    """``(S,)`` the group without what strata and covariates explain of it: the difference is ``x @ values / x @ x``."""
    leverage: DoubleArray
    """``(S,)`` share of each subject's residual that the model takes away."""

    @property
    def information(self) -> float:
        """``x @ x``: the difference has the variance of the residuals over it; ``n1 n2 / (n1 + n2)`` of two groups."""
        return float(self.group @ self.group)


def held_constant(stratum: IntArray, covariates: DoubleArray) -> DoubleArray:
    """Orthonormal basis of the mean, strata and covariates ``(S, k)``; what says the same twice is in it once."""
    strata = np.unique(stratum)
    within = (stratum[:, None] == strata).astype(np.float64)
    basis = within / np.sqrt(within.sum(axis=0))
    left = covariates - basis @ (basis.T @ covariates)
    size = np.sqrt((covariates**2).sum(axis=0))
    left = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
    vectors, lengths, _ = np.linalg.svd(left, full_matrices=False)
    return np.column_stack([basis, vectors[:, lengths > _RANK]])


def residual_group(design: Design, basis: DoubleArray) -> DoubleArray:
    """The group without what a basis of :func:`held_constant` explains of it, ``(S,)``.

    Raises:
        UsageError: nothing is left of it, or covariates leave fewer than two degrees of freedom.
    """
    group = design.second.astype(np.float64)
    strata = len(np.unique(design.stratum))
    held = basis.shape[1] - strata
    if held and len(group) - basis.shape[1] - 1 < _FEWEST_DF:
        advice = "leave some covariates out"
        raise UsageError(f"{held} covariates are too many for {len(group)} subjects", advice=advice)
    x = group - basis @ (basis.T @ group)
    if x @ x < _RANK * len(group):
        if held:
            raise UsageError("the covariates say which group a subject is in", advice="leave such a covariate out")
        advice = "leave the stratum out, or take a coarser one"
        raise UsageError("no stratum has subjects of both groups", advice=advice)
    return np.asarray(x)


def fit_contrast(values: DoubleArray, design: Design, covariates: DoubleArray) -> Contrast:
    """Least squares of columns ``(S, T)``.

    Args:
        values: finite.
        design: of the subjects.
        covariates: ``(S, k)``.

    Raises:
        UsageError: too many covariates, or strata or covariates that say which group a subject is in.
    """
    basis = held_constant(design.stratum, covariates)
    return contrast_along(values, residual_group(design, basis), basis)


def contrast_along(values: DoubleArray, x: DoubleArray, basis: DoubleArray) -> Contrast:
    """Least squares of columns ``(S, T)`` along what is left of one column ``(S,)`` beside a basis ``(S, h)``."""
    xx = float(x @ x)
    centred = values - values.mean(axis=0)
    held = centred - basis @ (basis.T @ centred)
    difference = x @ held / xx
    residual = held - x[:, None] * difference
    df = len(values) - basis.shape[1] - 1
    left = (residual**2).sum(axis=0)
    # Rounding leaves specks of what has no spread at all.
    left[left <= _ROUNDING * (centred**2).sum(axis=0)] = 0.0
    variance = left / df if df > 0 else np.zeros(len(left))
    return Contrast(difference, residual, variance, df, x, (basis**2).sum(axis=1) + x**2 / xx)


def full_rank(columns: DoubleArray) -> DoubleArray:
    """The columns ``(n, k)`` that say something beside those before them; the first stays whatever the others say.

    Raises:
        UsageError: the others say all about the first.
    """
    kept: list[int] = []
    basis = np.zeros((len(columns), 0))
    for place in (*range(1, columns.shape[1]), 0):
        column = columns[:, place]
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)
        if np.sqrt(left @ left) > _RANK * np.sqrt(column @ column):
            basis = np.column_stack([basis, left / np.sqrt(left @ left)])
            kept.append(place)
    if 0 not in kept:
        raise UsageError("what is held constant says all about it", advice="hold fewer columns constant")
    return columns[:, sorted(kept)]
