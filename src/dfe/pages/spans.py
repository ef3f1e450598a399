"""Stretches of time that pages draw: when each token speaks, and when the face was found and usable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.types import CodeArray, DoubleArray, IntArray
from dfe.clock.clock import Clock, face_clocks
from dfe.clock.runs import find_runs
from dfe.clock.spans import contains, seconds_in

NO_FRAME = "no frame in the table"
"""Reason of a moment that no row is about."""

_EPSILON_S = 1e-9


@dataclass(frozen=True, eq=False)
class TokenSpans:
    """Stretches of time in which one face uses a token, sorted by start, then by code; all arrays ``(s,)``."""

    start_s: DoubleArray
    end_s: DoubleArray
    code: IntArray
    level: IntArray
    """The first (strongest) level at which the token is used in the stretch, from 1."""
    frames: IntArray

    def __len__(self) -> int:
        return len(self.start_s)

    def of(self, code: int) -> TokenSpans:
        """The stretches of one token."""
        return self.pick(self.code == code)

    def pick(self, which: NDArray[np.bool_] | IntArray) -> TokenSpans:
        """The stretches that a mask or an index array names."""
        return TokenSpans(
            self.start_s[which], self.end_s[which], self.code[which], self.level[which], self.frames[which]
        )


@dataclass(frozen=True, eq=False)
class StateSpans:
    """Stretches of one state each, sorted, without overlap."""

    start_s: DoubleArray
    end_s: DoubleArray
    state: IntArray
    reason: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start_s)


def token_spans(frames: ArrayLike, times: ArrayLike, codes: CodeArray, face_ids: ArrayLike) -> dict[int, TokenSpans]:
    """Stretches of time in which each face uses each token, at whatever level, by face; see :class:`Clock` for gaps.

    Args:
        frames: ``(n,)`` numbers of the frames.
        times: ``(n,)`` seconds; rows without a time (still pictures) are left out.
        codes: ``(n, N)``; 0 and -1 say nothing.
        face_ids: ``(n,)``; -1 for rows without a face.

    Returns:
        Spans by face id, in ascending order of the id; faces that never use a token have empty spans.
    """
    ids = np.asarray(face_ids, np.int64)
    return {face: _face_spans(clock, codes[rows]) for face, rows, clock in face_clocks(frames, times, ids, ids >= 0)}


def _face_spans(clock: Clock, codes: CodeArray) -> TokenSpans:
    row, level = np.nonzero(codes > 0)
    used = codes[row, level].astype(np.int64)
    order = np.lexsort((level, row, used))
    row, level, used = row[order], level[order] + 1, used[order]
    once = np.ones(len(row), np.bool_)
    once[1:] = (np.diff(row) != 0) | (np.diff(used) != 0)
    runs = find_runs(clock, row[once], used[once])
    frames = runs.last - runs.first + 1
    strongest = np.minimum.reduceat(level[once], np.cumsum(frames) - frames) if len(frames) else frames
    spans = TokenSpans(runs.start_s, runs.end_s, runs.said, strongest, frames)
    return spans.pick(np.lexsort((spans.code, spans.start_s)))


def state_spans(
    clock: Clock, states: Sequence[DoubleArray], of_frames: ArrayLike, reasons: Sequence[str | None]
) -> StateSpans:
    """The whole time of a recording in stretches of one state and reason each.

    Args:
        clock: of its ``n`` frames.
        states: stretches of time ``(k, 2)`` of each state but the last, the best first; where they overlap the best
            counts, and the time that is in none of them is in the last state.
        of_frames: ``(n,)`` state of each frame by itself, whose reason goes to the moments of that state next to it.
        reasons: ``n`` texts, None or empty for none.
    """
    edges = np.unique(np.concatenate([clock.times, clock.until_s, *(stretches.ravel() for stretches in states)]))
    edges = edges[np.append(True, np.diff(edges) > _EPSILON_S)[: len(edges)]]
    middle = (edges[:-1] + edges[1:]) / 2
    state = np.full(len(middle), len(states))
    for number, stretches in reversed(list(enumerate(states))):
        state[contains(stretches, middle)] = number
    own = np.asarray(of_frames, np.int64)
    text = np.array([reason or "" for reason in reasons], np.object_)
    reason = np.full(len(middle), "", np.object_)
    for number in range(len(states) + 1):
        frames, here = np.flatnonzero(own == number), state == number
        if len(frames):
            reason[here] = text[frames[_nearest(clock.times[frames], middle[here])]]
    at = np.searchsorted(clock.times, middle, side="right") - 1
    there = middle < clock.until_s[at]
    same = there & (own[at] == state)
    reason[same] = text[at[same]]
    reason[(state == len(states)) & ~there] = NO_FRAME
    new = np.append(True, (np.diff(state) != 0) | (reason[1:] != reason[:-1]))[: len(middle)]
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(middle))
    return StateSpans(edges[first], edges[last], state[first], tuple(reason[first].tolist()))


def _nearest(times: DoubleArray, moments: DoubleArray) -> IntArray:
    """Place of the time that is nearest to each moment."""
    after = np.searchsorted(times, moments, side="right").clip(max=len(times) - 1)
    before = np.maximum(np.searchsorted(times, moments, side="right") - 1, 0)
    return np.where(np.abs(times[before] - moments) <= np.abs(times[after] - moments), before, after)


def occupancy(spans: TokenSpans, edges: DoubleArray) -> DoubleArray:
    """Share of each part of time in which a token of one face is used.

    Args:
        spans: stretches of ONE code and ONE face (they don't overlap).
        edges: ``(b + 1,)`` seconds, ascending.

    Returns:
        ``(b,)`` shares, 0 to 1.
    """
    spoken = seconds_in(np.column_stack([spans.start_s, spans.end_s]), edges[:-1], edges[1:])
    return (spoken / np.diff(edges)).clip(0.0, 1.0)
