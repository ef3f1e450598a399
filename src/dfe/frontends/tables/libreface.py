"""Tables of LibreFace with MediaPipe's 478 points, ``lm_mp_{i}_{x,y,z}``, as shares of the picture's sides.

The column ``frame_time_in_ms`` holds seconds; the unit is judged by the step from frame to frame. Head pose is
taken from the points. LibreFace's action units are read by :mod:`dfe.facs.tables`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from dfe.base.cells import Cells, header_of
from dfe.base.columns import read_columns
from dfe.base.errors import TableError
from dfe.base.types import BoolArray, FloatArray, Progress
from dfe.clock.stamps import Times, seconds_per_unit, settle_times
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.frontends.tables.names import lacking_names
from dfe.frontends.tables.rows import failures, frame_order, whole_numbers
from dfe.recording.measured import Measured
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES, GAZE_NAMES
from dfe.space.registry import load_space

NO_FACE = "no face found (LibreFace)"
POINTS = 478

_NAMES = tuple(f"lm_mp_{i}_{axis}" for i in range(POINTS) for axis in "xyz")
_MILLISECOND = 1e-3
_WIDEST = 2.0
"""A face may lie partly outside the picture; beyond this the numbers are pixels."""
_HEIGHT = 1000
_AT_ONCE = 1024


class LibreFaceReader:
    """Reads LibreFace's points into version 2 of ``arkit51/face41``, some 900 faces a second.

    Args:
        options: ``rate``, ``mirrored``.
    """

    def __init__(self, options: FrontEndOptions | None = None) -> None:
        self.options = options or FrontEndOptions()

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All rows of a table; the picture's shape is guessed from the faces, since LibreFace does not say it.

        Raises:
            TableError: it cannot be read, has no points, or they are in pixels; it names file and row.
        """
        header = Cells(path).header
        if not set(_NAMES) <= set(header):
            raise TableError("has no 478 points lm_mp_0_x to lm_mp_477_z", where=path)
        frame_name = next((name for name in ("frame_idx", "frame") if name in header), None)
        time_name = next((name for name in ("frame_time_in_ms", "timestamp") if name in header), None)
        columns = read_columns(path, numbers=_NAMES, exact=[name for name in (frame_name, time_name) if name])
        frame = whole_numbers(columns, frame_name) if frame_name else np.arange(len(columns))
        order = frame_order(columns, frame, None)
        frame = frame[order]
        points = columns.numbers[order].reshape(len(frame), POINTS, 3)
        whole: BoolArray = np.all(np.isfinite(points), axis=(1, 2))
        outside: BoolArray = whole & (np.abs(points[:, :, :2]).max(axis=(1, 2), initial=0) > _WIDEST)
        if outside.any():
            where = columns.where(int(order[np.argmax(outside)]))
            advice = "give LibreFace's own table"
            raise TableError("its points are no shares of the picture", where=where, advice=advice)
        ratio, parts = _measure(points, whole, progress)
        expression, gaze, blink, pose = parts
        success: BoolArray = np.all(np.isfinite(expression), axis=1)
        still = time_name is None and frame_name is None
        times = Times(np.full(len(frame), np.nan), "ok", ())
        time = times.time_s
        if not still:
            if time_name:
                time = columns.exact[time_name][order]
                time = time * seconds_per_unit(frame, time, _MILLISECOND if time_name.endswith("_ms") else 1.0)
            times = settle_times(frame, time, str(path), rate=self.options.rate)
        return Measured(
            space=load_space("arkit51/face41"),
            frame=frame if not still else np.arange(len(frame)),
            time_s=times.time_s,
            expression=expression,
            success=success,
            reason=failures(success, NO_FACE),
            pose=pose,
            gaze=gaze,
            blink=blink,
            points=(points * [ratio, 1.0, ratio]).astype(np.float32),
            about={"measured_by": "LibreFace", "from": "478 points", "picture_width_by_height": round(ratio, 4)},
            warnings=(
                *columns.notes,
                *times.warnings,
                f"the picture is taken to be {ratio:.3g} times as wide as high, by its faces",
            ),
            time_stamps=times.time_stamps,
        )


def recognises(path: Path) -> bool:
    """Whether a file is a table of LibreFace with points."""
    return set(_NAMES) <= set(header_of(path))


def misses(path: Path) -> str | None:
    """Why a file that looks like a table of LibreFace is not read as one."""
    header = set(header_of(path))
    lacking = [name for name in _NAMES if name not in header]
    if 0 < len(lacking) < len(_NAMES):
        return f"looks like LibreFace, but has no column {lacking_names(lacking)}"
    if lacking and any(re.fullmatch(r"au_\d+(_intensity)?", name) for name in header):
        return "looks like LibreFace, but has no points (lm_mp_0_x ...): action units alone are no input of dfe encode"
    return None


def _measure(
    points: FloatArray, whole: BoolArray, progress: Progress | None
) -> tuple[float, tuple[FloatArray, FloatArray, FloatArray, FloatArray]]:
    from dfe.frontends.points import aspect_ratio, in_pixels, read_points478

    count = len(points)
    sizes = (len(FACE_NAMES), len(GAZE_NAMES), len(BLINK_NAMES), 3)
    expression, gaze, blink, pose = (np.full((count, size), np.nan, np.float32) for size in sizes)
    ratio = float(aspect_ratio(points[whole])) if whole.any() else 1.0
    width = round(ratio * _HEIGHT)
    for start in range(0, count, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        found = read_points478(in_pixels(points[part], width, _HEIGHT), width, _HEIGHT)
        expression[part], blink[part], pose[part] = found.expression, found.blink, found.pose
        if found.gaze is not None:
            gaze[part] = found.gaze
        if progress is not None:
            progress(min(start + _AT_ONCE, count), count)
    return ratio, (expression, gaze, blink, pose)


LIBREFACE = FrontEndSpec(
    name="libreface",
    kind="table",
    title="tables of LibreFace with MediaPipe's 478 points",
    space="dfe-face; with --space arkit51/face41, that",
    licence="LibreFace's own (non-commercial) for making them; your own tables",
    verified="on tables made of our own landmarks in the same layout, not on LibreFace's",
    make=LibreFaceReader,
    uses=("rate",),
    face_points=True,
    recognises=recognises,
    misses=misses,
)
