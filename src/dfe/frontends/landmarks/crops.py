"""Where to look: upright square crops around faces that may be tilted.

Positions are continuous pixels of the picture, x to the right and y down.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray, ImageArray

MARGIN = 1.5
"""Side of the crop over the longer side of the box it is made from (MediaPipe's face landmarker)."""
RIGHT_EYE, LEFT_EYE = 33, 263
"""Outer corners of the subject's eyes among the landmarks; the line between them is made level."""
COARSEST = 0.25
"""A crop scaled down further than this is first averaged over blocks: bilinear sampling alone would alias."""
MAX_SIDE = 32_000
"""OpenCV's warp cannot read pictures with a longer side."""


class Roi(NamedTuple):
    """A square of the picture: centre, side (pixels) and angle (radians, positive is clockwise on the screen)."""

    x: float
    y: float
    size: float
    angle: float

    def matrix(self, size: int) -> DoubleArray:
        """``(2, 3)`` map from pixels of the picture to pixels of a crop of ``size``."""
        scale = size / self.size
        cos, sin = scale * math.cos(self.angle), scale * math.sin(self.angle)
        half = size / 2
        return np.array(
            [
                [cos, sin, half - cos * self.x - sin * self.y],
                [-sin, cos, half + sin * self.x - cos * self.y],
            ]
        )


def roi_from_detection(box: DoubleArray, eyes: DoubleArray) -> Roi:
    """Crop around a detected box ``x0, y0, x1, y1``, level along the eyes ``(2, 2)``, the subject's right one first."""
    return _roi(box[:2], box[2:], eyes[0], eyes[1])


def roi_from_landmarks(points: DoubleArray) -> Roi:
    """Crop around landmarks ``(478, 2 or more)``."""
    flat = points[:, :2]
    return _roi(flat.min(0), flat.max(0), flat[RIGHT_EYE], flat[LEFT_EYE])


def _roi(low: DoubleArray, high: DoubleArray, right_eye: DoubleArray, left_eye: DoubleArray) -> Roi:
    width, height = float(high[0] - low[0]), float(high[1] - low[1])
    angle = math.atan2(float(left_eye[1] - right_eye[1]), float(left_eye[0] - right_eye[0]))
    side = max(width, height, 1.0) * MARGIN
    return Roi(float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2, side, angle)


def crop(image: ImageArray, roi: Roi, size: int) -> ImageArray:
    """The crop ``(size, size, 3)``; beyond the picture its edge goes on."""
    return sample(image, roi.matrix(size), size, cv2.BORDER_REPLICATE)


def letterbox(image: ImageArray, size: int, margin: float = 0.0) -> tuple[ImageArray, DoubleArray]:
    """The whole picture in the middle of a black square, and the ``(2, 3)`` map from the picture to it.

    ``margin`` is the share of the square's side that stays black at each edge at least.
    """
    height, width = image.shape[:2]
    scale = size * (1 - 2 * margin) / max(height, width)
    matrix = np.array([[scale, 0, (size - width * scale) / 2], [0, scale, (size - height * scale) / 2]])
    return sample(image, matrix, size, cv2.BORDER_CONSTANT), matrix


def sample(image: ImageArray, matrix: DoubleArray, size: int, border: int) -> ImageArray:
    """Bilinear samples of a picture of any size at the places that an affine map ``(2, 3)`` takes to a square."""
    scale = math.sqrt(abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]))
    if scale < COARSEST or max(image.shape[:2]) > MAX_SIDE:
        image, matrix = _reduced(image, matrix, size, max(1, int(0.5 / scale)))
    warped = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
    return cast(ImageArray, warped)


def _reduced(image: ImageArray, matrix: DoubleArray, size: int, factor: int) -> tuple[ImageArray, DoubleArray]:
    """The part of the picture that the map needs, averaged over blocks of about ``factor``, and the map from it."""
    back = cast(NDArray[Any], cv2.invertAffineTransform(matrix))
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) @ back.T
    low = np.floor(corners.min(0)).astype(int) - 2 * factor
    high = np.ceil(corners.max(0)).astype(int) + 2 * factor
    height, width = image.shape[:2]
    x0, y0 = np.clip(low, 0, [width - 1, height - 1])
    x1, y1 = np.clip(high, [x0 + 1, y0 + 1], [width, height])
    window = image[y0:y1, x0:x1]
    target = (max(1, round((x1 - x0) / factor)), max(1, round((y1 - y0) / factor)))
    small = cv2.resize(window, target, interpolation=cv2.INTER_AREA) if factor > 1 else window
    # A pixel stands for the middle of its block: place = (pixel + 0.5) * step - 0.5 + start.
    step = np.array([(x1 - x0) / target[0], (y1 - y0) / target[1]])
    moved = matrix[:, 2] + matrix[:, :2] @ (0.5 * step - 0.5 + [x0, y0])
    return cast(ImageArray, small), np.column_stack([matrix[:, :2] * step, moved])
