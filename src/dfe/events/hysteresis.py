"""Events of one signal: stretches over a low threshold that reach a high one.

The two thresholds work as in edge tracking by hysteresis (Canny 1986): the same forwards and backwards in time, as the
smoothing before it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.clock.resampling import Timeline

_ROUNDING_S = 1e-9
"""Times that are closer than this are the same: rounding decides neither what is joined nor what is long enough."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Events of one signal in order of time, all arrays ``(e,)``."""

    onset_s: DoubleArray
    apex_s: DoubleArray
    offset_s: DoubleArray
    peak: DoubleArray
    """The signal at the apex."""
    cut_before: BoolArray
    """The signal was high already when its stretch of time began."""
    cut_after: BoolArray
    """The signal was still high when its stretch of time ended."""

    def __len__(self) -> int:
        return len(self.onset_s)


def runs(signal: DoubleArray, time: Timeline, *, on: float, off: float, min_s: float, merge_s: float) -> Runs:
    """Find them.

    Args:
        signal: ``(m,)`` on the timeline's grid.
        time: the grid.
        on: the peak must reach this.
        off: an event lasts while the signal is at least this; crossings are placed between samples on a line.
        min_s: shorter events are left out.
        merge_s: events with less than this between them are one.
    """
    high = (signal >= off) & time.seen
    edge = np.diff(high.astype(np.int8), prepend=0, append=0)
    first, last = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1
    if not len(first):
        return _none()
    strong = np.maximum.reduceat(signal, np.column_stack([first, last + 1]).ravel()[:-1])[::2] >= on
    first, last = first[strong], last[strong]
    if not len(first):
        return _none()
    onset, offset = _crossings(signal, time, first, last, off)
    begin = np.ones(len(first), bool)
    begin[1:] = (onset[1:] - offset[:-1] >= merge_s - _ROUNDING_S) | (
        time.stretch[first[1:]] != time.stretch[last[:-1]]
    )
    starts = np.flatnonzero(begin)
    ends = np.append(starts[1:], len(first)) - 1
    first, last, onset, offset = first[starts], last[ends], onset[starts], offset[ends]
    long_enough = offset - onset >= min_s - _ROUNDING_S
    first, last, onset, offset = first[long_enough], last[long_enough], onset[long_enough], offset[long_enough]
    apex = np.array([a + int(np.argmax(signal[a : b + 1])) for a, b in zip(first, last, strict=True)], np.int64)
    stretch = time.stretch
    before, after = np.maximum(first - 1, 0), np.minimum(last + 1, len(stretch) - 1)
    return Runs(
        onset_s=onset,
        apex_s=np.clip(time.grid_s[apex], onset, offset),
        offset_s=offset,
        peak=signal[apex],
        cut_before=(first == 0) | (stretch[before] != stretch[first]),
        cut_after=(last == len(stretch) - 1) | (stretch[after] != stretch[last]),
    )


def _crossings(
    signal: DoubleArray, time: Timeline, first: IntArray, last: IntArray, off: float
) -> tuple[DoubleArray, DoubleArray]:
    """Where the signal rises to ``off`` and falls below it again; the end of the stretch where it does neither."""
    grid, stretch = time.grid_s, time.stretch
    owner = stretch[first]
    before, after = np.maximum(first - 1, 0), np.minimum(last + 1, len(grid) - 1)
    rises = (first > 0) & (stretch[before] == owner)
    falls = (last < len(grid) - 1) & (stretch[after] == owner)
    up = (off - signal[before]) / np.where(rises, signal[first] - signal[before], 1.0)
    down = (off - signal[after]) / np.where(falls, signal[last] - signal[after], 1.0)
    step = 1.0 / time.rate
    onset = np.where(rises, grid[first] - (1 - up) * step, time.spans[owner, 0])
    offset = np.where(falls, grid[last] + (1 - down) * step, time.spans[owner, 1])
    return onset, offset


def _none() -> Runs:
    zero, no = np.zeros(0), np.zeros(0, bool)
    return Runs(zero, zero, zero, zero, no, no)
