"""What is read off landmarks."""

from __future__ import annotations

from typing import NamedTuple

from dfe.base.types import FloatArray


class PointsRead(NamedTuple):
    """One row per face; rows whose points are not all finite are NaN."""

    expression: FloatArray
    """``(n, 41)`` in the order of ``FACE_NAMES``, in version 2 of the space ``arkit51/face41``."""
    gaze: FloatArray | None
    """``(n, 8)`` in the order of ``GAZE_NAMES``; None from points without irises."""
    blink: FloatArray
    """``(n, 2)`` left and right, 0 to 1."""
    pose: FloatArray
    """``(n, 3)`` pitch, yaw, roll in radians, signs as in :mod:`dfe.frontends.base`."""
