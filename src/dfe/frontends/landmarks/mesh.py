"""478 landmarks of one face: MediaPipe's attention mesh on an upright crop.

Grishchenko et al., "Attention mesh: high-fidelity face mesh prediction in real-time", arXiv 2006.10962.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dfe.frontends.landmarks.crops import Roi, crop
from dfe.frontends.landmarks.networks import Networks
from dfe.types import DoubleArray, ImageArray

CROP_SIZE = 256
_FLIP, _SHIFT = np.array([-1.0, 1.0, 1.0]), np.array([float(CROP_SIZE), 0.0, 0.0])


class Mesh(NamedTuple):
    """Landmarks of a face in a picture."""

    points: DoubleArray
    """``(478, 3)``: x and y in pixels of the picture; z in the same scale, smaller is nearer to the camera."""
    presence: float
    """Probability, 0 to 1, that there is a face."""


def find_mesh(networks: Networks, image: ImageArray, roi: Roi, *, both_ways: bool = False) -> Mesh:
    """Landmarks of the face in ``roi``; ``both_ways``: the mean with those found in the crop's mirror image."""
    square = crop(image, roi, CROP_SIZE)
    raw, presence = networks.run("landmarks", square[None])
    found = raw.reshape(478, 3).astype(np.float64)
    if both_ways:
        raw, image_presence = networks.run("landmarks", np.ascontiguousarray(square[:, ::-1])[None])
        found = (found + raw.reshape(478, 3)[networks.partner] * _FLIP + _SHIFT) / 2
        presence = np.asarray((presence + image_presence) / 2, np.float32)
    scale = roi.size / CROP_SIZE
    cos, sin = scale * math.cos(roi.angle), scale * math.sin(roi.angle)
    turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, scale]])
    half = CROP_SIZE / 2
    points = (found - [half, half, 0.0]) @ turn + [roi.x, roi.y, 0.0]
    return Mesh(points, 1 / (1 + math.exp(-float(presence.reshape(())))))
