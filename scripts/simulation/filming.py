"""What a camera makes of made-up events: frames at its rate, time without a face, and what can be counted.

:func:`count_events` is a short form of what :mod:`dfe.events` does to rows, for many studies at once;
:mod:`simulation.made_recording` makes the rows themselves, so that one can be held against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, IntArray
from simulation.simulate import APART_S, Stream, Takes, covered, stretches

UNEVEN_S = (1 / 50, 1 / 12)
"""Shortest and longest time between frames of an uneven camera."""
_GAP_S = 0.2
_MIN_S = 0.2
_HIDING_S = 0.3


@dataclass(frozen=True)
class Camera:
    """How a group is filmed.

    Args:
        rate: frames per second; None for uneven times (:data:`UNEVEN_S`).
        seen: share of time with a usable face, on average.
        gap_s: mean length of a stretch without.
        hides: share of events during which the face is lost, as it is when people turn away to laugh.

    Raises:
        UsageError: a value that makes no sense.
    """

    rate: float | None = 30.0
    seen: float = 1.0
    gap_s: float = 2.0
    hides: float = 0.0

    def __post_init__(self) -> None:
        if self.rate is not None and not 6 <= self.rate <= 1000:
            raise UsageError("events need 6 to 1000 frames a second")
        if not (0 < self.seen <= 1 and self.gap_s > 0 and 0 <= self.hides <= 1):
            raise UsageError("shares must lie between 0 and 1, and gaps last longer than 0 s")


class Frames(NamedTuple):
    """M frames with a face, recording after recording."""

    axis_s: DoubleArray
    """``(M,)`` rising: the number of the recording times :data:`~simulation.simulate.APART_S`, and the time in it."""
    interval_s: DoubleArray
    """``(R,)`` how long a frame lasts, of each recording."""

    def of(self, recording: int) -> DoubleArray:
        """Times of one recording's frames ``(m,)``, from its start."""
        first, last = np.searchsorted(self.axis_s, [recording * APART_S, (recording + 1) * APART_S])
        return self.axis_s[first:last] - recording * APART_S


class Counts(NamedTuple):
    """What can be seen of R recordings."""

    events: DoubleArray
    """``(R, U)`` events that begin in sight."""
    on_s: DoubleArray
    """``(R, U)`` seconds in which a display is on."""
    seen_s: DoubleArray
    """``(R,)`` seconds with a face."""


def film(cameras: tuple[Camera, Camera], takes: Takes, stream: Stream, rng: np.random.Generator) -> Frames:
    """The frames with a face, of both groups' cameras."""
    axis = np.concatenate(
        [_film(c, takes, stream, np.flatnonzero(takes.second == g), rng) for g, c in enumerate(cameras)]
    )
    if (np.diff(takes.second.astype(np.int8)) < 0).any():
        axis.sort()
    return Frames(axis, np.where(takes.second, *(_interval(camera) for camera in reversed(cameras))))


def count_events(frames: Frames, stream: Stream, recordings: int, displays: int) -> Counts:
    """Count what begins in sight and lasts long enough, and sum up the time in which displays are on.

    As in :mod:`dfe.events`: over 0.2 s without a face ends what is seen, what is under way when the face comes into
    sight is not counted, and neither is what can be seen for less than 0.2 s.
    """
    axis = frames.axis_s
    last = np.append(np.flatnonzero(np.diff(axis) > _GAP_S), len(axis) - 1) if len(axis) else np.zeros(0, np.int64)
    first = np.append(0, last[:-1] + 1) if len(last) else last
    owner = (axis[first] // APART_S).astype(np.int64)
    usual = frames.interval_s[owner]
    length = axis[last] - axis[first] + usual
    # Where each stretch begins when the time seen is counted through.
    place = np.cumsum(length) - length - axis[first]
    base = stream.recording * APART_S
    i = np.searchsorted(axis, base + stream.onset_s)
    j = np.searchsorted(axis, base + stream.offset_s) - 1
    some = i <= j
    i, j, cell = i[some], j[some], (stream.recording * displays + stream.display)[some]
    here, there = np.searchsorted(last, i), np.searchsorted(last, j)
    # A display is halfway between off and on halfway between two frames.
    lasted = axis[np.minimum(j, last[here])] - axis[i] + usual[here]
    counted = (i > first[here]) & (lasted >= _MIN_S)
    size, shape = recordings * displays, (recordings, displays)
    on = np.bincount(cell, place[there] + axis[j] + usual[there] - place[here] - axis[i], size)
    events = np.bincount(cell[counted], minlength=size)
    seen = np.bincount(owner, length, recordings)
    return Counts(*(np.asarray(v, np.float64) for v in (events.reshape(shape), on.reshape(shape), seen)))


def _film(camera: Camera, takes: Takes, stream: Stream, mine: IntArray, rng: np.random.Generator) -> DoubleArray:
    seconds = takes.seconds[mine]
    if camera.rate is None:
        steps = rng.uniform(*UNEVEN_S, (len(mine), int(seconds.max(initial=0.0) / UNEVEN_S[0]) + 1))
        time = np.cumsum(steps, axis=1)
        axis = (time + mine[:, None] * APART_S)[time < seconds[:, None]]
    else:
        begin = rng.random(len(mine)) / camera.rate
        count = np.ceil((seconds - begin) * camera.rate).astype(np.int64)
        ramp = np.arange(count.max(initial=0)) / camera.rate
        axis = np.empty(count.sum())
        for start, end, offset in zip(np.cumsum(count) - count, np.cumsum(count), mine * APART_S + begin, strict=True):
            np.add(ramp[: end - start], offset, out=axis[start:end])
    gaps = [stretches(1 - camera.seen, camera.gap_s, takes.seconds, rng)] if camera.seen < 1 else []
    if camera.hides:
        lost = rng.random(len(stream.onset_s)) < camera.hides
        base = stream.recording[lost] * APART_S
        gaps.append((base + stream.onset_s[lost] - _HIDING_S, base + stream.offset_s[lost] + _HIDING_S))
    if not gaps:
        return axis
    start, end = (np.concatenate([gap[k] for gap in gaps]) for k in (0, 1))
    return axis[~covered(start, end, axis)]


def _interval(camera: Camera) -> float:
    return 1 / camera.rate if camera.rate is not None else sum(UNEVEN_S) / 2
