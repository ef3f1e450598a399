"""DAIC-WOZ's tables of CLNF, the tracker that became OpenFace: 68 points of one person, with head pose beside them.

All begin ``frame, timestamp, confidence, success``. Then ``<id>_CLNF_features3D.txt`` holds ``X0 ... X67, Y0 ..., Z0``
in millimetres in the camera's axes, ``<id>_CLNF_features.txt`` ``x0 ..., y0 ...`` in pixels, and ``<id>_CLNF_pose.txt``
``Tx, Ty, Tz, Rx, Ry, Rz``. Given the first, boxes are taken from the second and head pose from the third where they lie
beside it and hold the same frames.
Gaze vectors (``_CLNF_gaze.txt``) are left alone, for they are no coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dfe.base.cells import Cells, header_of
from dfe.base.columns import Columns, read_columns
from dfe.base.errors import TableError
from dfe.base.types import BoolArray, FloatArray, Progress
from dfe.clock.stamps import seconds_per_unit, settle_times
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.frontends.tables.names import lacking_names
from dfe.frontends.tables.openface import NO_POINTS, POINTS, from_zero, head_angles, point_warnings, read_points
from dfe.frontends.tables.rows import box_of, failures, frame_order, whole_numbers
from dfe.recording.measured import Measured
from dfe.space.registry import load_space

FAILED = "tracking failed (CLNF)"

_COMMON = ("frame", "timestamp", "confidence", "success")
_SUCCESS = {"detection_success": "success", "frame_number": "frame"}


_FLAT, _DEEP = "_CLNF_features.txt", "_CLNF_features3D.txt"


class ClnfReader:
    """Reads CLNF's points into version 2 of ``arkit51/face41``.

    Args:
        options: ``rate``, ``mirrored``.
    """

    def __init__(self, options: FrontEndOptions | None = None) -> None:
        self.options = options or FrontEndOptions()

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All rows of a table of points; frames, which CLNF counts from 1, count from 0.

        Raises:
            TableError: it or a table beside it cannot be read, or it has no points; it names file and row.
        """
        header = Cells(path).header
        axes = _axes(header)
        if axes is None:
            advice = "give the one called _CLNF_features3D.txt or _CLNF_features.txt"
            raise TableError("has no 68 points of CLNF", where=path, advice=advice)
        columns, named = _read(path, _points(axes))
        frame = whole_numbers(columns, named["frame"])
        order = frame_order(columns, frame, None)
        own = frame[order]
        if (np.diff(own) == 0).any():
            raise TableError("holds a frame twice", where=path, advice="CLNF follows one person")
        frame = from_zero(own)
        points = columns.numbers[order].reshape(len(frame), POINTS, len(axes))
        tracked: BoolArray = columns.exact[named["success"]][order] > 0
        expression, blink, pose = read_points(points, tracked)
        success: BoolArray = np.all(np.isfinite(expression), axis=1)
        time = columns.exact[named["timestamp"]][order]
        times = settle_times(frame, time * seconds_per_unit(frame, time), str(path), rate=self.options.rate)
        flat, lacking = (points, None) if len(axes) == 2 else _beside(path, columns, "features", _points("xy"))
        turned, missing = _beside(path, columns, "pose", ("Rx", "Ry", "Rz"))
        if progress is not None:
            progress(len(frame), len(frame))
        return Measured(
            space=load_space("arkit51/face41"),
            frame=frame,
            time_s=times.time_s,
            expression=expression,
            success=success,
            reason=failures(success, NO_POINTS, {FAILED: ~tracked}),
            face=np.zeros(len(frame), np.int64),
            confidence=columns.exact[named["confidence"]][order].clip(0, 1).astype(np.float32),
            box=None if flat is None else _boxes(flat if len(axes) == 2 else flat[order]),
            pose=pose if turned is None else head_angles(turned[order]),
            blink=blink,
            points=points,
            about={"measured_by": "CLNF", "from": f"68 points in {'space' if len(axes) == 3 else 'the picture'}"},
            warnings=(
                *columns.notes,
                *times.warnings,
                *point_warnings(len(axes) == 3),
                *(word for word in (lacking, missing) if word),
            ),
            time_stamps=times.time_stamps,
        )


def recognises(path: Path) -> bool:
    """Whether a file is a table of CLNF's points; not those of the picture where those in space lie beside them."""
    if path.name.endswith(_FLAT) and path.with_name(path.name.replace(_FLAT, _DEEP)).is_file():
        return False
    header = header_of(path)
    return _axes(header) is not None and set(_COMMON) <= set(_named(header))


def misses(path: Path) -> str | None:
    """Why a file that looks like a table of CLNF's points is not read as one."""
    header = header_of(path)
    named = set(_named(header))
    wanted = _points("XYZ" if "X0" in header else "xy")
    lacking = [*(name for name in _COMMON if name not in named), *(name for name in wanted if name not in header)]
    points = sum(name in header for name in wanted)
    if points < POINTS or not lacking:
        return None
    return f"looks like CLNF, but has no column {lacking_names(lacking)}"


def _points(axes: str) -> tuple[str, ...]:
    return tuple(f"{axis}{i}" for i in range(POINTS) for axis in axes)


def _axes(header: Sequence[str]) -> str | None:
    return next((axes for axes in ("XYZ", "xy") if set(_points(axes)) <= set(header)), None)


def _named(header: Sequence[str]) -> dict[str, str]:
    """The header's own names of frame, timestamp, confidence and success."""
    plain = {name: name.partition("(")[0] for name in header}
    return {_SUCCESS.get(short, short): name for name, short in plain.items() if _SUCCESS.get(short, short) in _COMMON}


def _read(path: Path, numbers: Sequence[str]) -> tuple[Columns, dict[str, str]]:
    header = Cells(path).header
    named = _named(header)
    for name in (*_COMMON, *numbers):
        if name not in named and name not in header:
            raise TableError(f"has no column {name}", where=path)
    return read_columns(path, numbers=numbers, exact=list(named.values())), named


def _beside(path: Path, points: Columns, kind: str, numbers: Sequence[str]) -> tuple[FloatArray | None, str | None]:
    """Columns of the recording's table of another kind, in the rows of its points; or why they are not used."""
    name = path.name.replace("features3D", kind).replace("features", kind)
    other = path.with_name(name)
    if name == path.name or not other.is_file():
        return None, None
    columns, named = _read(other, numbers)
    own = points.exact[_named(points.header)["frame"]]
    if not np.array_equal(columns.exact[named["frame"]], own):
        return None, f"{name} holds other frames and was left out"
    return columns.numbers, None


def _boxes(flat: FloatArray) -> FloatArray:
    return box_of(flat.reshape(len(flat), POINTS, 2))


CLNF = FrontEndSpec(
    name="clnf",
    kind="table",
    title="DAIC-WOZ's tables of 68 CLNF points, with head pose beside them",
    space="dfe-face; with --space arkit51/face41, that",
    licence="DAIC-WOZ's end user agreement; your own copy",
    verified="on made tables of the same layout, not on DAIC-WOZ itself",
    make=ClnfReader,
    uses=("rate",),
    face_points=True,
    recognises=recognises,
    misses=misses,
)
