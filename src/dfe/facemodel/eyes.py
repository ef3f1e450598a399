"""Lids in millimetres and gaze in degrees, left and right, from the fit and the irises.

A sphere of 12 mm radius stands for the eyeball (the human eye's is 11.5 to 12.5 mm); it lies behind the middle of the
corners of the eye. Gaze is the direction from its centre to the iris, in head coordinates.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.facemodel.alignment import UPRIGHT

EYE_RADIUS_MM = 12.0
LIDS = {"left": ((385, 380), (386, 374), (387, 373)), "right": ((158, 153), (159, 145), (160, 144))}
"""Points of the upper and the lower lid that face each other, of the subject's left and right eye."""
CORNERS = {"left": (362, 263), "right": (133, 33)}
IRISES = {"left": 473, "right": 468}
IRIS_EDGES = {"left": (474, 475, 476, 477), "right": (469, 470, 471, 472)}


class Eyes(NamedTuple):
    """The eyes of n faces; the first of two columns is the subject's left."""

    lids_mm: DoubleArray
    """``(n, 2)``: how far the lids are apart in the middle."""
    gaze_deg: DoubleArray
    """``(n, 2, 2)``: to the subject's left and up, of each eye, relative to the head."""


def lids_mm(shape_mm: DoubleArray) -> DoubleArray:
    """``(n, 2)`` mm from faces ``(n, 468, 3)`` in head coordinates: mean distance of three pairs of points."""
    found = []
    for pairs in LIDS.values():
        upper, lower = (shape_mm[:, [pair[i] for pair in pairs]] for i in (0, 1))
        found.append(np.linalg.norm(upper - lower, axis=2).mean(axis=1))
    return np.stack(found, axis=1)


def gaze_deg(points: DoubleArray, rotation: DoubleArray, pixels_per_mm: DoubleArray) -> DoubleArray:
    """``(n, 2, 2)`` degrees from landmarks ``(n, 478, 3)`` in pixels and how the head is turned.

    The iris is placed on the eyeball along the line of sight; the landmark network's depth of it is not used.

    Args:
        points: x right, y down, z away.
        rotation: ``(n, 3, 3)`` of :class:`~dfe.facemodel.alignment.Aligned`.
        pixels_per_mm: ``(n,)``.
    """
    found = []
    for side in ("left", "right"):
        corners = points[:, CORNERS[side]].mean(axis=1)
        iris = points[:, (IRISES[side], *IRIS_EDGES[side])].mean(axis=1)
        ahead = rotation[:, :, 2]
        centre = -ahead * EYE_RADIUS_MM
        off = (iris - corners) * UPRIGHT / pixels_per_mm[:, None]
        flat = off[:, :2] - centre[:, :2]
        depth = np.sqrt(np.maximum(EYE_RADIUS_MM**2 - np.square(flat).sum(axis=1), 1.0))
        look = np.column_stack([flat, depth])
        look = np.matmul(look[:, None], rotation)[:, 0]
        look = look / np.linalg.norm(look, axis=1, keepdims=True)
        found.append(np.degrees(np.stack([np.arctan2(look[:, 0], look[:, 2]), np.arcsin(look[:, 1])], axis=1)))
    return np.stack(found, axis=1)
