"""How far coders agree on names, beyond chance.

Every figure has an interval by drawing the items (displays, recordings) anew with replacement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.draws import DRAWS

MISSING = -1
"""Stands where a coder has said nothing about an item."""


class Agreement(NamedTuple):
    """Agreement of coders on names."""

    alpha: Estimate
    """Krippendorff's, nominal."""
    ac1: Estimate
    """Gwet's."""
    observed: Estimate
    """Share of pairs of coders that agree, mean over the items that two or more have named: not corrected."""
    items: int
    """Items that two or more coders have named."""


def agreement(codes: ArrayLike, *, draws: int = DRAWS, seed: int = 0) -> Agreement:
    """Agreement of coders with intervals over the items.

    Args:
        codes: ``(items, coders)`` whole numbers, one a category; -1 where a coder has said nothing.
        draws: of the bootstrap.
        seed: of the draws.

    Raises:
        UsageError: no such array, or fewer than two coders.
    """
    counts = category_counts(codes)
    bootstrap = SubjectBootstrap(np.arange(len(counts)), draws, seed)
    # A draw without any doubly named item, or with one category only, has no figure and is left out.
    return Agreement(
        alpha=bootstrap.statistic(lambda weights: krippendorff_alpha(counts, weights)),
        ac1=bootstrap.statistic(lambda weights: gwet_ac1(counts, weights)),
        observed=bootstrap.statistic(lambda weights: observed_agreement(counts, weights)),
        items=int(np.count_nonzero(counts.sum(axis=1) >= 2)),
    )


def category_counts(codes: ArrayLike) -> IntArray:
    """How many coders put each item into each category, ``(items, categories)``; categories that occur, ascending.

    Raises:
        UsageError: codes are no whole numbers ``(items, coders)``, or of fewer than two coders.
    """
    rows = np.asarray(codes)
    if rows.ndim != 2 or rows.shape[1] < 2 or not np.issubdtype(rows.dtype, np.integer):
        raise UsageError(f"agreement needs whole numbers of (items, 2 or more coders), not {rows.dtype} {rows.shape}")
    categories = np.unique(rows[rows != MISSING])
    return np.asarray((rows[:, :, None] == categories).sum(axis=1), np.int64)


def krippendorff_alpha(counts: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Krippendorff's alpha for nominal data, any number of coders, with missing values.

    ``1 - D_observed / D_expected`` over the pairable values: those of items that two or more coders have named
    (Krippendorff 2011, *Computing Krippendorff's Alpha-Reliability*, C). NaN where only one category occurs among
    them: then there is nothing to tell apart.

    Args:
        counts: ``(items, categories)``, see :func:`category_counts`.
        weights: ``(items,)``, how often each item counts; once if None.
    """
    n_uc, w = _pairable(counts, weights)
    n_u = n_uc.sum(axis=1)
    totals = w @ n_uc
    n = totals.sum()
    expected = n**2 - (totals**2).sum()
    if not expected > 0:
        return float("nan")
    observed = (w * (n_u**2 - (n_uc**2).sum(axis=1)) / (n_u - 1)).sum()
    return float(1 - (n - 1) * observed / expected)


def gwet_ac1(counts: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Gwet's AC1 for any number of coders, with missing values; less upset than alpha by categories that are rare.

    Chance agreement is ``sum pi (1 - pi) / (Q - 1)``, with pi the mean share of coders by category over all items that
    anyone has named, and Q the number of categories that occur (Gwet 2014, *Handbook of Inter-Rater Reliability*, 4th
    ed., chapter 5). NaN where fewer than two categories occur.

    Args:
        counts: ``(items, categories)``, see :func:`category_counts`.
        weights: ``(items,)``, how often each item counts; once if None.
    """
    rows, w = _weighted(counts, weights)
    named = rows.sum(axis=1)
    some = named > 0
    categories = int((rows > 0).any(axis=0).sum())
    if categories < 2 or not w[some].sum() > 0:
        return float("nan")
    shares = w[some] @ (rows[some] / named[some, None]) / w[some].sum()
    chance = float((shares * (1 - shares)).sum() / (categories - 1))
    return (observed_agreement(rows, w) - chance) / (1 - chance)


def observed_agreement(counts: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Share of pairs of coders that agree, mean over items that two or more have named; NaN if there are none."""
    rows, w = _pairable(counts, weights)
    return float((w * item_agreement(rows)).sum() / w.sum()) if w.sum() > 0 else float("nan")


def item_agreement(counts: ArrayLike) -> DoubleArray:
    """Share of the pairs of its coders that agree on each item, ``(items,)``; NaN where fewer than two named it."""
    rows = np.asarray(counts, np.float64)
    n = rows.sum(axis=1)
    share: DoubleArray = np.full(len(rows), np.nan)
    np.divide((rows * (rows - 1)).sum(axis=1), n * (n - 1), out=share, where=n >= 2)
    return share


def as_codes(names: Sequence[Sequence[str]]) -> tuple[IntArray, tuple[str, ...]]:
    """Names ``(items, coders)`` as numbers, an empty one as -1, and the names in the order of their numbers."""
    known = tuple(sorted({name for row in names for name in row if name}))
    number = {name: place for place, name in enumerate(known)} | {"": MISSING}
    return np.array([[number[name] for name in row] for row in names], np.int64), known


def _weighted(counts: ArrayLike, weights: ArrayLike | None) -> tuple[DoubleArray, DoubleArray]:
    rows = np.asarray(counts, np.float64)
    w: NDArray[np.float64] = np.ones(len(rows)) if weights is None else np.asarray(weights, np.float64)
    return rows[w > 0], w[w > 0]


def _pairable(counts: ArrayLike, weights: ArrayLike | None) -> tuple[DoubleArray, DoubleArray]:
    rows, w = _weighted(counts, weights)
    pairable = rows.sum(axis=1) >= 2
    return rows[pairable], w[pairable]
