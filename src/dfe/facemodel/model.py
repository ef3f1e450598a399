"""The face model: a mean face, how people differ, how faces move, and what turning the head does to a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import ModelError
from dfe.base.types import DoubleArray, FloatArray

POINTS = 468
FLIP = np.array([-1.0, 1.0, 1.0])
TURN_UNIT = 0.35
"""Radians of yaw or pitch that the variances of the turn modes belong to."""


def turn_terms(pose: DoubleArray) -> DoubleArray:
    """Pitch, yaw, roll ``(n, 3)`` in radians to yaw, pitch, yaw², yaw · pitch, pitch² in units of 0.35; ``(n, 5)``."""
    pitch, yaw = pose[:, 0] / TURN_UNIT, pose[:, 1] / TURN_UNIT
    return np.stack([yaw, pitch, yaw * yaw, yaw * pitch, pitch * pitch], axis=1)


@dataclass(frozen=True, eq=False)
class FaceModel:
    """``shape = mean + identity a + expression e + turn(pose) u + noise``, in mm, in head coordinates.

    Axes: x to the subject's left, y up, z out of the face. Every part is its own mirror image, so a mirrored face gets
    mirrored coefficients.

    Args:
        version: raised when the meaning of a coefficient changes.
        mean_mm: ``(468, 3)``.
        identity: ``(A, 468, 3)``, mm per unit; constant for a person.
        identity_variance: ``(A,)``.
        expression: ``(K, 468, 3)``; one unit moves the points by 1 mm root mean square.
        expression_covariance: ``(K, K)``, mm²: of the expressions that people show.
        rest_covariance: ``(K, K)``, mm²: by what people's faces at rest differ along the expression modes.
        names: of the K expression coefficients.
        partner: ``(K,)``, the coefficient that each becomes in a mirror image.
        turn_mean: ``(5, 468, 3)``: what a landmark network does to a turned face on average, times :func:`turn_terms`.
        turn: ``(2, U, 468, 3)``: by what that differs from face to face, with yaw (first) and with pitch (second).
        turn_variance: ``(2, U)``, at :data:`TURN_UNIT`; grows with the square of the angle.
        noise_mm: ``(468,)``, standard deviation on each axis.
        size_weights: ``(468,)``, of the points that tell how large a face is.
        rigid: numbers of the points that hardly move when a face does.
        mirror: ``(468,)``, the point that each becomes in a mirror image.
        triangles: ``(F, 3)``.
        regions: names of the parts of the face.
        vertex_region: ``(468,)``, index into ``regions``.
        head_basis: ``(K, V, 3)``, mm per unit: how the vertices of the CC0 head follow.

    Raises:
        ModelError: parts that do not fit together.
    """

    version: int
    mean_mm: DoubleArray
    identity: DoubleArray
    identity_variance: DoubleArray
    expression: DoubleArray
    expression_covariance: DoubleArray
    rest_covariance: DoubleArray
    names: tuple[str, ...]
    partner: NDArray[np.int32]
    turn_mean: DoubleArray
    turn: DoubleArray
    turn_variance: DoubleArray
    noise_mm: DoubleArray
    size_weights: DoubleArray
    rigid: NDArray[np.int32]
    mirror: NDArray[np.int32]
    triangles: NDArray[np.int32]
    regions: tuple[str, ...]
    vertex_region: NDArray[np.int8]
    head_basis: FloatArray

    def __post_init__(self) -> None:
        k = len(self.names)
        shapes = {
            "mean_mm": (POINTS, 3),
            "identity": (len(self.identity_variance), POINTS, 3),
            "expression": (k, POINTS, 3),
            "expression_covariance": (k, k),
            "rest_covariance": (k, k),
            "partner": (k,),
            "turn_mean": (5, POINTS, 3),
            "turn": (*self.turn_variance.shape, POINTS, 3),
            "noise_mm": (POINTS,),
            "size_weights": (POINTS,),
            "mirror": (POINTS,),
            "vertex_region": (POINTS,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                what = f"{name} of the face model has shape {getattr(self, name).shape}, not {shape}"
                raise ModelError(what, advice="install discrete-facial-encoding again")
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def dimension(self) -> int:
        """Number of expression coefficients, K."""
        return len(self.names)

    @cached_property
    def variables(self) -> DoubleArray:
        """``(K + 2 U, 1404)``: what may change from frame to frame; the expression, then yaw's and pitch's modes."""
        parts = [self.expression, *self.turn]
        return np.concatenate([part.reshape(len(part), -1) for part in parts])

    def flip(self, shapes: DoubleArray) -> DoubleArray:
        """Shapes or displacements ``(..., 468, 3)`` with left and right exchanged."""
        return np.asarray(shapes[..., self.mirror, :] * FLIP)

    def displace(self, expression: DoubleArray) -> DoubleArray:
        """Expressions ``(n, K)`` to displacements ``(n, 468, 3)`` in mm, each row on its own."""
        flat = self.expression.reshape(self.dimension, -1)
        return np.asarray(np.matmul(np.asarray(expression, np.float64)[:, None], flat)).reshape(-1, POINTS, 3)
