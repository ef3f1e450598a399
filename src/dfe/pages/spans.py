"""Run lengths: when each token speaks, and when the face was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.types import CodeArray, DoubleArray, IntArray

LONGEST_GAP_S = 0.2
"""A stretch goes on through a shorter loss of the face (or through three frame intervals, where they are longer)."""
DEFAULT_INTERVAL_S = 0.04
"""How long a lone frame lasts, when there is no second one to tell."""


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


def frame_interval(times: ArrayLike) -> float:
    """Median time between successive frames, seconds; rows of the same frame count once."""
    steps = np.diff(np.unique(_finite(times)))
    return float(np.median(steps)) if len(steps) else DEFAULT_INTERVAL_S


def token_spans(times: ArrayLike, codes: CodeArray, face_ids: ArrayLike) -> dict[int, TokenSpans]:
    """Stretches of time in which each face uses each token.

    A stretch lasts while rows of the face that follow each other use the token, at whatever level. It ends with a row
    that does not, or with a gap between rows over ``max(LONGEST_GAP_S, 3 * frame_interval(times))``.
    A row lasts to the face's next row, or one frame interval where a gap (or nothing) follows.

    Args:
        times: ``(n,)`` seconds; rows without a time (still pictures) are left out.
        codes: ``(n, N)``; 0 and -1 say nothing.
        face_ids: ``(n,)``; -1 for rows without a face.

    Returns:
        Spans by face id, in ascending order of the id; faces that never use a token have empty spans.
    """
    seconds, ids = np.asarray(times, np.float64), np.asarray(face_ids, np.int64)
    interval = frame_interval(seconds)
    limit = _limit(interval)
    faces = np.unique(ids[(ids >= 0) & np.isfinite(seconds)])
    return {int(face): _face_spans(seconds, codes, (ids == face), interval, limit) for face in faces}


def _face_spans(
    times: DoubleArray, codes: CodeArray, mine: NDArray[np.bool_], interval: float, limit: float
) -> TokenSpans:
    rows = np.flatnonzero(mine & np.isfinite(times))
    rows = rows[np.argsort(times[rows], kind="stable")]
    t, code = times[rows], np.asarray(codes, np.int64)[rows]
    until, broken = _row_ends(t, interval, limit)

    row, level = np.nonzero(code > 0)
    used = code[row, level]
    order = np.lexsort((level, row, used))
    row, level, used = row[order], level[order] + 1, used[order]
    once = np.ones(len(row), np.bool_)
    once[1:] = (np.diff(row) != 0) | (np.diff(used) != 0)
    row, level, used = row[once], level[once], used[once]
    if not len(row):
        return TokenSpans(*_empty())

    new = np.ones(len(row), np.bool_)
    new[1:] = (np.diff(used) != 0) | (np.diff(row) != 1) | broken[row[1:] - 1]
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(row)) - 1
    spans = TokenSpans(
        t[row[first]], until[row[last]], used[first], np.minimum.reduceat(level, first), last - first + 1
    )
    return spans.pick(np.lexsort((spans.code, spans.start_s)))


def state_spans(times: ArrayLike, states: ArrayLike, reasons: Sequence[str | None]) -> StateSpans:
    """Stretches of frames of the same state and reason.

    Args:
        times: ``(n,)`` seconds; rows without a time are left out. Of rows with the same time (several faces in a
            frame) the one with the lowest state counts.
        states: ``(n,)`` small integers, the best state first.
        reasons: ``n`` texts, None or empty for none.
    """
    seconds = np.asarray(times, np.float64)
    given = np.asarray(states, np.int64)
    order = np.lexsort((given, seconds))
    order = order[np.isfinite(seconds[order])]
    order = order[np.diff(seconds[order], prepend=-np.inf) > 0]
    t, state = seconds[order], given[order]
    text = [reasons[i] or "" for i in order]
    interval = frame_interval(t)
    until, broken = _row_ends(t, interval, _limit(interval))
    first = [i for i in range(len(t)) if i == 0 or broken[i - 1] or state[i] != state[i - 1] or text[i] != text[i - 1]]
    start = np.asarray(first, np.int64)
    last = np.append(start[1:], len(t)).astype(np.int64) - 1 if first else start
    return StateSpans(t[start], until[last], state[start], tuple(text[i] for i in first))


def occupancy(spans: TokenSpans, edges: ArrayLike) -> DoubleArray:
    """Share of each part of time in which a token of one face is used.

    Args:
        spans: stretches of ONE code and ONE face (they don't overlap).
        edges: ``(b + 1,)`` seconds, ascending.

    Returns:
        ``(b,)`` shares, 0 to 1.
    """
    bins = np.asarray(edges, np.float64)
    if not len(spans):
        return np.zeros(len(bins) - 1)
    knots = np.column_stack([spans.start_s, spans.end_s]).ravel()
    spoken = np.repeat(np.cumsum(spans.end_s - spans.start_s), 2)
    spoken[::2] -= spans.end_s - spans.start_s
    width = np.diff(bins)
    share = np.divide(np.diff(np.interp(bins, knots, spoken)), width, out=np.zeros(len(width)), where=width > 0)
    return np.clip(share, 0.0, 1.0)


def _row_ends(t: DoubleArray, interval: float, limit: float) -> tuple[DoubleArray, NDArray[np.bool_]]:
    """When each row ends, and whether a gap follows it."""
    following = np.append(t[1:], np.inf)[: len(t)]
    broken = following - t > limit + 1e-6
    return np.where(broken, t + interval, following), broken


def _limit(interval: float) -> float:
    return max(LONGEST_GAP_S, 3 * interval)


def _finite(times: ArrayLike) -> DoubleArray:
    seconds = np.asarray(times, np.float64)
    return seconds[np.isfinite(seconds)]


def _empty() -> tuple[DoubleArray, DoubleArray, IntArray, IntArray, IntArray]:
    none = np.zeros(0, np.int64)
    return np.zeros(0), np.zeros(0), none, none, none
