"""Expressions from the mesh of 478 points, by the default front end's own network.

Tools that run MediaPipe's face mesh (LibreFace, py-feat 2, MediaPipe itself) store what our landmark network gives, so
nothing is fitted here: the same network and the same map of its logits read them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.frontends.landmarks.coefficients import columns
from dfe.frontends.landmarks.geometry import MESH_POINTS, Alignment, Geometry
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import Reader
from dfe.frontends.points.result import PointsRead
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES, GAZE_NAMES

POINTS = 478
_SAMPLE = 64
_NARROWEST, _WIDEST, _STEPS = 0.4, 2.6, 188
_USUAL = 0.975
"""The ratio found for faces of square pictures (median of validating people)."""
_COMMON = (9 / 16, 3 / 4, 1.0, 4 / 3, 16 / 9)
_NEAR = 0.15


def read_points478(
    points: ArrayLike,
    width: int,
    height: int,
    *,
    both_ways: bool = False,
    networks: Networks | None = None,
) -> PointsRead:
    """Expressions, gaze, blinks and head pose from mesh points, some 600 to 900 faces a second on one core.

    Args:
        points: ``(n, 478, 3)``: x (to the right) and y (down) in pixels of the picture, z in the same scale, smaller
            is nearer. :func:`in_pixels` makes them of points between 0 and 1.
        width, height: of the picture in pixels; the head pose depends on them.
        both_ways: the points are means over the picture and its mirror image, as in stills of the default front end.
            Those of other tools are not.
        networks: other networks than the packaged ones.

    Raises:
        TableError: not 478 points in space.
    """
    rows = _checked(points)
    networks = networks or Networks()
    geometry, read = Geometry(networks), Reader(networks, both_ways)
    expression, gaze, blink, pose = (
        np.full((len(rows), wide), np.nan, np.float32)
        for wide in (len(FACE_NAMES), len(GAZE_NAMES), len(BLINK_NAMES), 3)
    )
    for row in np.flatnonzero(np.isfinite(rows).all(axis=(1, 2))):
        head = geometry(rows[row], width, height)
        angles = np.array([head.pitch, head.yaw, head.roll])
        face = read(rows[row], angles)
        expression[row], pose[row] = face.expression, angles
        _, gaze[row], blink[row] = columns(face.coefficients)
    return PointsRead(expression, gaze, blink, pose)


def in_pixels(points: ArrayLike, width: float, height: float) -> DoubleArray:
    """MediaPipe's normalised landmarks ``(n, 478, 3)`` (LibreFace's ``lm_mp_``) in pixels.

    x and y run from 0 to 1 over the picture's width and height; z has the scale of x.
    """
    return np.asarray(_checked(points) * [width, height, width])


def aspect_ratio(points: ArrayLike) -> float:
    """Width over height of the picture, guessed from normalised landmarks ``(n, 478, 3)`` whose picture is not known.

    The ratio under which the faces come closest to the canonical one, and of the common ratios the nearest, since
    people differ by 5% (standard deviation). A wrong ratio squeezes the faces: 7% off costs 0.5 mm, a third 1.3 mm. So
    a known size is always better.

    Raises:
        TableError: not 478 points in space, or no whole face.
    """
    rows = _checked(points)
    rows = rows[np.isfinite(rows).all(axis=(1, 2))]
    if not len(rows):
        raise TableError("holds no whole face from which to find the picture's shape")
    rows = rows[np.linspace(0, len(rows) - 1, min(_SAMPLE, len(rows))).astype(int), :MESH_POINTS]
    canonical = Networks().arrays("geometry.npz")
    vertices = canonical["vertices_cm"].astype(np.float64)
    align = Alignment(vertices, np.ones(len(vertices)))
    ratios = np.geomspace(_NARROWEST, _WIDEST, _STEPS)
    best = [ratios[np.argmin([_misfit(face * [r, -1.0, -r], align, vertices) for r in ratios])] for face in rows]
    ratio = float(np.median(best)) / _USUAL
    nearest = min(_COMMON, key=lambda known: abs(np.log(known / ratio)))
    return nearest if abs(np.log(nearest / ratio)) < _NEAR else ratio


def _misfit(face: DoubleArray, align: Alignment, vertices: DoubleArray) -> float:
    """Squared distance from the canonical face, in its own scale."""
    scale, rotation, translation = align.solve(face)
    apart = (face - translation) @ rotation / scale - vertices
    return float(align.weights @ np.square(apart).sum(axis=1))


def _checked(points: ArrayLike) -> DoubleArray:
    rows = np.asarray(points, np.float64)
    if rows.ndim != 3 or rows.shape[1:] != (POINTS, 3):
        raise TableError(f"points of shape {rows.shape}, not (n, {POINTS}, 3)")
    return rows
