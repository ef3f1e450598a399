"""Points of other tools as observations of the face model: the mesh with most of its points missing.

The 68 points of iBUG's mark-up (OpenFace, CLNF, dlib, py-feat) are mesh points or means of two. In a picture they
have no depth; it is filled in from what the model says of the rest, a few times over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.facemodel.alignment import UPRIGHT, align, angles
from dfe.facemodel.fit import Frames, faced
from dfe.facemodel.model import POINTS, FaceModel
from dfe.facemodel.posterior import Posterior

FILLED = 6
"""Rounds of filling in the depth."""
UNSEEN_MM = 100.0
"""Noise along the line of sight of a picture."""
RIGID_SHARE = 0.4
"""Noise of the rigid points of a picture, over that of the others."""
NOISE_MM = 1.0
"""Standard deviation of a point that was seen."""
STIFF_MM, STIFF_TURN, STIFF_SIZE = 1.5, 0.03, 0.02
"""How far the alignment of few points may be off: mm, radians, share of the size."""


class PointFitter:
    """Fits a face model to some points, each a weighted mean of the mesh's.

    Args:
        model: the face model.
        weights: ``(m, 468)``.
        rigid: of the m points, those that hardly move.
        depth: the points lie in space; in a picture otherwise, where nothing along the line of sight is measured, and
            the rigid points are trusted more, since they alone tell a nod from a jaw that drops.
    """

    def __init__(
        self,
        model: FaceModel,
        weights: DoubleArray,
        rigid: NDArray[np.integer],
        *,
        depth: bool = True,
    ) -> None:
        self.model, self.weights, self.rigid = model, np.asarray(weights, np.float64), rigid
        self.target = self.weights @ model.mean_mm
        self.depth = depth
        noise = np.full((len(weights), 3), NOISE_MM)
        if not depth:
            noise[rigid] *= RIGID_SHARE
            noise[:, 2] = UNSEEN_MM
        self.posterior = Posterior(model, self.weights, noise, _stiff(model))

    def frames(self, points: DoubleArray) -> Frames:
        """Points ``(n, m, 3)`` in space, in any unit, or ``(n, m, 2)`` in a picture; axes x right, y down, z away.

        Depth that comes with points of a picture is not used.

        Raises:
            TableError: another number of points.
        """
        rows = np.asarray(points, np.float64)
        axes = 3 if self.depth else 2
        if rows.ndim != 3 or rows.shape[1] != len(self.weights) or rows.shape[2] < axes:
            raise TableError(f"points of shape {rows.shape}, not (n, {len(self.weights)}, {axes})")
        rows = rows[:, :, :axes]
        fine = np.asarray(np.isfinite(rows).all(axis=(1, 2)))
        filled = rows if self.depth else self._with_depth(rows, fine)
        found = self._finite(np.where(fine[:, None, None], filled, self.target * UPRIGHT))
        for array in (*found.products, *found[1:5]):
            array[~fine] = np.nan
        return found

    def _finite(self, points: DoubleArray) -> Frames:
        k = self.model.dimension
        face = align(points, self.target, np.ones(len(self.target)), self.rigid)
        drift = self.weights @ (self.model.mean_mm - faced(self.model, self.model.mean_mm[None], face.pose))
        seen = self.posterior.products(face.shape_mm - drift)
        found = self.posterior.still(seen, face.pose)
        person = self.posterior.person(seen, found)
        told = np.matmul(np.concatenate([person, found], axis=1)[:, None], self.posterior.shapes)
        off = face.shape_mm - drift - told.reshape(face.shape_mm.shape) - self.target
        residual = np.sqrt(np.square(off).sum(axis=2).mean(axis=1))
        return Frames(seen, found[:, :k], face.pose, face.pixels_per_mm, residual, np.zeros(len(points), np.int64))

    def _with_depth(self, flat: DoubleArray, fine: NDArray[np.bool_]) -> DoubleArray:
        """Points ``(n, m, 2)`` with the depth that the model gives them, in pixels.

        Gauss-Newton: the face is turned back by the pose found so far, the model is fitted to what is left across the
        line of sight, and what it says of turn and size corrects the pose.
        """
        rows = flat[fine]
        rotation, scale = _camera(rows[:, self.rigid], self.target[self.rigid])
        middle = rows.mean(axis=1, keepdims=True)
        upright = (rows - middle) * UPRIGHT[:2]
        shape = np.broadcast_to(self.target, (len(rows), *self.target.shape))
        seen = np.zeros((len(rows), len(self.target), 3))
        for _ in range(FILLED):
            there = shape - shape.mean(axis=1, keepdims=True)
            seen[:, :, :2] = upright / scale[:, None, None]
            seen[:, :, 2] = np.matmul(there, rotation.swapaxes(1, 2))[:, :, 2]
            ahead = np.matmul(seen, rotation) + shape.mean(axis=1, keepdims=True)
            products = self.posterior.products(ahead)
            found = self.posterior.still(products, angles(rotation))
            person = self.posterior.person(products, found)
            turn, size = found[:, -7:-4] * STIFF_TURN, found[:, -1] * STIFF_SIZE
            found[:, -7:] = 0
            told = np.matmul(np.concatenate([person, found], axis=1)[:, None], self.posterior.shapes)
            shape = told.reshape(shape.shape) + self.target
            rotation, scale = np.matmul(rotation, _about(turn)), scale * (1 + size)
        out = np.zeros((*flat.shape[:2], 3))
        depth = np.matmul(shape - shape.mean(axis=1, keepdims=True), rotation.swapaxes(1, 2))[:, :, 2]
        out[fine] = np.concatenate([rows, -depth[:, :, None] * scale[:, None, None]], axis=2)
        return out


def _about(turn: DoubleArray) -> DoubleArray:
    """Rotations ``(n, 3, 3)`` by turn vectors ``(n, 3)`` in radians (Rodrigues)."""
    angle = np.maximum(np.linalg.norm(turn, axis=1), 1e-12)[:, None, None]
    x, y, z = turn.T
    none = np.zeros(len(turn))
    cross = np.stack([none, -z, y, z, none, -x, -y, x, none], axis=1).reshape(-1, 3, 3)
    return np.asarray(np.eye(3) + np.sin(angle) / angle * cross + (1 - np.cos(angle)) / angle**2 * (cross @ cross))


def _camera(points: DoubleArray, target: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Rotation ``(n, 3, 3)`` and scale ``(n,)`` of the best weak-perspective camera of points in a picture."""
    upright = (points - points.mean(axis=1, keepdims=True)) * UPRIGHT[:2]
    goal = target - target.mean(axis=0)
    affine = np.matmul(upright.swapaxes(1, 2), np.linalg.pinv(goal).T)
    left, singular, right = np.linalg.svd(affine, full_matrices=False)
    two = np.matmul(left, right)
    rotation = np.concatenate([two, np.cross(two[:, 0], two[:, 1])[:, None]], axis=1)
    return rotation, singular.mean(axis=1)


def _stiff(model: FaceModel) -> DoubleArray:
    """``(7, 468, 3)``: turns, shifts and the size, each as large as the alignment of few points may be off."""
    off = model.mean_mm - model.mean_mm[model.rigid].mean(axis=0)
    turns = [np.cross(axis, off) * STIFF_TURN for axis in np.eye(3)]
    shifts = [np.broadcast_to(axis * STIFF_MM, (POINTS, 3)) for axis in np.eye(3)]
    return np.stack([*turns, *shifts, off * STIFF_SIZE])
