"""Crops that a face fills, enlarged and padded, since detectors miss a face that fills its picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

ENLARGED = 256
PADDING = ENLARGED // 4
_FAST = 1


def padded_png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture ``(h, w)`` or ``(h, w, 3)`` in OpenCV's order of colours as PNG, padded with black by a quarter.

    Its longer side is enlarged (cubic) to :data:`ENLARGED` pixels; larger pictures keep their size.
    """
    height, width = pixels.shape[:2]
    scale = max(ENLARGED / max(height, width), 1.0)
    size = round(width * scale), round(height * scale)
    large = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC) if scale > 1 else pixels
    border = round(max(size) * PADDING / ENLARGED)
    padded = cv2.copyMakeBorder(large, border, border, border, border, cv2.BORDER_CONSTANT)
    return bytes(cv2.imencode(".png", padded, [cv2.IMWRITE_PNG_COMPRESSION, _FAST])[1].tobytes())
