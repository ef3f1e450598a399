"""Frames that show a face's picture once more: 15 pictures a second stored at 30, a screen that was recorded, a call.

Their rows are good, but they are no further looks at the face: moments are known to the length of a picture only, not
to that of a frame, and a movement stands still and jumps by turns. After packing, a frame that repeats the one before
is not the same to the bit. So the change is compared with those around it: the pictures before and after a repeat
differ far more. A face that comes to rest slows down, and shows no such steps.

A picture that is shown for longer is a freeze. Those are found from smaller pictures (:mod:`dfe.frontends.standstill`),
which follow the face and average a codec's noise away, but could not tell a repeat from a face that hardly moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.defects import Defect
from dfe.base.types import BoolArray, DoubleArray, ImageArray
from dfe.frontends.standstill import MOMENT_S

UNKNOWN = float("nan")
"""Change of a row of which there is no picture before."""

_MOST = (240, 320)
"""Rows and columns of a picture from which on pixels are left out."""
_UNLIKE = 0.33
"""A repeat changes less than this share of what the pictures before and after it do."""
_MOVING = 1.5
"""Grey levels: where no change nearby is as large, a face hardly moves, and nothing can be told."""
_NEAR = 3
"""Frames on either side that are near."""
_ENOUGH = 25
"""Frames in which a face moves, below which its share of repeats is not known."""
LIVING = 0.03
"""Share of repeats that films without any seem to have, where they are packed hard (docs/front-end.md)."""


class Thin(NamedTuple):
    """Some pixels of a picture."""

    step: int
    """Every so manieth of each row and column."""
    green: NDArray[np.uint8]
    size: tuple[int, int]
    """Height and width of the picture."""


class Repeats(NamedTuple):
    """How often the picture of a face comes once more."""

    face: int
    share: float
    """Of the frames in which the face moves, those that repeat the one before; NaN where it hardly ever moves."""
    moving: int
    """Frames in which it moves."""
    frame_rate: float
    """Frames a second."""

    @property
    def picture_rate(self) -> float:
        """Different pictures a second; NaN where that is not known."""
        return self.frame_rate * (1 - self.share)

    @property
    def told(self) -> bool:
        """Whether the share is larger than chance makes it in films without repeats, by two standard errors."""
        error = math.sqrt(self.share * (1 - self.share) / self.moving) if self.moving else 0.0
        return self.share - 2 * error > LIVING


def thinned(image: ImageArray) -> Thin:
    """What is kept of a picture ``(h, w, 3)`` until the next one comes."""
    height, width = image.shape[:2]
    step = max(1, min(height // _MOST[0], width // _MOST[1]))
    return Thin(step, np.ascontiguousarray(image[::step, ::step, 1]), (height, width))


def change_within(before: Thin, now: Thin, box: Sequence[float]) -> float:
    """Mean change between two pictures within a box, in grey levels of the green channel.

    Args:
        before, now: the pictures.
        box: ``x, y, width, height`` in pixels of the second one.

    Returns:
        NaN where the pictures differ in size, or the box lies outside.
    """
    if before.size != now.size:
        return UNKNOWN
    x, y, width, height = box
    rows = slice(max(int(y / now.step), 0), max(int((y + height) / now.step), 0))
    columns = slice(max(int(x / now.step), 0), max(int((x + width) / now.step), 0))
    one, other = before.green[rows, columns], now.green[rows, columns]
    return float(np.abs(other.astype(np.int16) - one).mean()) if one.size else UNKNOWN


def find_repeats(frames: ArrayLike, times: ArrayLike, ids: ArrayLike, changes: ArrayLike) -> tuple[Repeats, ...]:
    """How often each face's picture comes once more, in order of ids; nothing for pictures.

    Args:
        frames: number of each row's frame ``(n,)``.
        times: seconds ``(n,)``; NaN for pictures, and for frames without a picture.
        ids: of the faces ``(n,)``; negative where there is none.
        changes: of each row from the frame before, as of :func:`change_within` ``(n,)``; NaN where not known.
    """
    frame, time, face = np.asarray(frames, np.int64), np.asarray(times, np.float64), np.asarray(ids, np.int64)
    change = np.asarray(changes, np.float64)
    timed = np.isfinite(time)
    frame, time, face, change = frame[timed], time[timed], face[timed], change[timed]
    numbers, first = np.unique(frame, return_index=True)
    if len(numbers) < 2:
        return ()
    step = int(np.diff(numbers).min())
    rate = float((numbers[-1] - numbers[0]) / step / (time[first[-1]] - time[first[0]]))
    found = []
    for one in np.unique(face[face >= 0]).tolist():
        rows = np.flatnonzero(face == one)
        place = (frame[rows] - frame[rows].min()) // step
        along = np.full(place.max() + 1, np.nan)
        along[place] = change[rows]
        found.append(Repeats(one, *_share(along, max(1, int(MOMENT_S * rate))), rate))
    return tuple(found)


def repeats_defect(found: Sequence[Repeats]) -> tuple[Defect, ...]:
    """What is to be told of faces whose pictures come twice; nothing where none do."""
    often = sorted((one for one in found if one.told), key=lambda one: (-one.share, one.face))
    if not often:
        return ()
    one = often[0]
    words = (
        f"frames come twice: {one.share:.0%} of those in which face {one.face} moves show the picture of the frame "
        f"before, so there are at most about {one.picture_rate:.3g} pictures a second and not {one.frame_rate:.3g}; "
        "moments are less exact than frames suggest, and speeds from frame to frame are wrong"
    )
    return (Defect("repeated", words),)


def repeated(change: DoubleArray, in_row: int) -> BoolArray:
    """Which frames repeat the one before.

    Args:
        change: of each from the frame before ``(n,)``; NaN where that is not known.
        in_row: so many repeats of one picture at most.
    """
    most, least = np.nan_to_num(change, nan=np.inf), np.nan_to_num(change, nan=0.0)
    out = np.zeros(len(change), np.bool_)
    inside = most[1:]
    for count in range(1, min(in_row, len(change) - 2) + 1):
        begin = np.arange(1, len(change) - count)
        inside = np.maximum(inside[: len(begin)], most[begin + count - 1])
        hit = begin[inside < _UNLIKE * np.minimum(least[begin - 1], least[begin + count])]
        out[hit[:, None] + np.arange(count)] = True
    return out


def _share(change: DoubleArray, in_row: int) -> tuple[float, int]:
    """Of frames in which a face moves, those that repeat the one before; and how many there are."""
    padded = np.pad(np.nan_to_num(change, nan=0.0), _NEAR)
    near = np.max([padded[i : i + len(change)] for i in range(2 * _NEAR + 1)], axis=0)
    moving = (near >= _MOVING) & np.isfinite(change)
    count = int(moving.sum())
    return float(repeated(change, in_row)[moving].mean()) if count >= _ENOUGH else np.nan, count
