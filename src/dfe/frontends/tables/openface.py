"""Tables of OpenFace 2 by their 68 points: in space where they were written, else in the picture.

Format: OpenFace wiki, *Output Format*. Points and head are in the camera's axes, x to the picture's right, y down, z
away; the head's rotation is ``Rx Ry Rz`` in radians. Tables of FaceLandmarkImg (``face, confidence, ...``) have neither
frames nor times: a picture each, or many where a column names the picture of each row (``ImageID``). Gaze vectors are
left alone, for they are no coefficients; action units are read by :mod:`dfe.facs.tables`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from dfe.base.cells import Cells, header_of
from dfe.base.columns import read_columns
from dfe.base.errors import TableError
from dfe.base.picture_names import picture_column, picture_numbers
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray, Progress
from dfe.clock.stamps import Times, seconds_per_unit, settle_times
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.frontends.tables.names import lacking_names
from dfe.frontends.tables.rows import box_of, failures, frame_order, whole_numbers
from dfe.recording.measured import Measured
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES
from dfe.space.registry import load_space

FAILED = "tracking failed (OpenFace)"
NO_POINTS = "points are missing"
POINTS = 68
ROTATION = ("pose_Rx", "pose_Ry", "pose_Rz")

_AT_ONCE = 1024
_OWN = re.compile(r"AU\d\d_[rc]|pose_[RT][xyz]|gaze_(\d|angle)_[xyz]|confidence|success")
_FEW = 4
_SPACE = tuple(f"{axis}_{i}" for i in range(POINTS) for axis in "XYZ")
_PICTURE = tuple(f"{axis}_{i}" for i in range(POINTS) for axis in "xy")


class OpenFaceReader:
    """Reads OpenFace's tables into version 2 of ``arkit51/face41``.

    Args:
        options: ``rate``, ``mirrored``.
    """

    def __init__(self, options: FrontEndOptions | None = None) -> None:
        self.options = options or FrontEndOptions()

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All rows of a table, in the order of their frames; frames, which OpenFace counts from 1, count from 0.

        Raises:
            TableError: it cannot be read, or has no points; it names file and row.
        """
        header = Cells(path).header
        depth, picture = set(_SPACE) <= set(header), set(_PICTURE) <= set(header)
        if not depth and not picture:
            advice = "let OpenFace write them (-3Dfp or -2Dfp); action units alone are read as such"
            raise TableError("has no 68 points", where=path, advice=advice)
        video = "frame" in header
        pictures = None if video else picture_column(header)
        face_name = next((name for name in ("face_id", "face") if name in header), None)
        rotation = list(ROTATION) if set(ROTATION) <= set(header) else []
        score = [name for name in ("confidence",) if name in header]
        columns = read_columns(
            path,
            numbers=[*(_SPACE if depth else ()), *(_PICTURE if picture else ()), *rotation, *score],
            exact=[name for name in ("frame", face_name, "timestamp", "success") if name and name in header],
            words=[pictures] if pictures else [],
        )
        face = whole_numbers(columns, face_name) if face_name else None
        names = list(columns.words[pictures]) if pictures else None
        if video:
            frame = whole_numbers(columns, "frame")
        else:
            frame = np.zeros(len(columns), np.int64) if names is None else picture_numbers(names)
        order = frame_order(columns, frame, face if face_name else None, stills=not video)
        frame = from_zero(frame[order]) if video else frame[order]
        sizes = [POINTS * 3 * depth, POINTS * 2 * picture, len(rotation)]
        space, flat, turned, confidence = np.split(columns.numbers[order], np.cumsum(sizes), axis=1)
        tracked = columns.exact["success"][order] > 0 if "success" in columns.exact else np.ones(len(frame), bool)
        points = (space if depth else flat).reshape(len(frame), POINTS, 3 if depth else 2)
        expression, blink, pose = read_points(points, tracked)
        success: BoolArray = np.all(np.isfinite(expression), axis=1)
        times = Times(np.full(len(frame), np.nan), "ok", ())
        if video:
            times = _times(frame, columns.exact, order, str(path), self.options.rate)
        if progress is not None:
            progress(len(frame), len(frame))
        return Measured(
            space=load_space("arkit51/face41"),
            frame=frame,
            time_s=times.time_s,
            expression=expression,
            success=success,
            reason=failures(success, NO_POINTS, {FAILED: ~tracked}),
            face=None if face is None else face[order],
            confidence=confidence[:, 0].clip(0, 1) if score else None,
            box=box_of(flat.reshape(len(frame), POINTS, 2)) if picture else None,
            pose=head_angles(turned) if rotation else pose,
            blink=blink,
            points=points,
            source=None if names is None else [names[row] for row in order.tolist()],
            about={"measured_by": "OpenFace", "from": "68 points in space" if depth else "68 points in the picture"},
            warnings=(*columns.notes, *times.warnings, *point_warnings(depth)),
            time_stamps=times.time_stamps,
        )


def recognises(path: Path) -> bool:
    """Whether a file is a table of OpenFace that holds points."""
    header = set(header_of(path))
    points = set(_SPACE) <= header or set(_PICTURE) <= header
    return points and "confidence" in header and ("success" in header or "face" in header)


def misses(path: Path) -> str | None:
    """Why a file that looks like a table of OpenFace is not read as one."""
    header = set(header_of(path))
    deep, flat = header & set(_SPACE), header & set(_PICTURE)
    signs = {name for name in header if _OWN.fullmatch(name)}
    if not (deep or flat or len(signs) >= _FEW):
        return None
    if not deep and not flat:
        why = "but has no 68 points (x_0 ... or X_0 ...): let OpenFace write them with -2Dfp or -3Dfp"
        return f"looks like OpenFace, {why}; action units alone are no input of dfe encode"
    wanted = _SPACE if len(deep) >= len(flat) and deep else _PICTURE
    lacking = [name for name in wanted if name not in header]
    lacking += [name for name in ("confidence",) if name not in header]
    lacking += [] if {"success", "face"} & header else ["success"]
    return f"looks like OpenFace, but has no column {lacking_names(lacking)}" if lacking else None


def read_points(points: FloatArray, tracked: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Expression ``(n, 41)``, blinks ``(n, 2)`` and head pose ``(n, 3)`` of the tracked rows; the rest NaN."""
    from dfe.frontends.points import read_points68

    sizes = (len(FACE_NAMES), len(BLINK_NAMES), 3)
    expression, blink, pose = (np.full((len(points), size), np.nan, np.float32) for size in sizes)
    rows = np.flatnonzero(tracked)
    # Blocks that stay in the processor's cache take half the time of one go.
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        found = read_points68(points[some], depth=points.shape[2] == 3)
        expression[some], blink[some], pose[some] = found.expression, found.blink, found.pose
    return expression, blink, pose


def point_warnings(depth: bool) -> tuple[str, ...]:
    """What 68 points in space, or in the picture, cannot tell."""
    from dfe.frontends.points import load_points68

    return load_points68(depth).warnings


def head_angles(rotation: FloatArray) -> FloatArray:
    """OpenFace's rotations ``(n, 3)`` as pitch, yaw and roll of this package.

    ``R = Rx Ry Rz`` in axes of which y points down and z away. Half a turn about x (y and z change sign) brings it to
    ours, whose angles are those of ``Ry(yaw) Rx(-pitch) Rz(-roll)``: alone, Rx is minus pitch, Ry minus yaw, Rz roll.
    """
    x, y, z = rotation.astype(np.float64).T
    sx, cx, sy, cy, sz, cz = np.sin(x), np.cos(x), np.sin(y), np.cos(y), np.sin(z), np.cos(z)
    pitch = np.arcsin((-sx * cy).clip(-1, 1))
    yaw = np.arctan2(-sy, cx * cy)
    roll = np.arctan2(cx * sz + sx * sy * cz, cx * cz - sx * sy * sz)
    return np.stack([pitch, yaw, roll], axis=1).astype(np.float32)


def from_zero(frame: IntArray) -> IntArray:
    """Frames that a tool counts from 1, from 0."""
    return frame - 1 if len(frame) and frame[0] >= 1 else frame


def _times(frame: IntArray, exact: dict[str, DoubleArray], order: IntArray, where: str, rate: float | None) -> Times:
    time = exact["timestamp"][order] if "timestamp" in exact else np.full(len(frame), np.nan)
    return settle_times(frame, time * seconds_per_unit(frame, time), where, rate=rate)


OPENFACE = FrontEndSpec(
    name="openface",
    kind="table",
    title="tables of OpenFace 2 with 68 points",
    space="dfe-face; with --space arkit51/face41, that",
    licence="OpenFace's own (non-commercial) for making them; your own tables",
    verified="on one real table of OpenFace 2 and on made ones",
    make=OpenFaceReader,
    uses=("rate",),
    face_points=True,
    recognises=recognises,
    misses=misses,
)
