"""Head pose: landmarks in space, then the turn that lays the canonical face on them.

The method is that of MediaPipe's face geometry module: a pinhole camera with a vertical field of view of 63 degrees,
the canonical face in centimetres, and a weighted orthogonal Procrustes alignment, twice for the depth and once for the
pose.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import DoubleArray
from dfe.frontends.landmarks.networks import Networks

FIELD_OF_VIEW = math.radians(63.0)
MESH_POINTS = 468
"""Landmarks of the canonical face; the ten after them are the irises'."""


class HeadPose(NamedTuple):
    """Turn and place of the head before the camera: x to the picture's right, y up, z towards the camera."""

    rotation: DoubleArray
    """``(3, 3)``, from the canonical face to the camera."""
    translation_cm: DoubleArray
    """``(3,)``."""
    pitch: float
    """Radians, positive: the head looks up."""
    yaw: float
    """Radians, positive: turned to the subject's left."""
    roll: float
    """Radians, positive: tilted towards the subject's left shoulder."""


class Alignment:
    """Weighted orthogonal Procrustes analysis of one fixed set of points (Schoenemann 1966; signs as Umeyama 1991).

    Args:
        source: ``(n, 3)`` points.
        weights: ``(n,)``, not negative.
    """

    def __init__(self, source: DoubleArray, weights: DoubleArray) -> None:
        self.weights = weights / weights.sum()
        self.middle = self.weights @ source
        centred = source - self.middle
        self.weighted = self.weights[:, None] * centred
        self.spread = float((self.weighted * centred).sum())

    def scale(self, target: DoubleArray) -> float:
        """Scale s of the best ``target = s R source + t``."""
        covariance = target.T @ self.weighted
        singular = np.linalg.svd(covariance, compute_uv=False)
        return self._scale(singular, np.linalg.det(covariance))

    def solve(self, target: DoubleArray) -> tuple[float, DoubleArray, DoubleArray]:
        """Scale, rotation ``(3, 3)`` and translation ``(3,)`` of the best ``target = s R source + t``."""
        covariance = target.T @ self.weighted
        left, singular, right = np.linalg.svd(covariance)
        determinant = float(np.linalg.det(covariance))
        if determinant < 0:
            left[:, 2] *= -1
        scale = self._scale(singular, determinant)
        rotation = left @ right
        return scale, rotation, self.weights @ target - scale * (rotation @ self.middle)

    def _scale(self, singular: DoubleArray, determinant: float) -> float:
        last = singular[2] if determinant >= 0 else -singular[2]
        return float(singular[0] + singular[1] + last) / self.spread


class Geometry:
    """Head pose from landmarks.

    Args:
        networks: where the canonical face comes from.
    """

    def __init__(self, networks: Networks) -> None:
        canonical = networks.arrays("geometry.npz")
        weights = canonical["weights"].astype(np.float64)
        self.used = np.flatnonzero(weights)
        self.align = Alignment(canonical["vertices_cm"].astype(np.float64)[self.used], weights[self.used])

    def __call__(self, points: DoubleArray, width: int, height: int) -> HeadPose:
        """Pose from landmarks ``(478, 3)`` in pixels of a picture of ``width`` by ``height``."""
        # On the near plane, at distance 1, a pixel is this wide.
        pixel = 2 * math.tan(FIELD_OF_VIEW / 2) / height
        near = (points[self.used] - [width / 2, height / 2, 0.0]) * [pixel, -pixel, pixel]
        depth = near[:, 2] - points[:MESH_POINTS, 2].mean() * pixel
        near[:, 2] *= -1
        first = self.align.scale(near)
        second = self.align.scale(_unprojected(near, depth, first))
        _, rotation, translation = self.align.solve(_unprojected(near, depth, first * second))
        return HeadPose(rotation, translation, *angles(rotation))


class Normaliser:
    """Lays faces on the canonical one, so that only shape and expression are left.

    Args:
        networks: where the canonical face comes from.
    """

    def __init__(self, networks: Networks) -> None:
        canonical = networks.arrays("geometry.npz")
        self.align = Alignment(canonical["vertices_cm"].astype(np.float64), canonical["weights"].astype(np.float64))

    def __call__(self, points: DoubleArray) -> DoubleArray:
        """Landmarks ``(478, 3)`` in pixels to ``(468, 3)`` in cm: x to the picture's right, y up, z to the camera.

        The best similarity transform (weak perspective: depth as the network has it), weighted as for the head pose.
        """
        upright = points[:MESH_POINTS] * [1.0, -1.0, -1.0]
        scale, rotation, translation = self.align.solve(upright)
        return np.asarray((upright - translation) @ rotation / scale)


def pose_normalised(points: ArrayLike, networks: Networks | None = None) -> DoubleArray:
    """:class:`Normaliser` over many faces: ``(n, 478, 3)`` to ``(n, 468, 3)``; rows with NaN become NaN."""
    normalise = Normaliser(networks or Networks())
    rows = np.asarray(points, np.float64)
    normal = np.full((len(rows), MESH_POINTS, 3), np.nan)
    for row in np.flatnonzero(np.isfinite(rows).all(axis=(1, 2))):
        normal[row] = normalise(rows[row])
    return normal


def _unprojected(near: DoubleArray, depth: DoubleArray, scale: float) -> DoubleArray:
    """Points on the near plane pushed out to where a face of the canonical size has them, in cm."""
    distance = (depth + 1) / scale
    return np.column_stack([near[:, 0] * distance, near[:, 1] * distance, -distance])


def angles(rotation: DoubleArray) -> tuple[float, float, float]:
    """Pitch, yaw and roll (radians) of ``rotation = Ry(yaw) Rx(-pitch) Rz(-roll)``, axes as in :class:`HeadPose`."""
    pitch = math.asin(min(1.0, max(-1.0, float(rotation[1, 2]))))
    yaw = math.atan2(float(rotation[0, 2]), float(rotation[2, 2]))
    roll = math.atan2(-float(rotation[1, 0]), float(rotation[1, 1]))
    return pitch, yaw, roll
