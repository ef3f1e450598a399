"""What the readers of tables share: numbers of frames, failures, and recordings that were flipped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dfe.base.columns import Columns
from dfe.base.errors import TableError
from dfe.base.types import BoolArray, FloatArray, IntArray
from dfe.recording.measured import Measured
from dfe.space.arkit import BLINK_NAMES, GAZE_NAMES, mirrored_name

_LARGEST = 2**53
_TURNED = np.array([1.0, -1.0, -1.0], np.float32)
_GAZE = [GAZE_NAMES.index(mirrored_name(name)) for name in GAZE_NAMES]
_BLINK = [BLINK_NAMES.index(mirrored_name(name)) for name in BLINK_NAMES]


def whole_numbers(columns: Columns, name: str) -> IntArray:
    """A column of numbers of frames or faces, not negative.

    Raises:
        TableError: a cell holds no whole number; the error names its row.
    """
    values = columns.exact[name]
    with np.errstate(invalid="ignore"):
        odd = ~((values >= 0) & (values < _LARGEST) & (np.floor(values) == values))
    if odd.any():
        row = int(np.argmax(odd))
        shown = "an empty cell" if np.isnan(values[row]) else f"{values[row]:g}"
        raise TableError(f"{shown} is no {name} number", where=columns.where(row))
    return values.astype(np.int64)


def frame_order(columns: Columns, frame: IntArray, face: IntArray | None, *, stills: bool = False) -> IntArray:
    """The order of rows in which frames rise.

    Args:
        columns: the table, for the place of an error.
        frame: ``(n,)`` number of the frame, or of the picture.
        face: ``(n,)`` number of the face, if the tool gives one.
        stills: frames are pictures.

    Raises:
        TableError: a frame has a face twice, or stands in two places, as where two recordings were joined to one table.
    """
    order = np.argsort(frame, kind="stable") if face is None else np.lexsort((face, frame))
    again = np.diff(frame[order]) == 0
    if face is not None:
        again &= np.diff(face[order]) == 0
    else:
        # Without numbers of faces, the rows of a frame stand together.
        again &= np.diff(order) != 1
    if again.any():
        row = int(max(order[1:][again][0], order[:-1][again][0]))
        what = f"{'a face of picture' if stills else 'frame'} {frame[row]} is there twice"
        advice = "give a table for each recording"
        if stills:
            advice = "name the picture of each row in a column ImageID"
        raise TableError(what, where=columns.where(row), advice=advice)
    return np.asarray(order, np.int64)


def failures(success: BoolArray, why: str, given: dict[str, BoolArray] | None = None) -> list[str | None]:
    """Reasons of the rows without a face: the first of ``given`` that holds, else ``why``."""
    reasons: list[str | None] = [None] * len(success)
    for row in np.flatnonzero(~success):
        reasons[row] = next((reason for reason, holds in (given or {}).items() if holds[row]), why)
    return reasons


def put_right(measured: Measured) -> Measured:
    """The same with left and right exchanged: of a recording that was flipped."""
    return replace(
        measured,
        expression=measured.space.mirror(measured.expression),
        pose=None if measured.pose is None else measured.pose * _TURNED,
        gaze=None if measured.gaze is None else measured.gaze[:, _GAZE],
        blink=None if measured.blink is None else measured.blink[:, _BLINK],
        points=None if measured.points is None else _turned_points(measured.points),
        about={**measured.about, "mirrored": True},
    )


def _turned_points(points: FloatArray) -> FloatArray:
    from dfe.frontends.landmarks.networks import Networks
    from dfe.frontends.points.mapping import PARTNER
    from dfe.frontends.points.mapping import POINTS as OF_IBUG

    partner = PARTNER if points.shape[1] == OF_IBUG else Networks().partner
    side = np.array([-1, 1, 1], np.float32)[: points.shape[2]]
    return np.asarray(points[:, partner] * side, np.float32)


def box_of(points: FloatArray) -> FloatArray:
    """Upright boxes ``(n, 4)`` around points ``(n, k, 2)``: x, y, width, height."""
    low, high = points.min(axis=1), points.max(axis=1)
    return np.concatenate([low, high - low], axis=1)
