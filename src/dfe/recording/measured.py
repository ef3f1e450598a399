"""Faces over time as another tool's table or a mesh sequence holds them: all rows at once, in any expression space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.space.base import ExpressionSpace


@dataclass(frozen=True, eq=False)
class Measured:
    """One row per frame and face, and one for each frame without a face, in the order of the frames.

    Args:
        space: of the expression vectors.
        frame: ``(n,)`` number of the frame in its source, from 0; it may have holes, it never falls.
        time_s: ``(n,)`` seconds from the start of the recording; NaN throughout for still pictures.
        expression: ``(n, D)`` in units of the space; a row without a face is NaN.
        success: ``(n,)`` whether there is a face; a row that lacks any coefficient has none.
        reason: ``n`` words why there is no face, None where there is one.
        face: ``(n,)`` the tool's own number of the face; None where it gives none: faces of a frame are then told apart
            by their boxes, or, where there is none either, by their order.
        confidence: ``(n,)`` 0 to 1; None where the tool says none.
        box: ``(n, 4)`` x, y, width, height in pixels of the source picture; None likewise.
        pose: ``(n, 3)`` pitch, yaw, roll in radians with this package's signs (:mod:`dfe.frontends.base`).
        gaze: ``(n, 8)`` in the order of ``GAZE_NAMES``.
        blink: ``(n, 2)`` left and right.
        points: ``(n, p, 2 or 3)`` of the face, 478 of the mesh or 68 of iBUG's mark-up, x to the picture's right, y
            down, z away, in any unit; what the face model is fitted to. NaN where they are not known.
        source: ``n`` names of the pictures that the rows come from; None: the table's own name.
        about: version, settings and hashes that decide what was read; goes into the provenance.
        warnings: one line each, for the user.
        time_stamps: ``ok``, or ``repaired`` where they were missing or out of order and were set anew.

    Raises:
        TableError: arrays that do not fit together.
    """

    space: ExpressionSpace
    frame: IntArray
    time_s: DoubleArray
    expression: FloatArray
    success: BoolArray
    reason: Sequence[str | None]
    face: IntArray | None = None
    confidence: FloatArray | None = None
    box: FloatArray | None = None
    pose: FloatArray | None = None
    gaze: FloatArray | None = None
    blink: FloatArray | None = None
    points: FloatArray | None = None
    source: Sequence[str] | None = None
    about: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    time_stamps: str = "ok"

    def __post_init__(self) -> None:
        count = len(self.frame)
        wanted = {
            "time_s": (count,),
            "expression": (count, self.space.dimension),
            "success": (count,),
            "face": (count,),
            "confidence": (count,),
            "box": (count, 4),
            "pose": (count, 3),
            "gaze": (count, 8),
            "blink": (count, 2),
        }
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise TableError(f"{name} of shape {array.shape}, not {shape}")
        if self.points is not None and (self.points.ndim != 3 or len(self.points) != count):
            raise TableError(f"points of shape {self.points.shape} for {count} rows")
        for name in ("reason", "source"):
            words = getattr(self, name)
            if words is not None and len(words) != count:
                raise TableError(f"{len(words)} entries of {name} for {count} rows")
        if count and np.diff(self.frame).min(initial=0) < 0:
            raise TableError("the frames are out of order")

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: IntArray) -> Measured:
        """Some of the rows, by their places in rising order."""

        def of(array: Any) -> Any:
            return None if array is None else array[rows]

        def said(words: Sequence[Any] | None) -> Any:
            return None if words is None else [words[row] for row in rows.tolist()]

        return replace(
            self,
            frame=of(self.frame),
            time_s=of(self.time_s),
            expression=of(self.expression),
            success=of(self.success),
            reason=said(self.reason),
            face=of(self.face),
            confidence=of(self.confidence),
            box=of(self.box),
            pose=of(self.pose),
            gaze=of(self.gaze),
            blink=of(self.blink),
            points=of(self.points),
            source=said(self.source),
        )
