"""How much of the upper and the lower face something hides: a hand, a mask, a microphone, hair, the picture's edge.

A small network looks at a grey crop placed by the landmarks; it was taught with things drawn over faces
(``scripts/make_covering.py``). docs/front-end.md says what it finds and where it cannot tell.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from dfe.base.types import DoubleArray, FloatArray, ImageArray
from dfe.frontends.landmarks.crops import crop, roi_from_landmarks
from dfe.frontends.landmarks.networks import Networks

FILE = "covering.onnx"
SIDE = 64
"""Side of the crop that the network sees, in pixels."""
WIDTH = 0.8
"""Side of the crop over that of the landmark network's."""

UPPER = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 263, 359, 374, 145, 33, 130, 23, 253)
"""Landmarks whose hull is the upper face: brows and eyes."""
LOWER = (4, 48, 278, 205, 425, 61, 291, 172, 397, 176, 400, 152, 150, 379)
"""Landmarks whose hull is the lower face: tip of the nose, mouth, the cheeks beside it, chin."""
LIPS = (61, 291, 0, 17, 37, 267, 84, 314, 39, 269, 181, 405)
"""Landmarks around the lips. Half of the lower face's weight lies on them."""


class Covered(NamedTuple):
    """Shares of a face that something hides, 0 to 1."""

    upper: float
    """Of brows and eyes."""
    lower: float
    """Of the tip of the nose, mouth and chin."""


def find_covered(networks: Networks, grey: ImageArray, points: DoubleArray, width: int, height: int) -> Covered:
    """How much of a face is hidden, or lies beyond the picture's edge.

    Args:
        networks: where the network comes from.
        grey: what :func:`grey_crop` cut out of the picture.
        points: landmarks ``(478, 3)`` in the picture's pixels.
        width, height: of the picture.
    """
    (found,) = networks.run("covering", standardised(grey)[None, None])
    seen = found.reshape(2)
    beyond = outside(points, width, height)
    return Covered(max(float(seen[0]), beyond.upper), max(float(seen[1]), beyond.lower))


def grey_crop(image: ImageArray, points: DoubleArray, side: int = SIDE) -> ImageArray:
    """The level crop that the network sees ``(SIDE, SIDE)``, grey; a larger ``side`` adds to it all around."""
    roi = roi_from_landmarks(points)
    square = crop(image, roi._replace(size=roi.size * WIDTH * side / SIDE), side)
    return np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY))


def standardised(grey: ImageArray) -> FloatArray:
    """A grey crop with mean 0 and spread near 1, so that light and contrast count little."""
    values = grey.astype(np.float64)
    return np.asarray((values - values.mean()) / (values.std() + 8.0), np.float32)


def outside(points: DoubleArray, width: int, height: int) -> Covered:
    """Shares of the regions' landmarks that lie beyond the edges of a picture of this size."""
    beyond = np.any((points[:, :2] < 0) | (points[:, :2] > [width, height]), axis=1)
    upper, lower, lips = (float(beyond[list(region)].mean()) for region in (UPPER, LOWER, LIPS))
    return Covered(upper, (lower + lips) / 2)
