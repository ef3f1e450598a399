"""Stability selection: which columns a sparse model takes on every half of the people, with a bound on the false ones.

Complementary pairs (Shah and Samworth, JRSS B 2013) of Meinshausen and Buehlmann's stability selection (JRSS B 2010).
People are cut into halves, many times; in each half the first q columns are taken that least angle regression lets in.
Of columns that are taken no more often than by chance, expected are at most ``q² / ((2 threshold - 1) F)`` above the
threshold.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, IntArray

THRESHOLD = 0.75
EXPECTED_FALSE = 1.0
"""Of all columns of a model so many false ones are expected at most."""
PAIRS = 50
_STILL = 1e-9


class Selection(NamedTuple):
    """How often each of F columns is taken."""

    share: DoubleArray
    """``(R, F)`` of the halves, for each aim."""
    taken: int
    """q, columns taken in each half."""
    threshold: float
    expected_false: float
    """Bound on the number of false columns at the threshold, for each aim."""


def stability_selection(
    x: DoubleArray,
    aims: DoubleArray,
    people: IntArray,
    *,
    expected_false: float = EXPECTED_FALSE,
    threshold: float = THRESHOLD,
    pairs: int = PAIRS,
    seed: int = 0,
) -> Selection:
    """Shares of halves of the people in which each column is among the first.

    Args:
        x: ``(n, F)``, finite.
        aims: ``(n, R)``: indicators of classes, or numbers.
        people: ``(n,)`` whose row it is; a person is in one half of a pair.
        expected_false: the bound, from which q follows.
        threshold: share from which a column counts as stable, above one half.
        pairs: of halves.
        seed: of the halves.
    """
    columns = x.shape[1]
    taken = int(np.clip(np.floor(np.sqrt(expected_false * (2 * threshold - 1) * columns)), 1, columns))
    who = np.unique(people, return_inverse=True)[1]
    count = int(who.max(initial=-1)) + 1
    share = np.zeros((aims.shape[1], columns))
    rng = np.random.default_rng([seed, columns])
    for _ in range(pairs):
        half = np.zeros(count, np.bool_)
        half[rng.permutation(count)[: count // 2]] = True
        for rows in (np.flatnonzero(half[who]), np.flatnonzero(~half[who])):
            for place, first in enumerate(_first(x[rows], aims[rows], taken)):
                share[place, first] += 1
    return Selection(share / (2 * pairs), taken, threshold, taken**2 / ((2 * threshold - 1) * columns))


def _first(x: DoubleArray, aims: DoubleArray, taken: int) -> list[IntArray]:
    """The first columns that least angle regression lets in, for each aim (Efron et al., Annals of Statistics 2004)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import lars_path_gram

    centred = x - x.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    varies = np.flatnonzero(spread > _STILL)
    scaled = centred[:, varies] / spread[varies]
    gram, matches = scaled.T @ scaled, scaled.T @ (aims - aims.mean(axis=0))
    found = []
    for match in matches.T:
        active: list[int] = []
        if match.any():
            most = min(taken, len(varies))
            with warnings.catch_warnings():
                # Columns that say the same are dropped, and that is all that the warning says.
                warnings.simplefilter("ignore", ConvergenceWarning)
                _, active, _ = lars_path_gram(match, gram, n_samples=len(x), max_iter=most, method="lar")
        found.append(np.asarray(varies[np.asarray(active, np.int64)], np.int64))
    return found
