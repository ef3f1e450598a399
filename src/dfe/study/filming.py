"""What a camera makes of made-up events: frames at its rate, time without a face, and what can be counted.

:func:`count_events` is a short form of what :mod:`dfe.events` does to rows, for many studies at once;
:func:`rows_of_tokens` writes the rows themselves, so that one can be held against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dfe.errors import UsageError
from dfe.study.simulate import APART_S, Stream, Takes, covered, stretches
from dfe.types import CodeArray, DoubleArray, FloatArray, IntArray

UNEVEN_S = (1 / 50, 1 / 12)
"""Shortest and longest time between frames of an uneven camera."""
_GAP_S = 0.2
_MIN_S = 0.2
_RISE_S = 0.12
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

    recording: IntArray
    """``(M,)``"""
    time_s: DoubleArray
    """``(M,)`` from the start of the recording."""
    interval_s: DoubleArray
    """``(R,)`` how long a frame lasts, of each recording."""


class Counts(NamedTuple):
    """What can be seen of R recordings."""

    count: DoubleArray
    """``(R, U)`` events that begin in sight."""
    on_s: DoubleArray
    """``(R, U)`` seconds in which a display is on."""
    seen_s: DoubleArray
    """``(R,)`` seconds with a face."""


def film(cameras: tuple[Camera, Camera], takes: Takes, stream: Stream, rng: np.random.Generator) -> Frames:
    """The frames with a face, of both groups' cameras."""
    parts = [_film(camera, takes, stream, np.flatnonzero(takes.second == g), rng) for g, camera in enumerate(cameras)]
    recording = np.concatenate([part[0] for part in parts])
    order = np.argsort(recording, kind="stable")
    interval = np.where(takes.second, *(_interval(camera) for camera in reversed(cameras)))
    return Frames(recording[order], np.concatenate([part[1] for part in parts])[order], interval)


def count_events(frames: Frames, stream: Stream, recordings: int, displays: int) -> Counts:
    """Count what begins in sight and lasts long enough, and sum up the time in which displays are on.

    As in :mod:`dfe.events`: over 0.2 s without a face ends what is seen, what is under way when the face comes into
    sight is not counted, and neither is what can be seen for less than 0.2 s.
    """
    axis = frames.recording * APART_S + frames.time_s
    usual = frames.interval_s[frames.recording]
    step = np.diff(axis, append=np.inf)
    ends = step > _GAP_S
    seconds = np.where(ends, usual, step)
    last = np.flatnonzero(ends)
    first = np.append(0, last[:-1] + 1) if len(last) else last
    base = stream.recording * APART_S
    i = np.searchsorted(axis, base + stream.onset_s)
    j = np.searchsorted(axis, base + stream.offset_s) - 1
    some = i <= j
    i, j, cell = i[some], j[some], (stream.recording * displays + stream.display)[some]
    stretch = np.searchsorted(last, i)
    until = np.minimum(j, last[stretch])
    # A display is halfway between off and on halfway between two frames.
    lasted = axis[until] - axis[i] + usual[i]
    counted = (i > first[stretch]) & (lasted >= _MIN_S)
    sums = np.append(0.0, np.cumsum(seconds))
    size = recordings * displays
    return Counts(
        np.bincount(cell[counted], minlength=size).reshape(recordings, displays).astype(np.float64),
        np.bincount(cell, sums[j + 1] - sums[i], size).reshape(recordings, displays),
        np.bincount(frames.recording, seconds, recordings),
    )


def rows_of_tokens(
    frames: Frames, stream: Stream, recording: int, steps_mm: FloatArray, levels: int, rng: np.random.Generator
) -> tuple[DoubleArray, CodeArray]:
    """One recording's rows as a graded tokenizer would code them: times ``(m,)`` and codes ``(m, levels)``.

    A display rises and falls within about a tenth of a second, to 0.4 mm and more at its height, with noise from frame
    to frame; its intensity is the nearest step of the tokenizer, and a face says its strongest displays.

    Args:
        frames: of all recordings.
        stream: likewise.
        recording: which one.
        steps_mm: ``(Q,)`` steps of intensity, rising.
        levels: displays that a face can say at once.
        rng: of the sizes and the noise.
    """
    times = frames.time_s[frames.recording == recording]
    mine = stream.recording == recording
    displays = int(stream.display.max(initial=0)) + 1
    amount = np.zeros((len(times), displays))
    for display, onset, offset in zip(stream.display[mine], stream.onset_s[mine], stream.offset_s[mine], strict=True):
        # The flanks reach 0.1 mm, where an event begins and ends, at the moments meant.
        size = 0.4 + rng.gamma(2.0, 0.3)
        edge = _RISE_S * 0.1 / size
        a, b = np.searchsorted(times, [onset - edge, offset + edge])
        t = times[a:b]
        shape = np.minimum(t - (onset - edge), (offset + edge) - t) / _RISE_S
        amount[a:b, display] = np.maximum(amount[a:b, display], size * shape.clip(0, 1))
    amount += rng.normal(0, 0.02, amount.shape)
    halfway = (steps_mm[1:] + steps_mm[:-1]) / 2
    step = np.where(amount < steps_mm[0] / 2, 0, np.searchsorted(halfway, amount) + 1)
    codes = np.where(step > 0, (np.arange(displays) + 1) * 100 + step, 0)
    if displays < levels:
        codes = np.pad(codes, ((0, 0), (0, levels - displays)))
    strongest = np.argsort(np.where(codes > 0, codes % 100, 0), axis=1, kind="stable")[:, ::-1][:, :levels]
    return times, np.take_along_axis(codes, strongest, axis=1).astype(np.int16)


def _film(
    camera: Camera, takes: Takes, stream: Stream, mine: IntArray, rng: np.random.Generator
) -> tuple[IntArray, DoubleArray]:
    seconds = takes.seconds[mine]
    if camera.rate is None:
        steps = rng.uniform(*UNEVEN_S, (len(mine), int(seconds.max(initial=0.0) / UNEVEN_S[0]) + 1))
        time = np.cumsum(steps, axis=1)
        there = time < seconds[:, None]
        recording, time_s = np.repeat(mine, there.sum(axis=1)), time[there]
    else:
        first = rng.random(len(mine)) / camera.rate
        count = np.ceil((seconds - first) * camera.rate).astype(np.int64)
        recording = np.repeat(mine, count)
        frame = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        time_s = np.repeat(first, count) + frame / camera.rate
    gaps = [stretches(1 - camera.seen, camera.gap_s, takes.seconds, rng)] if camera.seen < 1 else []
    if camera.hides:
        lost = rng.random(len(stream.onset_s)) < camera.hides
        base = stream.recording[lost] * APART_S
        gaps.append((base + stream.onset_s[lost] - _HIDING_S, base + stream.offset_s[lost] + _HIDING_S))
    if not gaps:
        return recording, time_s
    start, end = (np.concatenate([gap[k] for gap in gaps]) for k in (0, 1))
    seen = ~covered(start, end, recording * APART_S + time_s)
    return recording[seen], time_s[seen]


def _interval(camera: Camera) -> float:
    return 1 / camera.rate if camera.rate is not None else sum(UNEVEN_S) / 2
