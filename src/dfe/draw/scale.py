"""The heat scale that a set of pictures shares."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from dfe.space.base import ExpressionSpace

_SCALE_PERCENTILE = 65


def heat_scale(space: ExpressionSpace, templates: ArrayLike) -> float:
    """A hot end in whole mm that suits a set of templates ``(K, D)``.

    The 65th percentile of their largest displacements: one wide jaw drop must not bleach all the others.
    """
    peaks = np.linalg.norm(space.drawn.displace(templates), axis=2).max(axis=1)
    peaks = peaks[peaks > 0]
    return max(1.0, float(math.ceil(np.percentile(peaks, _SCALE_PERCENTILE)))) if len(peaks) else 1.0
