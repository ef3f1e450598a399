"""Square, level pictures of faces for networks that look at pixels, from the boxes and the roll of a recording."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from dfe.base.types import DoubleArray, FloatArray, ImageArray
from dfe.frontends.landmarks.crops import Roi, crop

MARGIN = 1.1
"""Side of the square over the longer side of the box, which goes around the landmarks: chin to forehead."""


def face_crop(
    image: ImageArray,
    box: FloatArray | DoubleArray,
    roll: float,
    size: int,
    *,
    mirrored: bool = False,
    margin: float = MARGIN,
) -> ImageArray:
    """The face ``(size, size, 3)``, eyes level; beyond the picture its edge goes on.

    Args:
        image: RGB ``(h, w, 3)``.
        box: ``x, y, width, height`` in pixels of the image.
        roll: radians, positive towards the subject's left shoulder; turned back. 0 where not finite.
        size: pixels of the crop.
        mirrored: the image shows left and right exchanged, which the recording's pose has put right: the crop is
            turned back too.
        margin: side over the longer side of the box.
    """
    x, y, width, height = (float(value) for value in box)
    turn = float(roll) if np.isfinite(roll) else 0.0
    roi = Roi(x + width / 2, y + height / 2, max(width, height, 1.0) * margin, -turn if mirrored else turn)
    found = crop(image, roi, size)
    return np.ascontiguousarray(found[:, ::-1]) if mirrored else found


def in_channels(crops: ImageArray, channels: int) -> ImageArray:
    """RGB crops ``(n, s, s, 3)`` as they are, or as grey ``(n, s, s, 1)`` (ITU-R BT.601)."""
    if channels == 3:
        return crops
    grey = [cast(ImageArray, cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)) for crop in crops]
    return np.stack(grey)[..., None] if grey else np.zeros((*crops.shape[:3], 1), np.uint8)
