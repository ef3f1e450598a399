"""Which faces are turned or small enough to mistrust: a column of the table, never a deletion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.types import BoolArray, FloatArray


@dataclass(frozen=True)
class UsabilityRule:
    """Limits of head pose and face size; a face on the limit is usable."""

    max_yaw_deg: float = 25.0
    max_pitch_deg: float = 20.0
    max_roll_deg: float = 30.0
    """Of the head's tilt in the picture. Crops are levelled, so little depends on it up to here; at 45 degrees errors
    are two to five times those of an upright head (docs/front-end.md). A film that lies should be turned first."""
    min_face_px: float = 60.0
    """Least length of the short side of the face's box, in pixels."""

    @property
    def reasons(self) -> tuple[str, str, str, str]:
        """What ``why_not`` says, in the order in which the limits are tried."""
        return (
            f"yaw over {self.max_yaw_deg:g} degrees",
            f"pitch over {self.max_pitch_deg:g} degrees",
            f"roll over {self.max_roll_deg:g} degrees",
            f"face under {self.min_face_px:g} px",
        )

    def broken(
        self, pitch: FloatArray, yaw: FloatArray, roll: FloatArray, width: FloatArray, height: FloatArray
    ) -> BoolArray:
        """Which limits each face breaks, ``(n, 4)`` in the order of :attr:`reasons`; NaN breaks its limit.

        Args:
            pitch: radians, ``(n,)``.
            yaw: radians, ``(n,)``.
            roll: radians, ``(n,)``.
            width: of the face's box in pixels, ``(n,)``.
            height: of the face's box in pixels, ``(n,)``.
        """
        kept = (
            np.abs(np.degrees(yaw.astype(np.float64))) <= self.max_yaw_deg,
            np.abs(np.degrees(pitch.astype(np.float64))) <= self.max_pitch_deg,
            np.abs(np.degrees(roll.astype(np.float64))) <= self.max_roll_deg,
            np.minimum(width, height) >= self.min_face_px,
        )
        return ~np.stack(kept, axis=1)
