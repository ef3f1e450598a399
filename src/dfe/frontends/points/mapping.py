"""The 68 points of iBUG's mark-up (300-W) as places on the 478-point mesh.

Each of the 68 is one mesh point or the middle of two: chosen on the canonical face by the mark-up's own rule (points of
a contour are spaced evenly), then put right where the points of an iBUG predictor (dlib's) lay elsewhere on 4,000
training faces. Within 0.2 cm of those on eyes, nose and lips; brows and jaw are drawn differently by every tracker.
"""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray, IntArray
from dfe.frontends.landmarks.networks import Networks

POINTS = 68

_RIGHT: dict[int, tuple[int, ...]] = {
    **dict(enumerate([(127,), (234,), (93, 132), (58,), (172,), (136,), (149,), (148, 176)])),
    **dict(enumerate([(70, 156), (63,), (66, 105), (66, 107), (55, 107)], start=17)),
    **dict(enumerate([(240,), (97,)], start=31)),
    **dict(enumerate([(33,), (160,), (158,), (155,), (145, 153), (144,)], start=36)),
    **dict(enumerate([(61,), (39, 40), (37,)], start=48)),
    **dict(enumerate([(84,), (91, 181)], start=58)),
    **dict(enumerate([(78,), (82,)], start=60)),
    67: (87,),
}
"""Mesh points of the subject's right half, which lies to the left in the picture."""

_MIDDLE: dict[int, tuple[int, ...]] = {
    8: (152, 175),
    27: (168,),
    28: (6, 197),
    29: (5, 195),
    30: (4,),
    33: (2,),
    51: (0,),
    57: (17,),
    62: (13,),
    66: (14,),
}

PARTNER: IntArray = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1), 45, 44, 43, 42, 47, 46, 39, 38, 37, 36]
    + [41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
)
"""``(68,)``: the point that each becomes in a mirror image."""

RIGID: IntArray = np.array([27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45])
"""Bridge and base of the nose and corners of the eyes: what hardly moves when a face does."""


def mesh_points(networks: Networks) -> tuple[tuple[int, ...], ...]:
    """The one or two mesh points behind each of the 68."""
    right = _RIGHT | _MIDDLE
    left = {int(PARTNER[i]): tuple(int(networks.partner[j]) for j in points) for i, points in right.items()}
    both = left | right
    return tuple(both[i] for i in range(POINTS))


def weights(networks: Networks) -> DoubleArray:
    """``(68, 478)``: the 68 points are these weights times the mesh's points."""
    matrix = np.zeros((POINTS, len(networks.partner)))
    for row, points in zip(matrix, mesh_points(networks), strict=True):
        row[list(points)] = 1 / len(points)
    return matrix


def from_mesh(points: DoubleArray, networks: Networks) -> DoubleArray:
    """Mesh points ``(n, 478, k)`` to the 68, ``(n, 68, k)``."""
    return np.asarray(np.einsum("ij,njk->nik", weights(networks), points))
