"""Two conditions compared within subjects: standardised differences, intervals, permutation of signs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray
from dfe.stats.draws import PERMUTATIONS
from dfe.stats.effect_sizes import Effects, average_d, cohens_dz
from dfe.stats.significance import benjamini_hochberg

_AT_ONCE = 512
_TINY = 1e-12
_NEAR = 1 - 1e-9


class PairedEffects(NamedTuple):
    """One row per token; the effect is of the second condition against the first."""

    mean: DoubleArray
    """``(2, T)`` mean over the subjects in each condition."""
    d_z: Effects
    """Mean difference over the spread of the differences, with the interval of the noncentral t."""
    average: Effects
    """Mean difference over the root of the conditions' mean variance (d_av), with Bonett's interval."""
    df: int
    """Degrees of freedom of the effect; below 2 there is none."""
    p: DoubleArray
    """``(T,)`` permutation p, two-sided, ``(b + 1) / (B + 1)``."""
    q: DoubleArray
    """``(T,)`` Benjamini-Hochberg over the tokens."""
    p_any: float
    """Permutation p of the largest effect over all tokens."""


def compare_conditions(
    first: DoubleArray, second: DoubleArray, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> PairedEffects:
    """Compare subjects' values ``(S, T)`` in two conditions.

    Raises:
        UsageError: fewer than two subjects, or values that are not finite.
    """
    differences = second - first
    if len(differences) < 2:
        raise UsageError("a comparison within subjects needs two subjects that are in both conditions")
    if not np.isfinite(differences).all():
        raise UsageError("a subject's values are not finite")
    p, p_any = sign_flip_test(differences, permutations, seed)
    mean = np.stack([first.mean(axis=0), second.mean(axis=0)])
    average = average_d(first, second)
    return PairedEffects(mean, cohens_dz(differences), average, len(differences) - 1, p, benjamini_hochberg(p), p_any)


def sign_flip_test(
    differences: DoubleArray, permutations: int = PERMUTATIONS, seed: int = 0
) -> tuple[DoubleArray, float]:
    """P of each column of differences ``(S, T)``, and of the largest over all of them.

    A subject's differences change sign together. The statistic is the mean over the root mean square, which no flip
    changes; it rises with |t|.
    """
    scale = np.sqrt((differences**2).mean(axis=0))
    scaled = np.divide(differences, scale, out=np.zeros_like(differences), where=scale > _TINY)
    seen = np.abs(scaled.mean(axis=0))
    rng = np.random.default_rng(seed)
    beyond, beyond_any = np.zeros(len(seen), np.int64), 0
    for start in range(0, permutations, _AT_ONCE):
        signs = rng.choice([-1.0, 1.0], (min(_AT_ONCE, permutations - start), len(differences)))
        null = np.abs(signs @ scaled) / len(differences)
        beyond += (null >= seen * _NEAR).sum(axis=0)
        beyond_any += int((null.max(axis=1) >= seen.max() * _NEAR).sum())
    return (beyond + 1) / (permutations + 1), (beyond_any + 1) / (permutations + 1)
