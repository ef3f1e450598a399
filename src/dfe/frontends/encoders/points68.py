"""The 68 points of iBUG's annotation scheme among the 478 landmarks, approximately.

Sagonas et al., "300 faces in-the-wild challenge", ICCV-W 2013. The two schemes were annotated by other people after
other rules; each point is given the landmark that lies nearest to its definition on the canonical face: the jaw's
points are evenly spaced along the outline from ear to chin, the eyebrows' follow their upper edge, the nose's go from
root to tip. DECA and EMOCA crop by the points that FAN finds; how far those lie from these was not measured here; most
surely they differ along the jaw of a turned head, where FAN follows the visible outline.
"""

from __future__ import annotations

import numpy as np

from dfe.base.types import DoubleArray, FloatArray

_JAW = (127, 234, 93, 132, 58, 172, 150, 176, 152, 400, 379, 397, 288, 361, 323, 454, 356)
_BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_NOSE = (168, 197, 5, 4, 98, 97, 2, 326, 327)
_EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
_LIPS = (61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91)
_INNER_LIPS = (78, 81, 13, 311, 308, 402, 14, 178)

MESH_OF_68 = np.array(_JAW + _BROWS + _NOSE + _EYES + _LIPS + _INNER_LIPS)
"""``(68,)``: the landmark for each of iBUG's points, in their order; the subject's right side comes first."""


def sixty_eight(points: DoubleArray | FloatArray) -> DoubleArray:
    """The points ``(68, k)`` of iBUG's scheme from landmarks ``(478, k)``."""
    return np.asarray(points[MESH_OF_68], np.float64)
