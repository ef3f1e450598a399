"""What a face looks like, in a few bytes: enough to tell that a box holds another face than a frame ago.

It tells two faces apart that are seen one right after the other, not people: over seconds a face changes as much by
turning as it differs from others. No result holds it; pieces of a long film do
until its table is written (:mod:`dfe.encoding.kept`).
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray, ImageArray
from dfe.frontends.landmarks.crops import Roi

LOOK_SHAPE = (16, 16)
_CROP = 64
_INNER = slice(8, 56)

LookArray = NDArray[np.uint8]


def look_at(image: ImageArray, roi: Roi) -> LookArray:
    """The middle of an upright crop as a grey picture ``(16, 16)``."""
    crop = cv2.warpAffine(
        image, roi.matrix(_CROP), (_CROP, _CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[_INNER, _INNER]
    return cast(LookArray, cv2.resize(grey, LOOK_SHAPE[::-1], interpolation=cv2.INTER_AREA))


def normalised(looks: LookArray) -> DoubleArray:
    """Looks ``(n, 16, 16)`` as vectors ``(n, 256)`` whose products are their correlations; 0 for a plain one."""
    flat = looks.reshape(len(looks), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    return cast(DoubleArray, flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9))
