"""Frames of a face to what they say about it: pose, size, and products with the model's modes, robust to bad points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.facemodel.alignment import align
from dfe.facemodel.model import POINTS, FaceModel, turn_terms
from dfe.facemodel.posterior import Posterior, Products

ROUNDS = 2
FAR_MM = 4.0
"""A point further than this from where the model has it pulls no harder than at this distance (Huber 1964)."""


class Frames(NamedTuple):
    """What n frames say about a face; rows are independent, so chunks of frames can be joined."""

    products: Products
    """With the model's modes."""
    still: DoubleArray
    """``(n, K)``: the expression against the population's resting face, the person being unknown."""
    pose: DoubleArray
    """``(n, 3)`` pitch, yaw, roll in radians."""
    pixels_per_mm: DoubleArray
    """``(n,)``."""
    residual_mm: DoubleArray
    """``(n,)``: root mean square, over points, of what the model leaves."""
    bad_points: IntArray
    """``(n,)``: points that the model disbelieves."""

    def take(self, rows: IntArray) -> Frames:
        """Some of the rows; all of them in their order are the frames themselves."""
        if len(rows) == len(self.still) and np.array_equal(rows, np.arange(len(rows))):
            return self
        return self._at(rows)

    def part(self, start: int, end: int) -> Frames:
        """The rows from one place to another, as they are and not copied."""
        return self._at(slice(start, end))

    def _at(self, rows: IntArray | slice) -> Frames:
        products = Products(self.products.variables[rows], self.products.identity[rows])
        return Frames(
            products, self.still[rows], self.pose[rows], self.pixels_per_mm[rows], self.residual_mm[rows],
            self.bad_points[rows],
        )  # fmt: skip


class FaceFitter:
    """Fits a face model to points of the whole mesh, frame by frame.

    Args:
        model: the face model.
    """

    def __init__(self, model: FaceModel) -> None:
        self.model = model
        self.posterior = Posterior(model)

    def frames(self, points: DoubleArray) -> Frames:
        """Landmarks ``(n, 468 or 478, 3)`` in pixels (x right, y down, z away) compressed.

        A row that is not finite gives a row of NaN. Results do not depend on what else is in the batch.
        """
        whole = np.asarray(points, np.float64)[:, :POINTS]
        fine = np.asarray(np.isfinite(whole).all(axis=(1, 2)))
        rows = self._finite(whole[fine])
        return rows if fine.all() else _spread(rows, fine)

    def _finite(self, points: DoubleArray) -> Frames:
        model, posterior = self.model, self.posterior
        face = align(points, model.mean_mm, model.size_weights, model.rigid)
        shape = faced(model, face.shape_mm, face.pose)
        seen = posterior.products(shape)
        variables = posterior.still(seen, face.pose)
        distance = np.zeros(shape.shape[:2])
        held = np.ones(distance.shape)
        due = np.arange(len(shape))
        for _ in range(ROUNDS):
            one = Products(seen.variables[due], seen.identity[due])
            person = posterior.person(one, variables[due])
            told = np.matmul(np.concatenate([person, variables[due]], axis=1)[:, None], posterior.shapes)
            off = shape[due] - (told.reshape(len(due), POINTS, 3) + model.mean_mm)
            distance[due] = np.sqrt(np.square(off).sum(axis=2))
            held[due] = np.minimum(1.0, FAR_MM / np.maximum(distance[due], 1e-9))
            far = (held[due] < 1).any(axis=1)
            due = due[far]
            if not len(due):
                break
            pulled = shape[due] - off[far] * (1 - held[due])[:, :, None]
            again = posterior.products(pulled)
            seen.variables[due], seen.identity[due] = again
            variables[due] = posterior.still(again, face.pose[due])
        residual = np.sqrt(np.square(distance).mean(axis=1))
        bad = (held < 1).sum(axis=1)
        still = variables[:, : model.dimension]
        return Frames(seen, still, face.pose, face.pixels_per_mm, residual, bad)


def faced(model: FaceModel, shape_mm: DoubleArray, pose: DoubleArray) -> DoubleArray:
    """Faces ``(n, 468, 3)`` without what a landmark network does, on average, to a head of pose ``(n, 3)``."""
    drift = np.matmul(turn_terms(pose)[:, None], model.turn_mean.reshape(len(model.turn_mean), -1))
    return np.asarray(shape_mm - drift.reshape(len(pose), POINTS, 3))


def join(parts: list[Frames]) -> Frames:
    """Frames of several chunks as one.

    Args:
        parts: one or more chunks, in order.
    """
    if len(parts) == 1:
        return parts[0]
    products = Products(*(np.concatenate(arrays) for arrays in zip(*(part.products for part in parts), strict=True)))
    others = [np.concatenate(arrays) for arrays in zip(*(part[1:] for part in parts), strict=True)]
    return Frames(products, *others)


def _spread(rows: Frames, fine: BoolArray) -> Frames:
    def wide(array: DoubleArray) -> DoubleArray:
        full = np.full((len(fine), *array.shape[1:]), np.nan)
        full[fine] = array
        return full

    bad = np.zeros(len(fine), np.int64)
    bad[fine] = rows.bad_points
    return Frames(
        Products(wide(rows.products.variables), wide(rows.products.identity)),
        wide(rows.still), wide(rows.pose), wide(rows.pixels_per_mm), wide(rows.residual_mm), bad,
    )  # fmt: skip
