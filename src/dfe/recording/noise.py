"""How much a face trembles from frame to frame by the picture's noise: its place, and what is measured of it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import BoolArray, DoubleArray, FloatArray
from dfe.space.base import ExpressionSpace

CALM = 10.0
"""Per cent of a recording's moments, the calmest ones, in which what is measured of a face is taken to be noise."""

_SECOND_DIFFERENCE = math.sqrt(6.0)
"""The second difference of independent noise is so many times as wide as the noise."""
_MAD_TO_SIGMA = 1.4826
_ROWS_AT_ONCE = 4096


def noise_mm(frames: NDArray[np.integer], expressions: FloatArray, space: ExpressionSpace) -> float | None:
    """Noise of a face's expression from frame to frame, in mm as displays are told: root mean square over the points
    that can move. None without three frames in a row, and where the space is another than that of the expressions.

    The second difference of three frames in a row is zero for a face at rest or in even motion; its length over the
    root of 6 is that of independent noise. People move most of the time, so that a median would tell their movements:
    it is taken in the calmest tenth of all moments, where it is two thirds of the median of a still face. A face that
    never rests seems noisier than it is, and noise that is alike in following frames, as that of films that are
    compressed much, is not seen.

    Args:
        frames: ``(n,)`` numbers of one face's frames, rising.
        expressions: ``(n, D)``.
        space: in which they are.
    """
    steady = _in_a_row(frames)
    if not steady.any() or expressions.shape[1] != space.dimension:
        return None
    middle = np.flatnonzero(steady) + 1
    length = np.empty(len(middle))
    # A part at a time: an hour of faces in float64 would take a hundred megabytes, several times.
    for start in range(0, len(middle), _ROWS_AT_ONCE):
        at = middle[start : start + _ROWS_AT_ONCE]
        before, now, after = (expressions[at + k].astype(np.float64) for k in (-1, 0, 1))
        second = before - 2 * now + after
        square = np.einsum("nd,nd->n", second @ space.gram, second)
        length[start : start + len(at)] = np.sqrt(np.maximum(square, 0.0))
    known = length[np.isfinite(length)]
    return float(np.percentile(known, CALM) / _SECOND_DIFFERENCE) if len(known) else None


def jitter_percent(frames: NDArray[np.integer], boxes: FloatArray) -> float | None:
    """Noise of the box centre from frame to frame, in per cent of the face's size; None without three frames in a row.

    The second difference of the centre is zero for a head at rest or in even motion and has variance 6 s^2 for
    independent noise of standard deviation s. So s is estimated as 1.4826 median |second difference| / sqrt(6), over
    x and y together, and divided by the median of sqrt(width x height). The median keeps quick real movements out.

    Args:
        frames: ``(n,)`` numbers of one face's frames, rising.
        boxes: x, y, width, height in pixels ``(n, 4)``.
    """
    steady = _in_a_row(frames)
    if not steady.any():
        return None
    centre: DoubleArray = boxes[:, :2].astype(np.float64) + boxes[:, 2:] / 2.0
    second = np.abs(np.diff(centre, n=2, axis=0))[steady]
    size = float(np.median(np.sqrt(boxes[:, 2] * boxes[:, 3])))
    if not size > 0:
        return None
    return float(100.0 * _MAD_TO_SIGMA * np.median(second) / _SECOND_DIFFERENCE / size)


def _in_a_row(frames: NDArray[np.integer]) -> BoolArray:
    """``(n - 2,)``: whether each frame between two others has both beside it, none left out."""
    step = np.diff(frames.astype(np.int64))
    if len(step) < 2:
        return np.zeros(0, np.bool_)
    return np.asarray((step[1:] == step.min()) & (step[:-1] == step.min()))
