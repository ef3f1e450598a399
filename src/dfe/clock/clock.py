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

    - A moment stands for the time to the next frame of its recording, whether that one shows the face or not.
    - Where the next frames are missing from the table (their numbers are skipped), it stands for its part of the time
      to the next one that is there; the last moment stands for the usual step, and so does one before a gap.
    - More than :data:`GAP_S` (or one and a half usual steps, where frames are further apart than that) to the next
      moment is a gap: what the face did in it is not known, and events that touch it are censored. Over a shorter hole
      an event goes on, since the face is known on both sides of it; the hole itself counts for nothing.

    So shares and rates do not depend on the camera, and a frame that is missing from a table counts as one in which no
    face was found. The moments of a face are those of the rows that count (the usable ones, say), and every measure of
    it (usable time, coverage, shares, exposure of events) is in the time that these stand for.
    """

    times: DoubleArray
    """``(n,)`` seconds, each later than the one before."""
    step_s: float
    """The usual time from one frame of the recording to the next: the median."""
    frame_ends: DoubleArray | None = None
    """``(n,)`` when the frame of each moment ends; None where all frames are moments and none is missing."""

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
        if self.frame_ends is not None:
            return self.frame_ends
        return np.where(self.last, self.times + self.step_s, np.append(self.times[1:], np.inf)[: len(self.times)])

    @property
    def seconds(self) -> DoubleArray:
        """``(n,)`` that each moment stands for."""
        return self.until_s - self.times

    @property
    def stretches(self) -> DoubleArray:
        """``(k, 2)`` start and end of the stretches between gaps, short holes bridged: where events can be followed."""
        return np.column_stack([self.times[self.first], self.until_s[self.last]])

    @property
    def spans(self) -> DoubleArray:
        """``(k, 2)`` start and end of the time that the moments stand for."""
        begins = np.append(True, self.times[1:] > self.until_s[:-1] + _EPSILON_S)[: len(self.times)]
        ends = np.append(begins[1:], True)[: len(self.times)]
        return np.column_stack([self.times[begins], self.until_s[ends]])

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


def usual_step(times: ArrayLike, frames: ArrayLike | None = None) -> float:
    """Median time from one frame of a recording to the next, seconds; :data:`LONE_S` if there is one alone.

    Args:
        times: ``(n,)`` seconds of its rows; rows of one frame share theirs, NaN counts not at all.
        frames: ``(n,)`` numbers of the frames; without them each time is taken for the frame after the one before.
    """
    t = np.asarray(times, np.float64)
    if frames is None:
        steps = np.diff(np.unique(t[np.isfinite(t)]))
    else:
        steps = _steps(np.unique(np.asarray(frames, np.int64)), *_moments(frames, t)[:2])
    return float(np.median(steps)) if len(steps) else LONE_S


def frame_ends(frames: ArrayLike, times: ArrayLike) -> DoubleArray:
    """``(n,)`` when the frame of each row ends, by the frames that the table holds; NaN for rows without a time.

    Args:
        frames: ``(n,)`` numbers of the frames in their source.
        times: ``(n,)`` seconds, rows of one frame alike.
    """
    number, moments, place = _moments(frames, times)
    steps = np.append(_steps(np.unique(np.asarray(frames, np.int64)), number, moments), np.inf)[: len(moments)]
    until = Clock(moments, usual_step(times, frames)).until_s
    # To the last digit the next moment, where nothing is missing before it.
    ends = np.append(np.where(moments + steps < until - _EPSILON_S, moments + steps, until), np.nan)
    return ends[np.where(np.isfinite(np.asarray(times, np.float64)), place, -1)]


def _moments(frames: ArrayLike, times: ArrayLike) -> tuple[IntArray, DoubleArray, IntArray]:
    """Frame and time of each moment, and which moment each row is of."""
    moments, first, place = np.unique(np.asarray(times, np.float64), return_index=True, return_inverse=True)
    moments = moments[np.isfinite(moments)]
    return np.asarray(frames, np.int64)[first[: len(moments)]], moments, place


def _steps(present: IntArray, number: IntArray, moments: DoubleArray) -> DoubleArray:
    """Time to the next moment, of each but the last; where frames are missing before it, the share of those present.

    Where every fifth frame was looked at, numbers rise by fives and nothing is missing.
    """
    jumps = np.diff(number)
    steps = np.diff(present)
    least = int(np.gcd.reduce(steps)) if len(steps) else 1
    held = np.diff(np.searchsorted(present, number))
    return np.asarray(np.diff(moments) * np.where(jumps > 0, held * least / np.maximum(jumps, 1), 1.0))


def face_clocks(
    frames: ArrayLike, times: ArrayLike, face: ArrayLike, counted: BoolArray
) -> Iterator[tuple[int, IntArray, Clock]]:
    """Each face that is seen: its number, its rows ``(m,)`` in order of time (one a moment), and their clock.

    Args:
        frames: ``(n,)`` numbers of the frames of a recording's rows.
        times: ``(n,)`` their seconds; rows without a time are left out.
        face: ``(n,)`` numbers of the faces.
        counted: ``(n,)`` rows in which the face is seen; the others only tell when frames begin and end.
    """
    t, faces, step = np.asarray(times, np.float64), np.asarray(face, np.int64), usual_step(times, frames)
    ends, counted = frame_ends(frames, t), counted & np.isfinite(t)
    for one in np.unique(faces[counted]).tolist():
        rows = np.flatnonzero(counted & (faces == one))
        moments, place = np.unique(t[rows], return_index=True)
        yield one, rows[place], Clock(moments, step, ends[rows[place]])


def row_times(frames: ArrayLike, times: DoubleArray, face: ArrayLike, counted: BoolArray) -> DoubleArray:
    """``(n, 2)`` start and end of what each row stands for, faces apart; 0 and 0 for rows that do not count."""
    out = np.zeros((len(times), 2))
    for _, rows, clock in face_clocks(frames, times, face, counted):
        out[rows] = np.column_stack([clock.times, clock.until_s])
    return out


def row_seconds(frames: ArrayLike, times: DoubleArray, face: ArrayLike, counted: BoolArray) -> DoubleArray:
    """``(n,)`` seconds that each row stands for, 0 for rows that do not count; of still pictures 1 each that counts."""
    if not np.isfinite(times).any():
        return counted.astype(np.float64)
    start, end = row_times(frames, times, face, counted).T
    return np.asarray(end - start)
