"""Faces made by the face model, as landmarks in a picture."""

from __future__ import annotations

import numpy as np

from dfe.facemodel.model import FLIP, FaceModel


class Made:
    """Faces made by the model: what was put in, and the landmarks in pixels that come of it."""

    def __init__(self, model: FaceModel, count: int, seed: int = 0, turn: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        self.model = model
        a = rng.normal(size=len(model.identity)) * np.sqrt(model.identity_variance)
        root = np.linalg.cholesky(model.expression_covariance)
        self.identity = a
        self.expression = rng.normal(size=(count, model.dimension)) @ root.T * 0.6
        self.expression[: count // 2] = 0
        own = model.mean_mm + np.tensordot(a, model.identity, 1)
        self.shape = own + model.displace(self.expression)
        self.yaw, self.pitch = rng.uniform(-turn, turn, (2, count))
        self.points = placed(self.shape, self.yaw, self.pitch)


def placed(shape_mm: np.ndarray, yaw: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Head coordinates to landmarks in pixels, 478 of them: 3 pixels a mm, in the middle of a picture."""
    count = len(shape_mm)
    turn = np.zeros((count, 3, 3))
    for i, (a, b) in enumerate(zip(yaw, pitch, strict=True)):
        about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        about_x = np.array([[1, 0, 0], [0, np.cos(-b), -np.sin(-b)], [0, np.sin(-b), np.cos(-b)]])
        turn[i] = about_y @ about_x
    seen = np.matmul(shape_mm, turn.swapaxes(1, 2)) * 3 * np.array([1.0, -1.0, -1.0]) + [320.0, 240.0, 0.0]
    return np.concatenate([seen, np.repeat(seen[:, :1], 10, axis=1)], axis=1)


def in_mirror(points: np.ndarray, model: FaceModel, width: float = 640.0) -> np.ndarray:
    """Landmarks of the mirror image of a picture."""
    return points[:, model.mirror] * FLIP + [width, 0.0, 0.0]
