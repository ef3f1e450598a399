"""Takes turn, place and size out of 68 points, in space or in a picture, for many faces at once.

Axes throughout: x to the picture's right, y down, z away from the camera (OpenFace's and the mesh's own).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.frontends.points.mapping import RIGID

_SMALLEST = 1e-12


class Aligned(NamedTuple):
    """Faces laid on the reference face."""

    shape: DoubleArray
    """``(n, 68, 3)`` or, from pictures, ``(n, 68, 2)``: x and y (and z) of a head that looks ahead, in cm."""
    pose: DoubleArray
    """``(n, 3)`` pitch, yaw, roll in radians, signs as in :mod:`dfe.frontends.base`."""


def align_space(points: DoubleArray, reference: DoubleArray) -> Aligned:
    """Points in space ``(n, 68, 3)``, in any unit, laid on the reference ``(68, 3)`` by their rigid ones.

    The best similarity transform (Umeyama 1991).
    """
    target, place = _rigid(points)
    source, _ = _rigid(reference[None])
    covariance = np.matmul(target.swapaxes(1, 2), source[0])
    left, singular, right = np.linalg.svd(covariance)
    side = np.sign(np.linalg.det(np.matmul(left, right)))
    left[:, :, 2] *= side[:, None]
    singular[:, 2] *= side
    rotation = np.matmul(left, right)
    scale = np.maximum(singular.sum(axis=1) / np.square(source).sum(), _SMALLEST)
    return Aligned(np.matmul(points - place, rotation) / scale[:, None, None], _angles(rotation))


def align_picture(points: DoubleArray, reference: DoubleArray) -> Aligned:
    """Points in a picture ``(n, 68, 2)`` laid on the reference ``(68, 3)`` under weak perspective.

    The best affine camera of the rigid points, made a scaled rotation; each point is then turned to the front at the
    depth that the reference face has there.
    """
    target, place = _rigid(points)
    source, middle = _rigid(reference[None])
    camera = np.matmul(target.swapaxes(1, 2), np.linalg.pinv(source[0]).T)
    left, singular, right = np.linalg.svd(camera, full_matrices=False)
    two = np.matmul(left, right)
    rotation = np.concatenate([two, np.cross(two[:, 0], two[:, 1])[:, None]], axis=1)
    scale = np.maximum(singular.mean(axis=1), _SMALLEST)
    depth = rotation[:, 2] @ (reference - middle[0]).T
    seen = np.concatenate([(points - place) / scale[:, None, None], depth[:, :, None]], axis=2)
    return Aligned(np.matmul(seen, rotation)[:, :, :2], _angles(rotation))


def _rigid(points: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """The rigid points about their middle, and the middle."""
    middle = points[:, RIGID].mean(axis=1, keepdims=True)
    return points[:, RIGID] - middle, middle


def _angles(rotation: DoubleArray) -> DoubleArray:
    """:func:`dfe.frontends.landmarks.geometry.angles` of many rotations ``(n, 3, 3)``, axes as in this module."""
    pitch = np.arcsin(np.clip(rotation[:, 1, 2], -1, 1))
    yaw = np.arctan2(-rotation[:, 0, 2], rotation[:, 2, 2])
    roll = np.arctan2(rotation[:, 1, 0], rotation[:, 1, 1])
    return np.stack([pitch, yaw, roll], axis=1)
