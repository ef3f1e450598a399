"""478 landmarks of one face: MediaPipe's attention mesh on an upright crop.

Grishchenko et al., "Attention mesh: high-fidelity face mesh prediction in real-time", arXiv 2006.10962.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, ImageArray
from dfe.frontends.landmarks.crops import Roi, crop, roi_from_landmarks
from dfe.frontends.landmarks.networks import Networks

CROP_SIZE = 256
WIDER = 1.08
"""Side of the crop for the look at the mirror image, over that of the other look."""


class Mesh(NamedTuple):
    """Landmarks of a face in a picture."""

    points: DoubleArray
    """``(478, 3)``: x and y in pixels of the picture; z in the same scale, smaller is nearer to the camera."""
    presence: float
    """Probability, 0 to 1, that there is a face."""
    evidence: float
    """Its log odds, for comparing looks that are all but sure: upright faces have 6 and more, mostly over 10."""


def find_mesh(networks: Networks, image: ImageArray, roi: Roi) -> Mesh:
    """Landmarks of the face in ``roi``."""
    found, evidence = _look(networks, crop(image, roi, CROP_SIZE))
    return Mesh(_placed(found, roi), _probability(evidence), evidence)


def look_from_both_sides(networks: Networks, image: ImageArray, mesh: Mesh) -> Mesh:
    """The mean of a face's landmarks and of those found in its mirror image, in a crop somewhat wider.

    Left and right are then measured alike, and the noise of two different crops is averaged (docs/decisions/0006).
    """
    roi = roi_from_landmarks(mesh.points)
    roi = roi._replace(size=roi.size * WIDER)
    found, evidence = _look(networks, np.ascontiguousarray(crop(image, roi, CROP_SIZE)[:, ::-1]))
    unflipped = found[networks.partner] * [-1.0, 1.0, 1.0] + [CROP_SIZE, 0.0, 0.0]
    presence = (mesh.presence + _probability(evidence)) / 2
    return Mesh((mesh.points + _placed(unflipped, roi)) / 2, presence, (mesh.evidence + evidence) / 2)


def _look(networks: Networks, square: ImageArray) -> tuple[DoubleArray, float]:
    """Landmarks ``(478, 3)`` in pixels of the crop, and the log odds that it shows a face."""
    raw, evidence = networks.run("landmarks", square[None])
    return raw.reshape(478, 3).astype(np.float64), float(evidence.reshape(()))


def _probability(evidence: float) -> float:
    return 1 / (1 + math.exp(-evidence))


def _placed(found: DoubleArray, roi: Roi) -> DoubleArray:
    """Landmarks of a crop in pixels of the picture."""
    scale = roi.size / CROP_SIZE
    cos, sin = scale * math.cos(roi.angle), scale * math.sin(roi.angle)
    turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, scale]])
    half = CROP_SIZE / 2
    return np.asarray((found - [half, half, 0.0]) @ turn + [roi.x, roi.y, 0.0])
