"""Intervals by drawing people anew: the subject is the unit, however many faces each one brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray
from dfe.stats.draws import DRAWS

PERCENTILES = (2.5, 97.5)
_DRAWS_AT_ONCE = 64


class Estimate(NamedTuple):
    """A figure with its 95% interval: percentiles over the bootstrap's draws; NaN where there is no interval."""

    value: float
    low: float
    high: float


class SubjectBootstrap:
    """Draws people with replacement, as many as there are; each draw takes all faces of a person drawn.

    The same draws serve every figure, so that figures of the same faces can be compared. Percentile intervals and
    clusters drawn whole: Davison and Hinkley, *Bootstrap Methods and their Application* (1997), 5.3 and 3.8.

    Args:
        subject: ``(n,)`` number of each face's person; a face of an unknown person (-1) counts as a person of its own.
            None: every face is a person of its own.
        draws: how many.
        seed: of the draws.
    """

    def __init__(self, subject: IntArray | None, draws: int = DRAWS, seed: int = 0) -> None:
        self.draws, self.seed = draws, seed
        self._index = None if subject is None else _own_numbers(np.asarray(subject))
        self._counts: dict[int, NDArray[np.int32]] = {}

    def index(self, n: int) -> IntArray:
        """Person of each of the n faces, numbered 0 to S-1 without a gap, ``(n,)``.

        Raises:
            UsageError: it was made for another number of faces.
        """
        if self._index is None:
            return np.arange(n)
        if len(self._index) != n:
            raise UsageError(f"{n} values do not fit a bootstrap of {len(self._index)} faces")
        return self._index

    def counts(self, n: int) -> NDArray[np.int32]:
        """How often each person of the n faces is drawn, ``(draws, S)``.

        Raises:
            UsageError: it was made for another number of faces.
        """
        return self._drawn(_count(self.index(n)))

    def mean(self, values: ArrayLike) -> Estimate:
        """Mean over faces of values ``(n,)``; NaN stands for a face that was not measured and is left out."""
        return self.mean_of_columns(np.asarray(values, np.float64)[:, None])[0]

    def mean_of_columns(self, values: ArrayLike) -> list[Estimate]:
        """As :meth:`mean` for every column of ``(n, m)``."""
        rows = np.asarray(values, np.float64)
        measured = ~np.isnan(rows)
        return self._ratios(np.where(measured, rows, 0.0), measured.astype(np.float64))

    def ratio(self, numerator: ArrayLike, denominator: ArrayLike) -> Estimate:
        """Sum of one value over the faces by the sum of another, ``(n,)`` both; NaN where the second sums to 0.

        A face with 0 in both has no part in it; with fewer than two people that have a part there is no interval.
        """
        above, below = (np.asarray(values, np.float64)[:, None] for values in (numerator, denominator))
        return self._ratios(above, below)[0]

    def statistic(self, function: Callable[[DoubleArray], float]) -> Estimate:
        """Any figure of weighted faces: ``function`` takes weights ``(n,)``, how often each face is drawn.

        Slow: it is called once with ones and once per draw. A draw for which it gives NaN is left out.

        Raises:
            UsageError: the bootstrap knows no number of faces, since it was made without subjects.
        """
        if self._index is None:
            raise UsageError("a statistic needs a bootstrap that knows its faces", advice="give subject=np.arange(n)")
        value = float(function(np.ones(len(self._index))))
        people = _count(self._index)
        if people < 2:
            return Estimate(value, np.nan, np.nan)
        drawn = [function(counts[self._index].astype(np.float64)) for counts in self._drawn(people)]
        return _estimate(value, np.array(drawn, np.float64))

    def _ratios(self, above: DoubleArray, below: DoubleArray) -> list[Estimate]:
        index = self.index(len(above))
        people, columns = _count(index), above.shape[1]
        sums = np.zeros((people, 2 * columns))
        np.add.at(sums, index, np.concatenate([above, below], axis=1))
        taking_part = np.zeros((people, columns), bool)
        np.logical_or.at(taking_part, index, (above != 0) | (below != 0))
        values = _divide(above.sum(axis=0), below.sum(axis=0))
        if people < 2:
            return [Estimate(float(value), np.nan, np.nan) for value in values]
        counts = self._drawn(people)
        totals = np.concatenate(
            [counts[at : at + _DRAWS_AT_ONCE].astype(np.float64) @ sums for at in range(0, self.draws, _DRAWS_AT_ONCE)]
        )
        drawn = _divide(totals[:, :columns], totals[:, columns:])
        drawn[:, taking_part.sum(axis=0) < 2] = np.nan
        return [_estimate(float(value), column) for value, column in zip(values, drawn.T, strict=True)]

    def _drawn(self, people: int) -> NDArray[np.int32]:
        """How often each person is drawn, ``(draws, S)``."""
        if people not in self._counts:
            rng = np.random.default_rng([self.seed, people])
            counts = np.empty((self.draws, people), np.int32)
            for draw in range(self.draws):
                counts[draw] = np.bincount(rng.integers(people, size=people), minlength=people)
            self._counts = {people: counts}
        return self._counts[people]


def _own_numbers(subject: NDArray[np.integer]) -> IntArray:
    unknown = subject < 0
    own = subject.astype(np.int64)
    own[unknown] = subject.max(initial=-1) + 1 + np.arange(unknown.sum())
    return np.unique(own, return_inverse=True)[1].astype(np.int64)


def _count(index: IntArray) -> int:
    return int(index.max(initial=-1)) + 1


def _divide(above: DoubleArray, below: DoubleArray) -> DoubleArray:
    quotient: DoubleArray = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return quotient


def _estimate(value: float, drawn: DoubleArray) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Estimate(value, np.nan, np.nan)
    low, high = np.percentile(known, PERCENTILES)
    return Estimate(value, float(low), float(high))
