"""52 expression coefficients from landmarks, and their place in the table's columns.

The network is MediaPipe's blendshape model (an MLP-mixer over 146 of the landmarks). "Left" is the subject's left.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray, FloatArray
from dfe.frontends.landmarks.crops import LEFT_EYE, RIGHT_EYE
from dfe.frontends.landmarks.networks import Networks
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES, GAZE_NAMES, NETWORK_NAMES, mirrored_name

_RANGES = """
0-1 4-8 10 13-14 17 21 33 37 39-40 46 52-55 58 61 63 65-67 70 78 80-82 84 87-88 91 93 95 103 105 107 109 127 132-133 136
144-146 148-150 152-155 157-163 168 172-173 176 178 181 185 191 195 197 234 246 249 251 263 267 269-270 276 282-285 288
291 293 295-297 300 308 310-312 314 317-318 321 323-324 332 334 336 338 356 361-362 365 373-375 377-382 384-390 397-398
400 402 405 409 415 454 466 468-477
"""
"""Landmarks that the network reads (`face_blendshapes_graph.cc` in MediaPipe), as runs of numbers."""


def _numbers(ranges: str) -> tuple[int, ...]:
    ends = (run.split("-") for run in ranges.split())
    return tuple(number for run in ends for number in range(int(run[0]), int(run[-1]) + 1))


SUBSET = np.array(_numbers(_RANGES))
"""The 146 landmarks, in the network's order."""

_FACE, _GAZE, _BLINK = (
    np.array([NETWORK_NAMES.index(name) for name in names]) for names in (FACE_NAMES, GAZE_NAMES, BLINK_NAMES)
)
_PARTNER = np.array([NETWORK_NAMES.index(mirrored_name(name)) for name in NETWORK_NAMES])
_FLIP = np.array([-1.0, 1.0, 1.0])
_MOUTH_CLOSE, _JAW_OPEN = FACE_NAMES.index("mouthClose"), FACE_NAMES.index("jawOpen")


class Columns(NamedTuple):
    """The network's values as the table has them."""

    expression: FloatArray
    """``(n, 41)`` in the order of ``FACE_NAMES``."""
    gaze: FloatArray
    """``(n, 8)`` in the order of ``GAZE_NAMES``."""
    blink: FloatArray
    """``(n, 2)`` in the order of ``BLINK_NAMES``."""


def find_logits(networks: Networks, points: DoubleArray) -> FloatArray:
    """Logits ``(52,)`` in which left and right are treated alike: the mean over the landmarks and their mirror image.

    The network is not symmetric by itself: mirrored landmarks do not get mirrored logits.
    """
    mirror_image = points[networks.partner] * _FLIP[: points.shape[1]]
    _, (as_seen, mirrored) = _run(networks, points, mirror_image, level=True)
    return np.asarray((as_seen + mirrored[_PARTNER]) / 2)


def find_coefficients(networks: Networks, points: DoubleArray, *, level: bool = True) -> tuple[FloatArray, FloatArray]:
    """Coefficients ``(52,)`` in 0..1 and their logits ``(52,)`` from landmarks ``(478, 2 or more)``.

    The network ignores where the face is and how large, but not its tilt in the picture. So the points are turned
    first until the outer corners of the eyes are level; MediaPipe leaves that out, and so does ``level=False``.
    """
    (after,), (before,) = _run(networks, points, level=level)
    return after, before


def _run(networks: Networks, *faces: DoubleArray, level: bool) -> tuple[FloatArray, FloatArray]:
    """Coefficients and logits ``(n, 52)`` of so many faces."""
    read = np.stack([_read(points, level=level) for points in faces]).astype(np.float32)
    after, before = networks.run("coefficients", read)
    return after.reshape(len(faces), -1), before.reshape(len(faces), -1)


def _read(points: DoubleArray, *, level: bool) -> DoubleArray:
    """What the network reads of a face: ``(146, 2)``."""
    subset = points[SUBSET, :2]
    if not level:
        return subset
    eyes = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
    cos, sin = eyes / max(float(np.hypot(*eyes)), 1e-9)
    return np.asarray(subset @ np.array([[cos, -sin], [sin, cos]]))


def columns(coefficients: FloatArray) -> Columns:
    """Network values ``(n, 52)`` (or ``(52,)``) split into the table's columns.

    ``mouthClose`` is a corrective that closes the lips of an open jaw, so it is bounded by ``jawOpen``.
    """
    return Columns(bounded(coefficients[..., _FACE]), coefficients[..., _GAZE], coefficients[..., _BLINK])


def bounded(expression: FloatArray) -> FloatArray:
    """Expressions ``(..., 41)`` with ``mouthClose`` bounded by ``jawOpen``, and by 0 where the jaw is shut."""
    bounded = expression.copy()
    most = np.maximum(expression[..., _JAW_OPEN], 0)
    bounded[..., _MOUTH_CLOSE] = np.minimum(expression[..., _MOUTH_CLOSE], most)
    return bounded
