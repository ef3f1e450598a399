"""Tracks of ARKit coefficients from a phone: Live Link Face and NeuroSync as CSV, BEAT's layout as JSON.

Live Link Face writes ``Timecode, BlendShapeCount``, 52 coefficients and nine rotations; a frame without a face is a row
of two cells, its count 0. BEAT's JSON is ``{"names": [...], "frames": [{"weights": [...], "time": seconds}, ...]}``.
Rotations are left alone: the app writes them only on demand, and their signs depend on how the phone was held.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dfe.base.budget import JSON_BYTES, check_json
from dfe.base.cells import Cells, header_of
from dfe.base.columns import Columns, read_columns
from dfe.base.errors import TableError
from dfe.base.text_stream import first_bytes, whole_file
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray, Progress
from dfe.clock.stamps import frame_step, seconds_per_unit, settle_times
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.frontends.tables.calibration import Calibration
from dfe.frontends.tables.names import find_names, lacking_names, plain
from dfe.frontends.tables.rows import failures, frame_order, whole_numbers
from dfe.frontends.tables.timecode import read_timecodes
from dfe.recording.measured import Measured
from dfe.space.arkit import ARKIT_NAMES, BLINK_NAMES, FACE_NAMES, GAZE_NAMES, PHONE_ID
from dfe.space.registry import load_space

NO_FACE = "no face found (phone)"
_SLACK = 0.5
"""Phones overshoot 0 to 1 a little (1.08 in real takes); beyond this the numbers are something else."""
_FEW, _SOME = 30, 6
_ODD_ONES = 0.05
"""Share of rows that may repeat a time code by chance."""
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
        track = _read_json(path) if _begins_json(path) else _read_csv(path, self.options.rate)
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
    if _begins_json(path):
        return b'"names"' in first_bytes(path) or b'"weights"' in first_bytes(path)
    header = header_of(path)
    return len(find_names(header, FACE_NAMES)) >= _FEW and not {plain(name) for name in header} & set(_FEAT)


def misses(path: Path) -> str | None:
    """Why a file that looks like a track of ARKit coefficients is none."""
    if _begins_json(path):
        return "looks like JSON, but has neither names nor frames, as BEAT's tracks do"
    found = find_names(header_of(path), FACE_NAMES)
    lacking = [name for name in FACE_NAMES if name not in found]
    return f"looks like ARKit coefficients, but has no column {lacking_names(lacking)}" if len(found) >= _SOME else None


def _some(values: FloatArray, names: tuple[str, ...], success: BoolArray) -> FloatArray | None:
    some = values[:, [ARKIT_NAMES.index(name) for name in names]].clip(0, 1)
    some[~success] = np.nan
    return None if np.isnan(some[success]).all() else some


def _read_csv(path: Path, rate: float | None) -> _Track:
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
        return _by_timecode(values, columns, columns.words[code], absent, rate)
    return _by_frame(values, columns, frame, time, absent)


def _in(rows: IntArray, count: int) -> BoolArray:
    inside = np.zeros(count, bool)
    inside[rows] = True
    return inside


def _by_timecode(
    values: FloatArray, columns: Columns, codes: list[str], absent: BoolArray, rate: float | None
) -> _Track:
    """Rows by their time codes; without a code that moves, by the rate that was given."""
    found = read_timecodes(codes, columns.where)
    known = np.isfinite(found.time_s)
    notes = list(columns.notes)
    if len(codes) > 1 and (not known.any() or np.ptp(found.time_s[known]) == 0):
        what = "its time codes are all the same" if known.any() else "it has no time codes"
        if rate is None:
            advice = "say how many frames a second it has with --rate (in Python rate=)"
            raise TableError(what, where=columns.path, advice=advice)
        notes.append(f"{what}: set anew at {rate:g} frames a second")
        return _Track(values, np.arange(len(codes)), np.full(len(codes), np.nan), absent, tuple(notes))
    if found.guessed and rate is None and len(codes) > 1:
        notes.append(f"its time codes are taken to count {found.clock:.4g} frames a second; give the rate if not")
    repeated = known & (found.time_s == _before(found.time_s))
    alike = np.all((values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1])), axis=1)
    # Where the clock stands still for long, or counts slower than the rows come, the rows are frames all the same.
    odd_ones = repeated.sum() <= _ODD_ONES * len(repeated) and not (repeated[1:] & repeated[:-1]).any()
    left_out = repeated & (np.concatenate([[False], alike]) | odd_ones)
    if left_out.any():
        notes.append(f"{int(left_out.sum())} rows repeat the time code before them and were left out")
    kept = ~left_out
    time = np.where(repeated, np.nan, found.time_s)[kept]
    unplaced = int(np.isnan(time).sum())
    if unplaced:
        notes.append(f"{unplaced} rows have no time code of their own: placed evenly between their neighbours")
        time = _between(time)
    frame = np.arange(len(time))
    step = frame_step(frame, time)
    if np.isfinite(step) and (np.diff(time) > 0).all():
        # From row to row, so that a step a little off does not add up; a frame each at least, if the clock trembles.
        frame = np.cumsum(np.maximum(np.rint(np.diff(time, prepend=time[0] - step) / step), 1).astype(np.int64)) - 1
        missing = int(frame[-1]) + 1 - len(frame)
        if missing:
            notes.append(f"{missing} frames are missing between its rows")
    elif len(time) == 1:
        time = np.zeros(1)
    return _Track(values[kept], frame, time, absent[kept], tuple(notes))


def _before(time: DoubleArray) -> DoubleArray:
    """Of each row, the last time that was known before it; NaN where none was."""
    last = np.maximum.accumulate(np.where(np.isfinite(time), np.arange(len(time)), -1))
    last = np.concatenate([[-1], last[:-1]])
    return np.where(last < 0, np.nan, time[last])


def _between(time: DoubleArray) -> DoubleArray:
    """Times with the missing ones set evenly between their neighbours, at either end by the usual step."""
    rows = np.arange(len(time))
    known = np.flatnonzero(np.isfinite(time))
    if len(known) < 2:
        return time
    step = float(np.median(np.diff(time[known]) / np.diff(known)))
    filled = np.interp(rows, known, time[known])
    first, last = known[0], known[-1]
    filled[:first] = time[first] + (rows[:first] - first) * step
    filled[last + 1 :] = time[last] + (rows[last + 1 :] - last) * step
    return np.asarray(filled)


def _by_frame(values: FloatArray, columns: Columns, frame: str | None, time: str | None, absent: BoolArray) -> _Track:
    number = whole_numbers(columns, frame) if frame else np.arange(len(columns))
    order = frame_order(columns, number, None)
    number = number[order] - number.min()
    times = columns.exact[time][order] if time else np.full(len(columns), np.nan)
    times = times * seconds_per_unit(number, times)
    return _Track(values[order], number, times, absent[order], columns.notes)


def _begins_json(path: Path) -> bool:
    return first_bytes(path).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _read_json(path: Path) -> _Track:
    content = whole_file(path, JSON_BYTES)
    check_json(content, path)
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise TableError(f"is no JSON ({error})", where=path) from error
    if not isinstance(document, dict):
        raise TableError("has no names and frames", where=path, advice="give a track in the layout of BEAT")
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
    uses=("rate", "calibrate"),
    recognises=recognises,
    misses=misses,
)
