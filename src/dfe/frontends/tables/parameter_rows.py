"""Rows of coefficients from named arrays: their frames, times, failures, and the file or folder that holds them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray, Progress
from dfe.frontends.tables.array_times import stated_rate, times_of_rows
from dfe.frontends.tables.parameter_files import Arrays, frame_files, is_one_file, read_arrays
from dfe.recording.measured import Measured
from dfe.space.base import ExpressionSpace

TIMES = ("time", "times", "timess", "timestamp", "timestamps", "timesec", "timems", "timestampms", "timestampsms")
RATES = ("fps", "framerate", "videofps")
FRAMES = ("frame", "frames", "frameid", "frameids", "frameidx", "frameindex", "frameindices", "framenumber")
FACES = ("face", "faceid", "faceids", "trackid")
SUCCESSES = ("success", "valid", "isvalid", "detected")
ABOUT_ROWS = (*TIMES, *RATES, *FRAMES, *FACES, *SUCCESSES)
"""Plain names that say which row is which."""

NO_NUMBERS = "no coefficients in this row"
TOLD = "marked as not successful"

_LARGEST = 2**53
_MOST_JOINTS, _OF_JOINT = 5, 3


class Columns(NamedTuple):
    """The coefficients of some rows, and what was noticed on the way."""

    values: FloatArray
    """``(n, D)``."""
    kind: str
    """Which coefficients, and of what: the same for all frames of a folder."""
    taken: str
    """Names of the arrays that they come from."""
    notes: tuple[str, ...] = ()


Choose = Callable[[Arrays, Path], Columns]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a file or folder, before they have a space."""

    columns: Columns
    frame: IntArray
    time_s: DoubleArray
    success: BoolArray
    reason: list[str | None]
    face: IntArray | None
    source: list[str] | None
    time_stamps: str
    notes: tuple[str, ...]

    def measured(self, space: ExpressionSpace, about: Mapping[str, str | int | float | bool]) -> Measured:
        """The same in a space."""
        return Measured(
            space=space,
            frame=self.frame,
            time_s=self.time_s,
            expression=self.columns.values,
            success=self.success,
            reason=self.reason,
            face=self.face,
            source=self.source,
            about={"from": self.columns.taken, **about},
            warnings=(*self.columns.notes, *self.notes),
            time_stamps=self.time_stamps,
        )


def as_rows(array: NDArray[Any], name: str, where: Path) -> DoubleArray:
    """An array of numbers as ``(n, width)``: one row, a batch of one, or joints of three numbers each.

    Raises:
        TableError: it holds no numbers, or has another shape.
    """
    if array.dtype.kind not in "biuf" or not 1 <= array.ndim <= 3 or not array.size:
        raise TableError(f"{name or 'the array'} of shape {array.shape} holds no rows of numbers", where=where)
    if array.ndim == 1:
        return array[None].astype(np.float64)
    if array.ndim == 3:
        # (1, n, D) is a batch of one recording; (n, 1, D) and (n, joints, 3) are n rows.
        joints = array.shape[1] <= _MOST_JOINTS and array.shape[2] == _OF_JOINT
        array = array[0] if array.shape[0] == 1 and not joints else array.reshape(len(array), -1)
    return array.astype(np.float64)


def as_float32(values: DoubleArray) -> FloatArray:
    """The same in single precision; what is too large for it becomes infinite, as a row that failed."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float32)


def read_rows(
    path: Path, names: Collection[str], choose: Choose, rate: float | None, progress: Progress | None
) -> Rows:
    """Rows of a file of several frames, or of a folder of one file a frame.

    Args:
        path: the file or folder.
        names: plain names of the arrays that ``choose`` looks at.
        choose: finds the coefficients among arrays.
        rate: frames per second, which overrules the times of the file.
        progress: told how many frames of a folder are read.

    Raises:
        TableError: nothing can be read, or the parts do not fit together; the error names the file.
    """
    wanted = {*names, *ABOUT_ROWS}
    if path.is_dir() and not is_one_file(path, names):
        return _folder_rows(path, names, choose, rate, progress)
    arrays = read_arrays(path, wanted)
    columns = choose(arrays, path)
    count = len(columns.values)
    if progress is not None:
        progress(count, count)
    given_frame, face = (_whole(arrays, keys, count, path) for keys in (FRAMES, FACES))
    frame = np.arange(count) if given_frame is None else given_frame
    order = _order(frame, face, path)
    columns = columns._replace(values=columns.values[order])
    frame, face = frame[order], None if face is None else face[order]
    success, reason, notes = _successes(columns.values, _flags(arrays, count, path)[order])
    given = _find(arrays, TIMES)
    own = None if given is None else _column(*given, count, path)[order]
    stated = _find(arrays, RATES)
    if rate is None and own is None and stated is not None:
        rate = stated_rate(stated[1], path)
    clock = times_of_rows(frame, own, rate, path, milliseconds=given is not None and given[0].endswith("ms"))
    return Rows(columns, frame, clock.time_s, success, reason, face, None, clock.time_stamps, (*notes, *clock.notes))


def _folder_rows(
    path: Path, names: Collection[str], choose: Choose, rate: float | None, progress: Progress | None
) -> Rows:
    files = frame_files(path, names)
    found: list[Columns | TableError] = []
    for number, file in enumerate(files):
        try:
            columns = choose(read_arrays(file.path, names), file.path)
            if len(columns.values) != 1:
                raise TableError(f"holds {len(columns.values)} rows, not one frame", where=file.path)
            found.append(columns)
        except TableError as error:
            found.append(error)
        if progress is not None:
            progress(number + 1, len(files))
    good = [columns for columns in found if isinstance(columns, Columns)]
    if not good:
        raise next(one for one in found if isinstance(one, TableError))
    for file, one in zip(files, found, strict=True):
        if isinstance(one, Columns) and one.kind != good[0].kind:
            what = f"holds {one.kind}, other frames hold {good[0].kind}"
            raise TableError(what, where=file.path, advice="give frames of one kind")
    values = np.full((len(files), good[0].values.shape[1]), np.nan, np.float32)
    for row, one in enumerate(found):
        if isinstance(one, Columns):
            values[row] = one.values[0]
    success, reason, notes = _successes(values, np.ones(len(files), bool))
    for row, one in enumerate(found):
        if isinstance(one, TableError):
            reason[row] = f"not read: {one.what}"
    frame = np.array([file.frame for file in files], np.int64)
    face = None if files[0].face is None else np.array([file.face for file in files], np.int64)
    clock = times_of_rows(frame, None, rate, path)
    seen = dict.fromkeys(note for one in good for note in one.notes)
    together = good[0]._replace(values=values, notes=tuple(seen))
    source = [file.path.name for file in files]
    return Rows(together, frame, clock.time_s, success, reason, face, source, clock.time_stamps, (*notes, *clock.notes))


def _successes(values: FloatArray, told: BoolArray) -> tuple[BoolArray, list[str | None], tuple[str, ...]]:
    there = np.isfinite(values).all(axis=1)
    success: BoolArray = there & told
    reason: list[str | None] = [None] * len(values)
    for row in np.flatnonzero(~success):
        reason[row] = TOLD if not told[row] else NO_NUMBERS
    empty = success & ~values.any(axis=1)
    values[~success] = np.nan
    notes: tuple[str, ...] = ()
    if empty.any() and not empty.all():
        notes = (f"{empty.sum()} rows are all 0; if no face was found there, they should be NaN",)
    return success, reason, notes


def _find(arrays: Arrays, names: Collection[str]) -> tuple[str, NDArray[Any]] | None:
    return next(((name, arrays[name]) for name in names if name in arrays), None)


def _column(name: str, array: NDArray[Any], count: int, path: Path) -> DoubleArray:
    if array.dtype.kind not in "biuf" or array.size != count:
        raise TableError(f"{name} has shape {array.shape} for {count} rows", where=path)
    return array.ravel().astype(np.float64)


def _whole(arrays: Arrays, names: Collection[str], count: int, path: Path) -> IntArray | None:
    # Tools save pictures and settings under such names too: only one number a row is taken for the number of a row.
    found = _find({name: a for name, a in arrays.items() if a.size == count and a.dtype.kind in "iuf"}, names)
    if found is None:
        return None
    values = _column(*found, count, path)
    odd = ~(np.isfinite(values) & (np.abs(values) < _LARGEST) & (np.floor(values) == values) & (values >= 0))
    if odd.any():
        raise TableError(f"{values[odd][0]:g} is no {found[0]} number", where=f"{path}, row {int(np.argmax(odd))}")
    return values.astype(np.int64)


def _flags(arrays: Arrays, count: int, path: Path) -> BoolArray:
    found = _find({name: array for name, array in arrays.items() if array.size == count}, SUCCESSES)
    return np.ones(count, bool) if found is None else np.nan_to_num(_column(*found, count, path)) > 0


def _order(frame: IntArray, face: IntArray | None, path: Path) -> IntArray:
    order = np.argsort(frame, kind="stable") if face is None else np.lexsort((face, frame))
    again = np.diff(frame[order]) == 0
    if face is not None:
        again &= np.diff(face[order]) == 0
        if again.any():
            row = int(order[1:][again][0])
            raise TableError(f"frame {frame[row]} has face {face[row]} twice", where=f"{path}, row {row}")
    return np.asarray(order, np.int64)
