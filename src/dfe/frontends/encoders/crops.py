"""The square pictures that the encoders were trained on: an upright box around the landmarks, resampled to 224 pixels.

The tools ask scikit-image for the similarity transform that takes the box's corners to the centres of the picture's
corner pixels, and for bilinear samples that are black beyond the picture; the same is computed here.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from dfe.base.types import DoubleArray, FloatArray, ImageArray
from dfe.frontends.encoders.points68 import sixty_eight

SIZE = 224
"""Side of a crop in pixels."""


class Crop(NamedTuple):
    """How a tool cuts out faces."""

    points: int
    """68: the box is that of iBUG's points; 478: of all landmarks."""
    scale: float
    """Side of the square over the mean of the box's width and height."""
    whole_levels: bool
    """Samples are cut to whole levels of 0 to 255, as the tool does that stores them in bytes."""

    def square(self, landmarks: DoubleArray | FloatArray) -> DoubleArray:
        """Left, top and side ``(3,)`` of the square around landmarks ``(478, 2 or more)``, in pixels.

        The side is cut to whole pixels, as the tools do.
        """
        points = sixty_eight(landmarks) if self.points == 68 else np.asarray(landmarks, np.float64)
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        side = max(1, int((high - low).mean() * self.scale))
        return np.array([*((low + high) / 2 - side / 2), side], np.float64)

    def cut(self, image: ImageArray, landmarks: DoubleArray | FloatArray) -> FloatArray:
        """The face ``(3, 224, 224)``, 0 to 1, from a picture and its landmarks."""
        left, top, side = self.square(landmarks)
        levels = _sampled(image, left, top, side / (SIZE - 1))
        if self.whole_levels:
            # The warp is right to a hundredth of a level; what is a whole level but for that must not lose one.
            levels = np.floor(levels + np.float32(0.01))
        return np.ascontiguousarray(levels.transpose(2, 0, 1) / np.float32(255))

    def described(self) -> str:
        """For provenance."""
        return f"box of {self.points} points, mean side x {self.scale:g}, {SIZE} px"


def _sampled(image: ImageArray, left: float, top: float, step: float) -> FloatArray:
    """Bilinear samples ``(224, 224, 3)``, 0 to 255, ``step`` pixels apart from ``(left, top)`` on."""
    height, width = image.shape[:2]
    # Only the part that is needed becomes float; OpenCV also refuses pictures with sides beyond 32,767 pixels.
    reach = step * (SIZE - 1)
    x0, x1 = _window(left, reach, width)
    y0, y1 = _window(top, reach, height)
    if x0 >= x1 or y0 >= y1:
        return np.zeros((SIZE, SIZE, 3), np.float32)
    part = np.ascontiguousarray(image[y0:y1, x0:x1], np.float32)
    inverse = np.array([[step, 0.0, left - x0], [0.0, step, top - y0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(part, inverse, (SIZE, SIZE), flags=flags, borderMode=cv2.BORDER_CONSTANT), np.float32
    )


def _window(start: float, reach: float, length: int) -> tuple[int, int]:
    """First and last (exclusive) pixel that samples from ``start`` to ``start + reach`` touch."""
    return max(0, int(np.floor(start))), min(length, int(np.floor(start + reach)) + 2)
