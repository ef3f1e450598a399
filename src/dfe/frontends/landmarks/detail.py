"""How much fine detail the picture of a face holds, whatever its size in pixels, its light and its contrast.

A face that is out of focus, that was enlarged from a small picture or that was made unrecognisable has many pixels and
little to see. The landmark network finds it with a confidence of 1, and its landmarks are guesses.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from dfe.base.types import FloatArray, ImageArray
from dfe.frontends.landmarks.covering import SIDE

_MARGIN = 6
"""Pixels of the crop at its edges that are left out: the picture's own edge may lie there."""
_INNER = SIDE - 2 * _MARGIN
_FAINT = 0.5
"""Grey levels that are added to what the finer detail is compared with, so that a plain crop gives 0."""


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
