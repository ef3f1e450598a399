"""Stretches of time that pages draw: when a face was found and when it was usable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import DoubleArray, IntArray
from dfe.clock.clock import Clock
from dfe.clock.spans import contains

NO_FRAME = "no frame in the table"
"""Reason of a moment that no row is about."""

_EPSILON_S = 1e-9


@dataclass(frozen=True, eq=False)
class StateSpans:
    """Stretches of one state each, sorted, without overlap."""

    start_s: DoubleArray
    end_s: DoubleArray
    state: IntArray
    reason: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start_s)


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
