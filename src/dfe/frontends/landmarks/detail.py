"""How much fine detail the picture of a face holds, whatever its size in pixels, its light and its contrast.

A face that is out of focus, that was enlarged from a small picture or that was made unrecognisable, by blurring or by
large squares, has many pixels and little to see. The landmark network finds it with a confidence of 1, and its
landmarks are guesses.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from dfe.base.types import DoubleArray, FloatArray, ImageArray
from dfe.frontends.landmarks.covering import SIDE

_MARGIN = 6
"""Pixels of the crop at its edges that are left out: the picture's own edge may lie there."""
_INNER = SIDE - 2 * _MARGIN
_FAINT = 0.5
"""Grey levels that are added to what the finer detail is compared with, so that a plain crop gives 0."""
_NOTHING = 0.1
"""Grey levels that are added to a mean contrast, likewise."""

_FACE_SIDE = 96
"""Longest side of a face's box in pixels when squares are sought in it."""
_LEAST_SIDE = 24
"""Below it, in pixels, a box shows no pattern."""
_EDGE = 2
"""Places over which an edge is spread when a face is made smaller."""
_LEAST_INNER = 0.25
"""Share of a face's columns, or rows, that margins leave at least: the edges of a few squares may lie closer."""
_SQUARES = 0.6
"""Evenness below which the picture of a face consists of squares. Whole faces have 0.7 and more, however hard JPEG
packed them; of 16 squares from side to side 0 to 0.63, of 20 0 to 0.7 (docs/front-end.md)."""


def detail_of_face(image: ImageArray, box: DoubleArray, grey: ImageArray) -> float:
    """Detail of a face, as of :func:`find_detail`; 0 where its picture consists of large squares.

    The edges of squares are the finest of detail, and nothing of the face.

    Args:
        image: the picture ``(h, w, 3)``, RGB.
        box: of the face: its left, top, right and bottom edge in pixels ``(4,)``.
        grey: as of :func:`find_detail`.
    """
    return 0.0 if evenness(image, box) < _SQUARES else find_detail(grey)


def evenness(image: ImageArray, box: DoubleArray) -> float:
    """How evenly a face's contrast from pixel to pixel is spread over its columns and its rows, 0 to about 1.

    A face made of squares (a mosaic, a picture enlarged without smoothing) has contrast at their edges alone, and these
    lie in few columns and rows: the median over them is next to nothing beside the mean.

    Args:
        image: the picture ``(h, w, 3)``, RGB.
        box: edges of the face as of :func:`detail_of_face`; what lies beyond the picture does not count.
    """
    height, width = image.shape[:2]
    left, top, right, bottom = (int(v) for v in np.clip(np.round(box), 0, [width, height, width, height]))
    if min(right - left, bottom - top) < _LEAST_SIDE:
        return 1.0
    step = max(1, max(right - left, bottom - top) // (2 * _FACE_SIDE))
    face = cv2.cvtColor(np.ascontiguousarray(image[top:bottom:step, left:right:step]), cv2.COLOR_RGB2GRAY)
    scale = _FACE_SIDE / max(face.shape)
    if scale < 1:
        face = cast(ImageArray, cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    values = face.astype(np.float32)
    across, down = np.abs(np.diff(values, axis=1)).mean(axis=0), np.abs(np.diff(values, axis=0)).mean(axis=1)
    return float(max(np.median(along) / (along.mean() + _NOTHING) for along in map(_without_margins, (across, down))))


def _without_margins(along: FloatArray) -> FloatArray:
    """Contrast without what is plain at its ends: bars around a picture, or what it was padded with, are no squares.

    With a margin goes its edge, of one or two places, beside which all of the face is next to nothing.
    """
    there = np.flatnonzero(along > _NOTHING)
    if not len(there):
        return along
    first, last = int(there[0]), int(there[-1]) + 1
    inner = along[first + _EDGE * (first > 0) : last - _EDGE * (last < len(along))]
    return inner if len(inner) >= _LEAST_INNER * len(along) else along


def find_detail(grey: ImageArray) -> float:
    """Contrast of the finest detail of a level crop of 64 px over that of detail twice as coarse.

    A sharp face has 0.5 to 0.9, one that was enlarged from 30 px 0.45, from 20 px 0.33, from 14 px 0.26
    (docs/front-end.md).

    Args:
        grey: what :func:`dfe.frontends.landmarks.covering.grey_crop` cut out of the picture ``(64, 64)``.
    """
    inner = grey[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN].astype(np.float32)
    half, quarter = _coarse(inner, _INNER // 2), _coarse(inner, _INNER // 4)
    return float((inner - half).std() / ((half - quarter).std() + _FAINT))


def _coarse(grey: FloatArray, side: int) -> FloatArray:
    small = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
    return cast(FloatArray, cv2.resize(small, grey.shape[::-1], interpolation=cv2.INTER_CUBIC))
