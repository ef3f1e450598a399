"""Faces whose picture stands still: a call that froze, a photograph in place of a camera, a still that is held.

A living face never gives the same picture twice: it breathes, and the camera adds noise. So while a face's look
(:mod:`dfe.frontends.looks`) stays the same for seconds, nobody was looked at. Without that, such time would count as
time in which a person showed nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.defects import Defect
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.frontends.looks import LookArray

_SAME = 0.25
"""Mean change of a look in grey levels, from one frame to the next, below which it is the same picture.

Of 18 free clips of faces as they are sold or streamed none stays below it for more than 0.4 s; a talking man, packed to
25 kbit/s, for 2.1 s: then there is indeed no more than one picture.
"""
MOMENT_S = 0.4
"""What a living face's picture may stand still, in seconds."""
_REFRESHED = 1.0
"""Change at a frame that a codec sends anew, by which its picture of the same thing gets better ..."""
_REFRESH_FRAMES, _AROUND = 2, 5
"""... which takes so many frames at most, and so many before and after it are the same."""
_AT_ONCE = 4096


class Standstill(NamedTuple):
    """A stretch in which the picture of a face stands still."""

    face: int
    begin_s: float
    end_s: float
    """Of its first and its last frame."""
    rows: IntArray
    """Their places among all rows, in order of time."""
    jump: float = 0.0
    """Change to the frame after it, in grey levels; 0 where the face is not seen any more, infinite after a gap."""

    @property
    def seconds(self) -> float:
        """From the first to the last frame."""
        return self.end_s - self.begin_s


def find_standstills(frames: ArrayLike, times: ArrayLike, ids: ArrayLike, looks: LookArray) -> tuple[Standstill, ...]:
    """All stretches of two frames or more in which the picture of a face stands still, face by face; none in pictures.

    Args:
        frames: number of each row's frame ``(n,)``.
        times: seconds ``(n,)``; NaN for pictures, and for frames without a picture.
        ids: of the faces ``(n,)``; negative where there is none.
        looks: of each row ``(n, 16, 16)``; all zeros where it is not known.
    """
    frame, time, face = np.asarray(frames, np.int64), np.asarray(times, np.float64), np.asarray(ids, np.int64)
    steps = np.diff(np.unique(frame))
    timed = np.isfinite(time)
    if not len(steps) or not timed.any():
        return ()
    found = []
    known = timed & looks.reshape(len(looks), -1).any(axis=1)
    for one in np.unique(face[face >= 0]).tolist():
        rows = np.flatnonzero((face == one) & known)
        rows = rows[np.argsort(frame[rows], kind="stable")]
        change = _changes(looks, rows)
        change[np.diff(frame[rows]) > steps.min()] = np.inf
        for begin, end in _runs(_bridged(change)):
            jump = float(change[end]) if end < len(change) else 0.0
            found.append(Standstill(one, float(time[rows[begin]]), float(time[rows[end]]), rows[begin : end + 1], jump))
    return tuple(found)


def momentary(found: Iterable[Standstill], most_s: float) -> tuple[Standstill, ...]:
    """Those that last for a moment, longer than a living face's and no longer than ``most_s`` seconds, and then jump.

    A face at rest in a film that was packed hard stands still, too, and goes on where it was.
    """
    return tuple(one for one in found if MOMENT_S < one.seconds <= most_s and one.jump > _REFRESHED)


def freezes_defect(found: Iterable[Standstill]) -> tuple[Defect, ...]:
    """What is to be told of stretches as of :func:`momentary`; nothing where there are none."""
    long = sorted(found, key=lambda one: (-one.seconds, one.begin_s))
    if not long:
        return ()
    one, times = long[0], "once" if len(long) == 1 else f"{len(long)} times"
    where = f"from {one.begin_s:.1f} to {one.end_s:.1f} s (face {one.face})"
    if len(long) > 1:
        where = f"{sum(other.seconds for other in long):.1f} s in all, the longest {where}"
    why = "a call that stumbled: what happened meanwhile is missing, and begins late when it goes on"
    return (Defect("freezes", f"the picture of a face freezes for a moment {times}, {where}: {why}"),)


def still_seconds(found: Iterable[Standstill], count: int) -> FloatArray:
    """How long the picture of each row's face stands still ``(count,)``, in seconds; 0 where it does not."""
    out = np.zeros(count, np.float32)
    for one in found:
        out[one.rows] = one.seconds
    return out


def standstill_defect(found: Iterable[Standstill], most_s: float) -> tuple[Defect, ...]:
    """What is to be told of stretches of more than ``most_s`` seconds; nothing where there is none."""
    long = sorted((one for one in found if one.seconds > most_s), key=lambda one: (-one.seconds, one.begin_s))
    if not long:
        return ()
    times = "" if len(long) == 1 else f"{len(long)} times, the longest "
    where = f"{times}from {long[0].begin_s:.1f} to {long[0].end_s:.1f} s (face {long[0].face})"
    why = "a call that froze, or a photograph; such time is not usable"
    return (Defect("still", f"the picture of a face stands still {where}: {why}"),)


def _changes(looks: LookArray, rows: IntArray) -> DoubleArray:
    """Mean change in grey levels from each of the rows to the next ``(m - 1,)``."""
    flat = looks.reshape(len(looks), -1)
    blocks = (rows[start : start + _AT_ONCE + 1] for start in range(0, max(len(rows) - 1, 1), _AT_ONCE))
    return np.concatenate([np.abs(np.diff(flat[some].astype(np.int16), axis=0)).mean(axis=1) for some in blocks])


def _bridged(change: DoubleArray) -> BoolArray:
    """Which changes are none, or a codec's refreshing of the same picture."""
    same = change < _SAME
    out = same.copy()
    runs = _runs(same)
    for (before, begin), (end, after) in pairwise(runs):
        short = end - begin <= _REFRESH_FRAMES and (change[begin:end] < _REFRESHED).all()
        if short and begin - before >= _AROUND and after - end >= _AROUND:
            out[begin:end] = True
    return out


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    """First place of each run of True, and the one after its last."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
