"""From frames of points to displacements in mm: the head's motion taken out, a recording's own neutral face found."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.space.recipe import TYPICAL_MM, UNIT_MM, Recipe
from dfe.space.rigid import FEW_POINTS, LEAST_POINTS, align, seen_points

LEAST_SEEN = 0.5
"""A frame in which a smaller share of the points is seen holds no face."""

_CALM_SHARE = 4
_ROUNDS = 4
_NEUTRAL_FRAMES = 600


class Posed(NamedTuple):
    """One recording's faces without the head's motion."""

    neutral_mm: FloatArray
    """``(V, 3)``: its own neutral face; NaN where a point was never seen."""
    displacement: FloatArray
    """``(T, V, 3)`` mm from there; missing points are NaN, coordinates that do not count 0."""
    seen: BoolArray
    """``(T, V)``."""
    reason: tuple[str | None, ...]
    """Why a frame holds no face; its displacement is NaN then."""


class Neutral(NamedTuple):
    """A recording's own neutral face."""

    points_mm: DoubleArray
    """``(V, 3)`` in any pose; NaN where a point was never seen."""
    unit_mm: float
    """Millimetres in the data's unit."""

    def placed(self, onto: NDArray[np.floating], recipe: Recipe) -> Neutral:
        """In the pose of another face, ``(V, 3)`` mm.

        Raises:
            TableError: the two have too few points in common.
        """
        among = _among(recipe)
        both = seen_points(self.points_mm) & seen_points(onto)
        if both[slice(None) if among is None else among].sum() < LEAST_POINTS:
            raise TableError("its neutral face has too few points in common with the others'")
        moved = align(self.points_mm[None], onto, among=among).apply(self.points_mm[None])[0]
        return Neutral(moved.astype(np.float64), self.unit_mm)


def own_neutral(points: NDArray[np.floating], recipe: Recipe, frame: IntArray | None = None) -> Neutral:
    """A recording's own neutral face, as the recipe says.

    Args:
        points: ``(T, V, 3)`` in the data's unit; NaN where a point is missing.
        recipe: unit, kind of neutral, points that decide the motion.
        frame: ``(T,)`` numbers of the frames, for a neutral that is named; 0, 1, ... if None.

    Raises:
        TableError: no frame holds a face, or none of those that are named as neutral.
    """
    seen = seen_points(points)
    faces = np.flatnonzero([reason is None for reason in _reasons(seen, recipe)])
    if not len(faces):
        raise TableError("no frame holds a face: too many points are missing in all of them")
    numbers = np.arange(len(points)) if frame is None else frame
    rest = _neutral(points, faces, numbers, recipe)
    rest = rest - np.nanmean(rest, axis=0)
    size = face_size(rest)
    if not size > 0:
        raise TableError("all points lie in one place")
    unit_mm = UNIT_MM.get(recipe.unit, TYPICAL_MM / size)
    return Neutral(rest * unit_mm, unit_mm)


def pose_frames(points: NDArray[np.floating], recipe: Recipe, neutral: Neutral) -> Posed:
    """Take head motion and neutral face out of one recording.

    Args:
        points: ``(T, V, 3)`` in the data's unit; NaN where a point is missing.
        recipe: points that decide the motion.
        neutral: of :func:`own_neutral`, in the pose in which the result shall stand.
    """
    rest = neutral.points_mm
    reason = _reasons(seen_points(points) & seen_points(rest), recipe)
    faces = np.flatnonzero([r is None for r in reason])
    displacement = np.full(points.shape, np.nan, np.float32)
    scaled = points[faces] * np.float32(neutral.unit_mm)
    displacement[faces] = align(scaled, rest, among=_among(recipe), scale=recipe.scale).apply(scaled) - rest
    for axis, name in enumerate("xyz"):
        if name not in recipe.axes:
            displacement[..., axis] *= 0
    return Posed(rest.astype(np.float32), displacement, seen_points(displacement), reason)


def face_size(points: NDArray[np.floating]) -> float:
    """Root mean square distance of the points ``(V, 3)`` from their middle."""
    return float(np.sqrt(np.nanmean(np.square(points - np.nanmean(points, axis=0)).sum(axis=-1))))


def _reasons(seen: BoolArray, recipe: Recipe) -> tuple[str | None, ...]:
    deciding = seen[:, list(recipe.rigid)] if recipe.rigid else seen
    enough = (seen.mean(axis=1) >= LEAST_SEEN) & (deciding.sum(axis=1) >= LEAST_POINTS)
    count = seen.sum(axis=1)
    return tuple(None if good else f"{k} of {seen.shape[1]} points seen" for good, k in zip(enough, count, strict=True))


def _neutral(points: NDArray[np.floating], faces: IntArray, numbers: IntArray, recipe: Recipe) -> DoubleArray:
    """``(V, 3)`` in the data's unit."""
    interval = recipe.neutral_frames
    if interval is not None:
        faces = faces[(numbers[faces] >= interval[0]) & (numbers[faces] <= interval[1])]
        if not len(faces):
            raise TableError(f"no face in the frames {interval[0]} to {interval[1]} that are named as neutral")
    some = points[_spread(faces, _NEUTRAL_FRAMES)]
    among = _among(recipe)
    few = np.unique(
        np.concatenate([_spread(np.arange(points.shape[1]), FEW_POINTS), among if among is not None else []])
    )
    few = few.astype(np.int64)
    within = None if among is None else np.searchsorted(few, among)
    middle: DoubleArray = some[int(np.argmax(seen_points(some).sum(axis=1)))][few].astype(np.float64)
    for _ in range(_ROUNDS):
        common = seen_points(some[:, few]) & seen_points(middle)
        some = some[(common if within is None else common[:, within]).sum(axis=1) >= LEAST_POINTS]
        motion = align(some[:, few], middle, among=within, scale=recipe.scale)
        aligned = motion.apply(some[:, few])
        middle = _median(aligned)
    aligned_all = motion.apply(some)
    everything = _median(aligned_all)
    if recipe.neutral != "calm":
        return everything
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        distance = np.sqrt(np.nanmean(np.square(aligned - middle).sum(axis=2), axis=1))
    calm = np.argsort(distance, kind="stable")[: max(len(distance) // _CALM_SHARE, 1)]
    rest = _median(aligned_all[calm])
    rest[~np.isfinite(rest)] = everything[~np.isfinite(rest)]
    return rest


def _spread(items: IntArray, most: int) -> IntArray:
    """At most so many of the items, evenly over their list."""
    return items[np.unique(np.linspace(0, len(items) - 1, min(len(items), most)).astype(np.int64))]


def _among(recipe: Recipe) -> IntArray | None:
    return np.array(recipe.rigid, np.int64) if recipe.rigid else None


def _median(frames: FloatArray) -> DoubleArray:
    if np.isfinite(frames).all():
        return np.asarray(np.median(frames, axis=0), np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a point that is never seen stays missing
        return np.asarray(np.nanmedian(frames, axis=0), np.float64)
