"""Stretches of rows that follow each other and say the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.clock.clock import Clock


class Runs(NamedTuple):
    """Stretches in which something is said, m of them, by what is said, then by time."""

    said: IntArray
    """``(m,)`` what."""
    first: IntArray
    """``(m,)`` place among the rows of the first one."""
    last: IntArray
    """``(m,)`` place of the last one."""
    start_s: DoubleArray
    end_s: DoubleArray
    """``(m,)`` to the end of the time that the last row stands for."""
    censored: BoolArray
    """``(m,)`` True where it touches a gap, or the first or last row: it may have been longer."""


def find_runs(clock: Clock, row: ArrayLike, said: ArrayLike) -> Runs:
    """Stretches of one face; a gap ends them.

    Args:
        clock: of the face's ``n`` rows.
        row: ``(p,)`` places among those rows, of every pair of a row and something that it says; no pair comes twice.
        said: ``(p,)`` what it says, whole numbers.
    """
    what, at = np.asarray(said, np.int64), np.asarray(row, np.int64)
    order = np.lexsort((at, what))
    what, at = what[order], at[order]
    new = np.ones(len(at), np.bool_)
    new[1:] = (np.diff(what) != 0) | (np.diff(at) != 1) | clock.last[at[1:] - 1]
    begin = np.flatnonzero(new)
    first, last = at[begin], at[np.append(begin[1:], len(at)) - 1] if len(at) else at
    censored = clock.first[first] | clock.last[last]
    return Runs(what[begin], first, last, clock.times[first], clock.until_s[last], censored)
