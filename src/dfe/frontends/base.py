"""What every front end gives: the faces of each frame, with head pose and expression coefficients.

Signs of the head pose, in radians, always from the subject's own point of view:

- ``pitch`` is positive when the head looks up;
- ``yaw`` is positive when the head is turned to the subject's left;
- ``roll`` is positive when the head is tilted towards the subject's left shoulder.

A mirrored picture changes the sign of yaw and roll and leaves pitch as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import FloatArray, Frame
from dfe.space.base import ExpressionSpace

NO_FACE = "no face found"
"""Reason of a frame that was decoded and looked at, and holds no face."""

NOT_DECODED = "not decoded"
"""First words of the reason of a frame without a picture; the decoder's own words follow after a colon."""

NO_DETAIL = float("nan")
"""Detail of a row whose face's picture was not looked at for it."""


@dataclass(frozen=True, eq=False)
class Face:
    """One face in one frame."""

    confidence: float
    """Probability, 0 to 1, that the landmarks lie on a face."""
    box: tuple[float, float, float, float]
    """``x, y, width, height`` of the upright box around the landmarks, in pixels of the source picture."""
    pitch: float
    yaw: float
    roll: float
    expression: FloatArray
    """Expression ``(D,)`` in the front end's :attr:`FrontEnd.space`."""
    coefficients: FloatArray | None = None
    """The default network's coefficients ``(52,)`` between 0 and 1, in its order; gaze and blink are taken from here.
    None where a front end has none: both are then empty."""
    logits: FloatArray | None = None
    """The same before the last sigmoid, ``(52,)``, unbounded."""
    landmarks: FloatArray | None = None
    """``(478, 3)``: x and y in pixels of the source picture, z in the same scale (smaller is nearer)."""
    covered: tuple[float, float] | None = None
    """Shares of the upper and the lower face that something hides, 0 to 1; None where a front end does not tell."""
    detail: float | None = None
    """How much fine detail its picture holds (:mod:`dfe.frontends.landmarks.detail`); None where that is not known."""
    look: NDArray[np.uint8] | None = None
    """What it looks like, ``(16, 16)`` (:mod:`dfe.frontends.looks`), for following it; None where it is not known."""

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return self.box[2] * self.box[3]


@dataclass(frozen=True, eq=False)
class FrameFaces:
    """What a front end saw in one frame: some faces, or none and the reason."""

    frame: int
    """Number of the frame in its source, as in :class:`dfe.base.types.Frame`."""
    time_s: float
    """Presentation time in seconds; NaN for a still picture."""
    source: str
    """Name of the file that the picture comes from."""
    reason: str | None = None
    """Why there is no face: ``no face found``, ``not decoded: ...``; what was odd about the picture, alone or after."""
    faces: tuple[Face, ...] = ()
    """Largest box first."""
    more: bool = False
    """True where there are further faces, left out since no more were to be looked for."""


@runtime_checkable
class FrontEnd(Protocol):
    """Anything that turns frames into faces."""

    @property
    def space(self) -> ExpressionSpace:
        """Of the faces' expression vectors."""
        ...

    def provenance(self) -> dict[str, str | int | float | bool]:
        """Name, version, options and hashes that decide what :meth:`observe` returns."""
        ...

    def observe(self, frames: Iterable[Frame], *, still: bool) -> Iterator[FrameFaces]:
        """One :class:`FrameFaces` a frame, in order, with memory that does not grow.

        Args:
            frames: the pictures, in presentation order.
            still: True for unrelated pictures, False for a video, whose faces may be followed from frame to frame.
        """
        ...
