"""Faces of points with a known neutral, known components and known head motion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.frontends.meshes.sequence import MeshSequence

POINTS, MOVING, COMPONENTS = 60, 20, 3


class MadeFace(NamedTuple):
    """``points[t] = (neutral + weights[t] @ basis) @ rotation[t] + shift[t]``, in mm."""

    neutral: np.ndarray
    basis: np.ndarray
    weights: np.ndarray
    rotation: np.ndarray
    shift: np.ndarray
    points: np.ndarray

    @property
    def sequence(self) -> MeshSequence:
        return sequence_of(self.points)


def sequence_of(points: np.ndarray, name: str = "made", triangles: np.ndarray | None = None) -> MeshSequence:
    faces = np.zeros((0, 3), np.int32) if triangles is None else triangles
    return MeshSequence(name, points.astype(np.float32), faces, np.arange(len(points), dtype=np.int64))


def rotations(rng: np.random.Generator, count: int, degrees: float = 20.0) -> np.ndarray:
    """Random turns by up to so many degrees, by Rodrigues' formula."""
    axis = rng.normal(size=(count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.radians(degrees) * rng.random(count)
    cross = np.zeros((count, 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    cross -= np.swapaxes(cross, 1, 2)
    return np.eye(3) + np.sin(angle)[:, None, None] * cross + (1 - np.cos(angle))[:, None, None] * cross @ cross


def moving_face(person: int = 0, frames: int = 80, still: int = 40) -> MadeFace:
    """A person who is at rest in the first ``still`` frames; the first 20 of 60 points are those that components move.

    All people share the components, and differ in their neutral by shape.
    """
    basis = np.zeros((COMPONENTS, POINTS, 3))
    basis[:, :MOVING] = np.random.default_rng(99).normal(size=(COMPONENTS, MOVING, 3)) * 3
    rng = np.random.default_rng(person)
    neutral = np.random.default_rng(98).normal(size=(POINTS, 3)) * (55, 70, 40) + rng.normal(size=(POINTS, 3)) * 2
    weights = rng.normal(size=(frames, COMPONENTS))
    weights[:still] = 0
    rotation, shift = rotations(rng, frames), rng.normal(size=(frames, 3)) * 50
    points = (neutral + np.tensordot(weights, basis, axes=1)) @ rotation + shift[:, None]
    return MadeFace(neutral, basis, weights, rotation, shift, points)
