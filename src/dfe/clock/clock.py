"""The one rule of time: what a row stands for, what a gap is, how long a recording lasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import BoolArray, DoubleArray, IntArray

GAP_S = 0.2
"""Seconds without a row from which on there is a gap: nobody knows what the face did in it."""
LONE_S = 0.04
"""How long a row lasts where there is no second one to tell."""

_STEPS = 1.5
"""Where frames are few, one that is missing makes a gap: rows are then further apart than this many usual steps."""
_EPSILON_S = 1e-6


@dataclass(frozen=True, eq=False)
class Clock:
    """Moments at which something is known, and the time that each stands for. Made by :meth:`of`.

    - A moment stands for the time to the next one.
    - More than :data:`GAP_S` (or one and a half usual steps, where frames are further apart than that) to the next one
      is a gap, and counts for nobody: the moment before it stands for the usual step, as the last one does.
    - A shorter hole is bridged by the moment before it, since the face is known on both sides of it.

    So shares and rates do not depend on the camera, and a frame that is missing from a table counts as one in which no
    face was found. The moments of a face are those of the rows that count (the usable ones, say), and every measure of
    it (valid time, coverage, shares, exposure of events) is in the time that these stand for.
    """

    times: DoubleArray
    """``(n,)`` seconds, each later than the one before."""
    step_s: float
    """The usual time from one frame of the recording to the next: the median."""

    @classmethod
    def of(cls, times: ArrayLike, step_s: float | None = None) -> Clock:
        """The clock of some moments.

        Args:
            times: seconds in any order; those that come twice count once, NaN not at all.
            step_s: usual step of the recording that they are of; by default their own.
        """
        t = np.asarray(times, np.float64)
        t = np.unique(t[np.isfinite(t)])
        return cls(t, usual_step(t) if step_s is None else step_s)

    @property
    def gap_s(self) -> float:
        """Moments that are further apart have a gap between them."""
        return max(GAP_S, _STEPS * self.step_s)

    @cached_property
    def last(self) -> BoolArray:
        """``(n,)``: a gap, or nothing, follows."""
        return np.append(np.diff(self.times) > self.gap_s + _EPSILON_S, True)[: len(self.times)]

    @cached_property
    def first(self) -> BoolArray:
        """``(n,)``: a gap, or nothing, comes before."""
        return np.append(True, self.last)[: len(self.times)]

    @cached_property
    def until_s(self) -> DoubleArray:
        """``(n,)`` where the time that each moment stands for ends."""
        return np.where(self.last, self.times + self.step_s, np.append(self.times[1:], np.inf)[: len(self.times)])

    @property
    def seconds(self) -> DoubleArray:
        """``(n,)`` that each moment stands for."""
        return self.until_s - self.times

    @property
    def spans(self) -> DoubleArray:
        """``(k, 2)`` start and end of the stretches between gaps."""
        return np.column_stack([self.times[self.first], self.until_s[self.last]])

    @property
    def valid_s(self) -> float:
        """Seconds that all moments together stand for."""
        return float(self.seconds.sum())

    @property
    def duration_s(self) -> float:
        """From the first moment to the end of the last one, gaps included; 0 without any."""
        return float(self.until_s[-1] - self.times[0]) if len(self.times) else 0.0

    @property
    def rate(self) -> float | None:
        """Moments per second between gaps; None where no two follow each other."""
        steps = np.diff(self.times)[~self.last[:-1]]
        return len(steps) / float(steps.sum()) if len(steps) else None


def usual_step(times: ArrayLike) -> float:
    """Median time between the different times of a recording's rows, seconds; :data:`LONE_S` if there is one alone."""
    t = np.asarray(times, np.float64)
    steps = np.diff(np.unique(t[np.isfinite(t)]))
    return float(np.median(steps)) if len(steps) else LONE_S


def face_clocks(times: ArrayLike, face: ArrayLike, counted: BoolArray) -> Iterator[tuple[int, IntArray, Clock]]:
    """Each face that is seen: its number, its rows ``(m,)`` in order of time (one a moment), and their clock.

    Args:
        times: ``(n,)`` seconds of a recording's rows; rows without a time are left out.
        face: ``(n,)`` numbers of the faces.
        counted: ``(n,)`` rows in which the face is seen; the others only tell how far frames are apart.
    """
    t, faces, step = np.asarray(times, np.float64), np.asarray(face, np.int64), usual_step(times)
    counted = counted & np.isfinite(t)
    for one in np.unique(faces[counted]).tolist():
        rows = np.flatnonzero(counted & (faces == one))
        moments, place = np.unique(t[rows], return_index=True)
        yield one, rows[place], Clock(moments, step)


def row_times(times: DoubleArray, face: ArrayLike, counted: BoolArray) -> DoubleArray:
    """``(n, 2)`` start and end of what each row stands for, faces apart; 0 and 0 for rows that do not count."""
    out = np.zeros((len(times), 2))
    for _, rows, clock in face_clocks(times, face, counted):
        out[rows] = np.column_stack([clock.times, clock.until_s])
    return out


def row_seconds(times: DoubleArray, face: ArrayLike, counted: BoolArray) -> DoubleArray:
    """``(n,)`` seconds that each row stands for, 0 for rows that do not count; of still pictures 1 each that counts."""
    if not np.isfinite(times).any():
        return counted.astype(np.float64)
    start, end = row_times(times, face, counted).T
    return np.asarray(end - start)
