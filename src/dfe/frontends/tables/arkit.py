"""Tracks of ARKit coefficients from a phone: Live Link Face and NeuroSync as CSV, BEAT's layout as JSON.

Live Link Face writes ``Timecode, BlendShapeCount``, 52 coefficients and nine rotations; a frame without a face is a row
of two cells, its count 0. BEAT's JSON is ``{"names": [...], "frames": [{"weights": [...], "time": seconds}, ...]}``.
Rotations are left alone: the app writes them only on demand, and their signs depend on how the phone was held.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dfe.base.cells import GZIP, Cells
from dfe.base.columns import Columns, read_columns
from dfe.base.errors import DfeError, TableError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray, Progress
from dfe.clock.stamps import frame_step, seconds_per_unit, settle_times
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.frontends.tables.calibration import Calibration
from dfe.frontends.tables.names import find_names, plain
from dfe.frontends.tables.rows import failures, frame_order, whole_numbers
from dfe.frontends.tables.timecode import read_timecodes
from dfe.recording.measured import Measured
from dfe.space.arkit import ARKIT_NAMES, BLINK_NAMES, FACE_NAMES, GAZE_NAMES, PHONE_ID
from dfe.space.registry import load_space

NO_FACE = "no face found (phone)"
_SLACK = 0.5
"""Phones overshoot 0 to 1 a little (1.08 in real takes); beyond this the numbers are something else."""
_FEW = 30
_FEAT = ("facerectx", "facescore")


class _Track(NamedTuple):
    values: FloatArray
    """``(n, 51)`` in the order of ``ARKIT_NAMES``; NaN where there is none."""
    frame: IntArray
    time: DoubleArray
    absent: BoolArray
    """``(n,)``: the phone said that it saw no face."""
    warnings: tuple[str, ...]


class ArkitReader:
    """Reads phone tracks into the space ``arkit-phone/face41``, or calibrated into ``arkit51/face41``.

    Args:
        options: ``rate``, ``calibrate``, ``mirrored``.
    """

    def __init__(self, options: FrontEndOptions | None = None) -> None:
        self.options = options or FrontEndOptions()

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All rows of a track; frames are numbered by their times, so that frames that were dropped leave holes.

        Raises:
            TableError: it cannot be read, lacks a coefficient, or a value is no coefficient; it names file and row.
        """
        track = _read_json(path) if _begins_json(path) else _read_csv(path)
        times = settle_times(track.frame, track.time, str(path), rate=self.options.rate)
        face = track.values[:, [ARKIT_NAMES.index(name) for name in FACE_NAMES]]
        success: BoolArray = np.all(np.isfinite(face), axis=1)
        face = face.clip(0, 1)
        about: dict[str, str | int | float | bool] = {"instrument": "ARKit on a phone"}
        if self.options.calibrate:
            calibration = Calibration.packaged()
            face = calibration(face)
            about["calibration"] = calibration.hash
        face[~success] = np.nan
        if progress is not None:
            progress(len(face), len(face))
        return Measured(
            space=load_space("arkit51/face41") if self.options.calibrate else load_space(PHONE_ID),
            frame=track.frame,
            time_s=times.time_s,
            expression=face,
            success=success,
            reason=failures(success, "a coefficient is missing", {NO_FACE: track.absent}),
            gaze=_some(track.values, GAZE_NAMES, success),
            blink=_some(track.values, BLINK_NAMES, success),
            about=about,
            warnings=track.warnings + times.warnings,
            time_stamps=times.time_stamps,
        )


def recognises(path: Path) -> bool:
    """Whether a file is a track of ARKit coefficients."""
    try:
        if _begins_json(path):
            return b'"names"' in _head(path) or b'"weights"' in _head(path)
        header = Cells(path, short_rows=True).header
    except (DfeError, OSError, EOFError, zlib.error):
        return False
    return len(find_names(header, FACE_NAMES)) >= _FEW and not {plain(name) for name in header} & set(_FEAT)


def _some(values: FloatArray, names: tuple[str, ...], success: BoolArray) -> FloatArray | None:
    some = values[:, [ARKIT_NAMES.index(name) for name in names]].clip(0, 1)
    some[~success] = np.nan
    return None if np.isnan(some[success]).all() else some


def _read_csv(path: Path) -> _Track:
    header = Cells(path, short_rows=True).header
    place = find_names(header)
    _check_names(place, path)
    known = {plain(name): name for name in reversed(header)}
    code, count = known.get("timecode"), known.get("blendshapecount")
    frame, time = known.get("frame"), known.get("timestamp") or known.get("time") or known.get("times")
    numbers = list(place)
    columns = read_columns(
        path,
        numbers=[header[place[name]] for name in numbers],
        exact=[name for name in (count, *((frame, time) if code is None else ())) if name],
        words=[code] if code else [],
        short_rows=True,
    )
    values = np.full((len(columns), len(ARKIT_NAMES)), np.nan, np.float32)
    values[:, [ARKIT_NAMES.index(name) for name in numbers]] = columns.numbers
    _check_range(values, columns)
    absent = columns.exact[count] == 0 if count else np.zeros(len(columns), bool)
    absent |= False if count else _in(columns.short, len(columns))
    values[absent] = np.nan
    if code:
        return _by_timecode(values, columns, columns.words[code], absent)
    return _by_frame(values, columns, frame, time, absent)


def _in(rows: IntArray, count: int) -> BoolArray:
    inside = np.zeros(count, bool)
    inside[rows] = True
    return inside


def _by_timecode(values: FloatArray, columns: Columns, codes: list[str], absent: BoolArray) -> _Track:
    time = read_timecodes(codes, columns.where)
    kept: BoolArray = np.diff(time, prepend=np.nan) != 0
    warnings = []
    if not kept.all():
        warnings.append(f"{int((~kept).sum())} rows repeat the time code before them and were left out")
    time = time[kept]
    frame = np.arange(len(time))
    step = frame_step(frame, time)
    if np.isfinite(step) and (np.diff(time) > 0).all():
        # From row to row, so that a step a little off does not add up; a frame each at least, if the clock trembles.
        frame = np.cumsum(np.maximum(np.rint(np.diff(time, prepend=time[0] - step) / step), 1).astype(np.int64)) - 1
        missing = int(frame[-1]) + 1 - len(frame)
        if missing:
            warnings.append(f"{missing} frames are missing between its rows")
    elif len(time) == 1:
        time = np.zeros(1)
    return _Track(values[kept], frame, time, absent[kept], tuple(warnings))


def _by_frame(values: FloatArray, columns: Columns, frame: str | None, time: str | None, absent: BoolArray) -> _Track:
    number = whole_numbers(columns, frame) if frame else np.arange(len(columns))
    order = frame_order(columns, number, None)
    number = number[order] - number.min()
    times = columns.exact[time][order] if time else np.full(len(columns), np.nan)
    times = times * seconds_per_unit(number, times)
    return _Track(values[order], number, times, absent[order], ())


def _begins_json(path: Path) -> bool:
    return _head(path).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _head(path: Path, size: int = 2**16) -> bytes:
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP
            raw.seek(0)
            return gzip.GzipFile(fileobj=raw).read(size) if zipped else raw.read(size)
    except (OSError, EOFError, zlib.error):
        return b""


def _read_json(path: Path) -> _Track:
    try:
        content = path.read_bytes()
        if content.startswith(GZIP):
            content = gzip.decompress(content)
        document = json.loads(content.decode("utf-8-sig"))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise TableError(f"is no JSON ({error})", where=path) from error
    names, frames = document.get("names"), document.get("frames")
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names) and isinstance(frames, list)):
        raise TableError("has no names and frames", where=path, advice="give a track in the layout of BEAT")
    if not frames:
        raise TableError("has no frames", where=path)
    place = find_names(names)
    _check_names(place, path)
    values = np.full((len(frames), len(ARKIT_NAMES)), np.nan, np.float32)
    time = np.full(len(frames), np.nan)
    absent = np.zeros(len(frames), bool)
    targets, sources = [ARKIT_NAMES.index(name) for name in place], list(place.values())
    for number, entry in enumerate(frames):
        where = f"{path}, frame {number}"
        weights = entry.get("weights") if isinstance(entry, dict) else None
        if not weights:
            absent[number] = True
        else:
            values[number, targets] = _vector(weights, len(names), where)[sources]
        stamp = entry.get("time") if isinstance(entry, dict) else None
        if stamp is not None:
            time[number] = _vector([stamp], 1, where)[0]
    _check_range(values, path)
    frame = np.arange(len(frames))
    return _Track(values, frame, time * seconds_per_unit(frame, time), absent, ())


def _vector(numbers: Any, size: int, where: str) -> DoubleArray:
    try:
        vector = np.array(numbers, np.float64)
    except (TypeError, ValueError, OverflowError):
        vector = np.empty(0)
    if vector.shape != (size,) or np.isinf(vector).any():
        raise TableError(f"does not hold {size} numbers", where=where)
    return vector


def _check_names(place: dict[str, int], path: Path) -> None:
    missing = [name for name in FACE_NAMES if name not in place]
    if missing:
        others = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
        raise TableError(f"has no column of {missing[0]}{others}", where=path, advice="export all ARKit coefficients")


def _check_range(values: FloatArray, source: Columns | Path) -> None:
    with np.errstate(invalid="ignore"):
        odd = (values < -_SLACK) | (values > 1 + _SLACK)
    if odd.any():
        row, column = (int(at[0]) for at in np.nonzero(odd))
        where = source.where(row) if isinstance(source, Columns) else f"{source}, frame {row}"
        what = f"{ARKIT_NAMES[column]} is {values[row, column]:g}, which no ARKit coefficient is"
        raise TableError(what, where=where, advice="coefficients lie between 0 and 1")


def _make(options: FrontEndOptions) -> ArkitReader:
    return ArkitReader(options)


ARKIT = FrontEndSpec(
    name="arkit",
    kind="table",
    title="tracks of 52 ARKit coefficients from a phone (Live Link Face, NeuroSync, BEAT)",
    space="arkit-phone/face41; with --calibrate, approximately, arkit51/face41",
    licence="none needed: your own recordings",
    verified="on real takes of Live Link Face and NeuroSync; BEAT's JSON on made files",
    make=_make,
    recognises=recognises,
)
