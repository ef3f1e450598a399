"""Which faces are turned, small, covered, frozen or blurred enough to mistrust: a column, never a deletion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.types import BoolArray, FloatArray

OVER_UPPER = "something over the upper face"
OVER_LOWER = "something over the lower face"
"""What ``why_not`` says of a covered region."""
BLURRED = "the face is blurred or made of squares"
"""What it says of a picture without detail."""


@dataclass(frozen=True)
class UsabilityRule:
    """Limits of head pose, face size and covering; a face on the limit is usable."""

    max_yaw_deg: float = 25.0
    max_pitch_deg: float = 20.0
    max_roll_deg: float = 30.0
    """Of the head's tilt in the picture. Crops are levelled, so little depends on it up to here; at 45 degrees errors
    are two to five times those of an upright head (docs/front-end.md). A film that lies should be turned first."""
    min_face_px: float = 60.0
    """Least length of the short side of the face's box, in pixels."""
    max_covered_upper: float = 0.2
    """Share of brows and eyes that something may hide, 0 to 1; at 1 it does not count."""
    max_covered_lower: float = 0.2
    """Share of nose tip, mouth and chin that something may hide, 0 to 1; at 1 it does not count. The columns
    ``covered_upper`` and ``covered_lower`` tell which region can still be used (docs/front-end.md)."""
    max_still_s: float = 2.0
    """Seconds for which the picture of a face may stand still: beyond that a call froze, or it is a photograph, and the
    whole stretch is not usable. A huge number lets films pass that are made of stills."""
    min_detail: float = 0.34
    """Least contrast of fine detail in a face over that of coarser detail: what a face of about 20 px shows, whatever
    its size; a face made of large squares shows none. At 0 blurred faces pass (docs/front-end.md)."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """What ``why_not`` says, in the order in which the limits are tried."""
        return (
            f"yaw over {self.max_yaw_deg:g} degrees",
            f"pitch over {self.max_pitch_deg:g} degrees",
            f"roll over {self.max_roll_deg:g} degrees",
            f"face under {self.min_face_px:g} px",
            f"its picture stands still for over {self.max_still_s:g} s",
            BLURRED,
            OVER_UPPER,
            OVER_LOWER,
        )

    def broken(
        self,
        pitch: FloatArray,
        yaw: FloatArray,
        roll: FloatArray,
        width: FloatArray,
        height: FloatArray,
        upper: FloatArray,
        lower: FloatArray,
        still_s: FloatArray,
        detail: FloatArray,
    ) -> BoolArray:
        """Which limits each face breaks, ``(n, 8)`` in the order of :attr:`reasons`.

        NaN breaks its limit; only covering and detail that are not known are no fault.

        Args:
            pitch: radians, ``(n,)``.
            yaw: radians, ``(n,)``.
            roll: radians, ``(n,)``.
            width: of the face's box in pixels, ``(n,)``.
            height: of the face's box in pixels, ``(n,)``.
            upper: share of the upper face that is covered, ``(n,)``.
            lower: share of the lower face that is covered, ``(n,)``.
            still_s: seconds for which its picture stands still, ``(n,)``; 0 where it does not.
            detail: how much fine detail its picture holds, ``(n,)``.
        """
        kept = (
            np.abs(np.degrees(yaw.astype(np.float64))) <= self.max_yaw_deg,
            np.abs(np.degrees(pitch.astype(np.float64))) <= self.max_pitch_deg,
            np.abs(np.degrees(roll.astype(np.float64))) <= self.max_roll_deg,
            np.minimum(width, height) >= self.min_face_px,
            ~(still_s > self.max_still_s),
            ~(detail < self.min_detail),
            ~(upper > self.max_covered_upper),
            ~(lower > self.max_covered_lower),
        )
        return ~np.stack(kept, axis=1)
