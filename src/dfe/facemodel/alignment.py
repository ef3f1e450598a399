"""Head coordinates: faces turned to the front, scaled to millimetres and laid on the model by points that hardly move.

Points come with x to the picture's right, y down and z away from the camera, in pixels. Head coordinates have x to the
subject's left, y up and z out of the face.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray

UPRIGHT = np.array([1.0, -1.0, -1.0])


class Aligned(NamedTuple):
    """Faces in head coordinates, and how they were turned."""

    shape_mm: DoubleArray
    """``(n, p, 3)``."""
    rotation: DoubleArray
    """``(n, 3, 3)``, from head coordinates to the camera's (x right, y up, z towards the camera)."""
    pixels_per_mm: DoubleArray
    """``(n,)``."""
    pose: DoubleArray
    """``(n, 3)`` pitch, yaw, roll in radians: up, to the subject's left, towards the left shoulder are positive."""


def align(points: DoubleArray, target_mm: DoubleArray, size: DoubleArray, rigid: NDArray[np.integer]) -> Aligned:
    """Points ``(n, p, 3)`` in pixels to head coordinates.

    The scale is that of the best similarity transform to the target; turn and place are then those that lay the rigid
    points best on the target's. Rows must be finite.

    Args:
        points: ``(n, p, 3)``.
        target_mm: ``(p, 3)`` in head coordinates.
        size: ``(p,)`` weights of the points that tell the scale.
        rigid: numbers of the points that tell turn and place.
    """
    upright = points * UPRIGHT
    _, scale = _turn(upright, target_mm, size / size.sum())
    chosen = np.zeros(len(target_mm))
    chosen[rigid] = 1 / len(rigid)
    rotation, _ = _turn(upright, target_mm, chosen)
    middle = _middle(upright, chosen)
    shape = np.matmul(upright - middle[:, None], rotation) / scale[:, None, None] + chosen @ target_mm
    return Aligned(shape, rotation, scale, angles(rotation))


def angles(rotation: DoubleArray) -> DoubleArray:
    """Pitch, yaw and roll ``(n, 3)`` of ``rotation = Ry(yaw) Rx(-pitch) Rz(-roll)`` ``(n, 3, 3)``, in radians."""
    pitch = np.arcsin(np.clip(rotation[:, 1, 2], -1, 1))
    yaw = np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])
    roll = np.arctan2(-rotation[:, 1, 0], rotation[:, 1, 1])
    return np.stack([pitch, yaw, roll], axis=1)


def _middle(points: DoubleArray, weights: DoubleArray) -> DoubleArray:
    return np.asarray(np.matmul(weights[None, None], points)[:, 0])


def _turn(points: DoubleArray, target: DoubleArray, weights: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Rotation and scale of the best ``points = scale * rotation @ target + place`` (Umeyama 1991), for every face."""
    centred = (points - _middle(points, weights)[:, None]) * weights[:, None]
    goal = target - weights @ target
    left, singular, right = np.linalg.svd(np.matmul(centred.swapaxes(1, 2), goal))
    side = np.sign(np.linalg.det(np.matmul(left, right)))
    left[:, :, 2] *= side[:, None]
    singular[:, 2] *= side
    spread = float((weights[:, None] * goal * goal).sum())
    return np.matmul(left, right), np.maximum(singular.sum(axis=1) / spread, 1e-9)
