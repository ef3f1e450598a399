"""How much of a face's movement a coding tells, and how much it moves when the face does not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import DoubleArray

FACE_PARTS: Mapping[str, tuple[int, ...]] = {
    "brow": (70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
    "eye": (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 263, 249, 390, 373, 374, 380,
            381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    "lips": (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 78, 95, 88, 178,
             87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
    "jaw": (152, 148, 377, 176, 400, 175, 199, 200, 171, 396),
    "cheek": (50, 280, 205, 425, 101, 330, 187, 411),
}  # fmt: skip
"""Points of the mesh by part of the face."""


def rms_mm(displacement: NDArray[np.floating]) -> DoubleArray:
    """Root mean square over points ``(..., p, 3)`` of how far they moved, ``(...)``."""
    return np.asarray(np.sqrt(np.square(displacement).sum(axis=-1).mean(axis=-1)))


def motion_told(motion: NDArray[np.floating], said: NDArray[np.floating]) -> dict[str, float]:
    """Share of a motion ``(n, 468, 3)`` mm that a coding says: 1 - energy of the error / energy, whole and by part.

    Both are centred on their own means first, so that it is movement that counts and not what the face looks like.
    """
    motion, said = motion - motion.mean(axis=0), said - said.mean(axis=0)
    error, energy = np.square(motion - said).sum(axis=(0, 2)), np.square(motion).sum(axis=(0, 2))
    parts = {"whole": list(range(motion.shape[1]))} | {name: list(points) for name, points in FACE_PARTS.items()}
    return {name: float(1 - error[points].sum() / energy[points].sum()) for name, points in parts.items()}
