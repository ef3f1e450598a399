"""Two groups of subjects compared, token by token: what is found, and p by exchanging subjects.

The subject is the unit. Whoever has several recordings or windows counts once, with their sums over the sums of their
exposure; counts are modelled in :mod:`dfe.stats.count_model`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from dfe.stats.contrasts import Design, held_constant
from dfe.stats.draws import PERMUTATIONS
from dfe.stats.effect_sizes import Effects

_AT_ONCE = 512
_TINY = 1e-12


class GroupEffects(NamedTuple):
    """One row per token; the effect is of the second group against the first."""

    mean: DoubleArray
    """``(2, T)`` mean over the subjects of each group."""
    g: Effects
    """Hedges' g, strata and covariates held constant, with the interval of the noncentral t."""
    average: Effects
    """The same over the root of the groups' mean variance (d_av), with Bonett's interval."""
    df: int
    """Degrees of freedom of the effect; below 2 there is none."""
    p: DoubleArray
    """``(T,)`` permutation p of the same difference, two-sided, ``(b + 1) / (B + 1)``."""
    q: DoubleArray
    """``(T,)`` Benjamini-Hochberg over the tokens."""
    p_any: float
    """Permutation p of the largest effect over all tokens: whether there is any difference at all."""


def permutation_test(
    values: DoubleArray, design: Design, permutations: int = PERMUTATIONS, seed: int = 0
) -> tuple[DoubleArray, float]:
    """P of each column, and of the largest over all of them.

    The statistic is the difference of the means within strata over the standard deviation within strata, which no
    exchange changes; so the largest over columns of different scales means something.
    """
    basis = held_constant(design.stratum, np.zeros((len(values), 0)))
    centred = values - values.mean(axis=0)
    within = centred - basis @ (basis.T @ centred)
    spread = np.sqrt((within**2).sum(axis=0) / (len(values) - 1))
    # What is constant within strata leaves specks of rounding.
    fine = spread > _TINY * np.abs(values).max(axis=0, initial=0.0).clip(1.0)
    scaled = np.divide(within, spread, out=np.zeros_like(within), where=fine)
    second = design.second.astype(np.float64)
    # Each stratum keeps its numbers, so this is the same for all exchanges.
    information = float(second @ (second - basis @ (basis.T @ second)))
    scaled /= information if information > _TINY * len(values) else 1.0
    seen = np.abs(second @ scaled)
    rng = np.random.default_rng(seed)
    beyond, beyond_any = np.zeros(values.shape[1], np.int64), 0
    for start in range(0, permutations, _AT_ONCE):
        labels = _exchanged(design, min(_AT_ONCE, permutations - start), rng)
        null = np.abs(labels.astype(np.float64) @ scaled)
        # Sums in another order differ in the last bits; equal splits must count as equal.
        beyond += (null >= seen - _TINY).sum(axis=0)
        beyond_any += int((null.max(axis=1) >= seen.max() - _TINY).sum())
    return (beyond + 1) / (permutations + 1), (beyond_any + 1) / (permutations + 1)


def _exchanged(design: Design, count: int, rng: np.random.Generator) -> BoolArray:
    """So many labellings ``(count, S)``, with each stratum keeping its numbers of both groups."""
    labels = np.empty((count, len(design.second)), np.bool_)
    for stratum in np.unique(design.stratum):
        rows = np.flatnonzero(design.stratum == stratum)
        labels[:, rows] = rng.permuted(np.tile(design.second[rows], (count, 1)), axis=1)
    return labels
