"""Rigid motion taken out of point sets: Kabsch's rotation, robustly, where most of a face keeps its shape.

An expression moves some points against the others. Least squares would let those points turn the whole head; here
points that do not fit count less from round to round (iteratively reweighted least squares with Cauchy's weights, whose
width is the median distance), so that the motion is that of the part which keeps its shape.

Sources: W. Kabsch, Acta Cryst. A32 (1976) 922; with scale S. Umeyama, IEEE PAMI 13 (1991) 376; weights P. W. Holland
and R. E. Welsch, Comm. Stat. A6 (1977) 813.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray

LEAST_POINTS = 3
"""Fewer points fix no motion."""

FEW_POINTS = 600
"""So many points, spread evenly over their list, tell a motion as well as all."""

_ROUNDS = 25
_SETTLED = 1e-5
_FRAMES_AT_ONCE = 256
_NARROWEST = 1e-7
_SMALL_ANGLE = 1e-100


class Motion(NamedTuple):
    """What brings each of n point sets onto the fixed one: ``scale * points @ rotation + shift``."""

    rotation: DoubleArray
    """``(n, 3, 3)``."""
    shift: DoubleArray
    """``(n, 3)``."""
    scale: DoubleArray
    """``(n,)``, 1 where no scale was asked for."""

    def apply(self, points: NDArray[np.floating]) -> FloatArray:
        """The point sets ``(n, V, 3)`` moved; missing points stay missing."""
        moved = np.empty(points.shape, np.float32)
        for start in range(0, len(points), _FRAMES_AT_ONCE):
            part = slice(start, start + _FRAMES_AT_ONCE)
            turned = points[part].astype(np.float64) @ self.rotation[part]
            moved[part] = turned * self.scale[part, None, None] + self.shift[part, None]
        return moved


def rotations(vectors: ArrayLike) -> DoubleArray:
    """Axis-angle vectors in radians ``(..., 3)`` to rotation matrices ``(..., 3, 3)``, by Rodrigues' formula."""
    r = np.asarray(vectors, np.float64)
    angle = np.sqrt((r * r).sum(axis=-1))
    x, y, z = np.moveaxis(r, -1, 0) / np.maximum(angle, _SMALL_ANGLE)
    s, c = np.sin(angle), np.cos(angle)
    t = 1 - c
    rows = [
        [c + t * x * x, t * x * y - s * z, t * x * z + s * y],
        [t * x * y + s * z, c + t * y * y, t * y * z - s * x],
        [t * x * z - s * y, t * y * z + s * x, c + t * z * z],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def seen_points(points: NDArray[np.floating]) -> BoolArray:
    """Which points are there: ``(..., V, 3)`` to ``(..., V)``; a point without any of its coordinates is missing."""
    seen: BoolArray = np.isfinite(points).all(axis=-1)
    return seen


def fit_motion(
    points: NDArray[np.floating], fixed: NDArray[np.floating], weights: DoubleArray, *, scale: bool = False
) -> Motion:
    """Weighted least-squares motion (no reflection) of each point set onto ``fixed``.

    Args:
        points: ``(n, V, 3)``, finite where the weight is above 0.
        fixed: ``(V, 3)``, likewise.
        weights: ``(n, V)``, at least three points above 0 in every set.
        scale: fit a scale too.
    """
    x = np.where(weights[..., None] > 0, points, 0.0).astype(np.float64)
    y = np.where(np.isfinite(fixed), fixed, 0.0).astype(np.float64)
    share = (weights / weights.sum(axis=1, keepdims=True))[..., None]
    middle_x, middle_y = (share * x).sum(axis=1), (share * y).sum(axis=1)
    x = x - middle_x[:, None]
    covariance = np.swapaxes(share * x, 1, 2) @ (y - middle_y[:, None])
    u, s, vt = np.linalg.svd(covariance)
    sign = np.where(np.linalg.det(u @ vt) < 0, -1.0, 1.0)
    u[:, :, 2] *= sign[:, None]
    rotation = u @ vt
    size = np.ones(len(x))
    if scale:
        spread = (share * np.square(x)).sum(axis=(1, 2))
        size = (s[:, 0] + s[:, 1] + sign * s[:, 2]) / np.where(spread > 0, spread, 1.0)
    shift = middle_y - size[:, None] * np.einsum("ni,nij->nj", middle_x, rotation)
    return Motion(rotation, shift, size)


def align(
    points: NDArray[np.floating],
    fixed: NDArray[np.floating],
    *,
    among: IntArray | None = None,
    scale: bool = False,
) -> Motion:
    """Robust motion of each point set ``(n, V, 3)`` onto ``fixed`` ``(V, 3)``; missing points (NaN) take no part.

    Args:
        points: each set needs :data:`LEAST_POINTS` points, seen in ``fixed`` too.
        fixed: where they go.
        among: the points that decide (such as nose and forehead); by default all, or 600 spread evenly over the list.
        scale: fit a scale too: points in pixels grow as the head comes nearer.
    """
    if among is None:
        among = np.unique(np.linspace(0, len(fixed) - 1, min(len(fixed), FEW_POINTS)).astype(np.int64))
        if len(points) and (seen_points(points[:, among]) & seen_points(fixed[among])).sum(axis=1).min() < LEAST_POINTS:
            among = np.arange(len(fixed))
    target = np.asarray(fixed, np.float64)[among]
    parts = [
        _robust(points[start : start + _FRAMES_AT_ONCE, among].astype(np.float64), target, scale)
        for start in range(0, len(points), _FRAMES_AT_ONCE)
    ]
    if not parts:
        return Motion(np.zeros((0, 3, 3)), np.zeros((0, 3)), np.zeros(0))
    return Motion(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _robust(points: DoubleArray, fixed: DoubleArray, scale: bool) -> Motion:
    seen = seen_points(points) & seen_points(fixed)
    weights = seen.astype(np.float64)
    points = np.where(seen[..., None], points, 0.0)
    fixed = np.where(seen_points(fixed)[:, None], fixed, np.nan)
    size = np.sqrt(np.nanmean(np.square(fixed - np.nanmean(fixed, axis=0)).sum(axis=1)))
    narrowest = max(_NARROWEST * float(size), np.finfo(np.float64).tiny)
    before = np.full(len(points), np.inf)
    for _ in range(_ROUNDS):
        motion = fit_motion(points, fixed, weights, scale=scale)
        moved = (points @ motion.rotation) * motion.scale[:, None, None] + motion.shift[:, None]
        distance = np.linalg.norm(moved - fixed, axis=2)
        width = np.maximum(np.nanmedian(np.where(seen, distance, np.nan), axis=1), narrowest)
        if np.all(np.abs(width - before) <= _SETTLED * size):
            break
        before = width
        weights = np.where(seen, 1 / (1 + np.square(np.where(seen, distance, 0.0) / width[:, None])), 0.0)
    return motion
