"""Action-unit tables of real detectors: OpenFace 2, LibreFace and py-feat, as CSV, plain or gzipped.

Formats: OpenFace wiki, *Output Format* (``AU12_r`` is an intensity 0 to 5, ``AU12_c`` is presence); LibreFace's Python
package (``au_12_intensity`` 0 to 5, ``au_12`` presence, ``frame_idx``, ``frame_time_in_ms``, which holds seconds);
py-feat's ``Fex`` tables (``AU12`` 0 to 1, ``frame``, ``approx_time``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from dfe.base.cells import Cells
from dfe.base.columns import Columns, read_columns
from dfe.base.errors import TableError
from dfe.base.numbers import number
from dfe.base.picture_names import picture_column, picture_numbers
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.clock.stamps import seconds_per_unit

Tool = Literal["OpenFace", "LibreFace", "py-feat"]
Kind = Literal["intensity 0-5", "0-1", "binary"]

HIGHEST: dict[Kind, float] = {"intensity 0-5": 5.0, "0-1": 1.0, "binary": 1.0}
"""Largest value of each kind; the smallest is 0."""

_TOLERANCE = 1e-3
_MILLISECOND = 1e-3
_LARGEST_NUMBER = 2**53


@dataclass(frozen=True, eq=False)
class AuTable:
    """What a detector says of the action units of some faces, one row per face and frame.

    Args:
        names: ``(A,)`` units by number, as in ``AU12``; a detector does not tell left from right.
        values: ``(n, A)`` float32; NaN throughout in rows where the detector failed.
        frame: ``(n,)`` as the tool counts: from 1 in OpenFace, from 0 in the others; the row's place where
            it says none.
        time_s: ``(n,)`` seconds; NaN where the table has no time. py-feat gives whole seconds only.
        face: ``(n,)`` the tool's number of the face; the place among the frame's rows where it has none.
        success: ``(n,)`` whether the row has values.
        kind: what the values are.
        tool: whose table it is.
    """

    names: tuple[str, ...]
    values: FloatArray
    frame: IntArray
    time_s: DoubleArray
    face: IntArray
    success: BoolArray
    kind: Kind
    tool: Tool
    picture: tuple[str, ...] | None = None
    """Name of each row's picture, of a table of many pictures; frames number them then, from 0."""


class _Layout(NamedTuple):
    tool: Tool
    columns: Mapping[str, int]
    """Position by unit, ``AU12``."""
    kind: Kind


def read_au_table(path: str | Path, *, presence: bool = False) -> AuTable:
    """The AU table in a file, whichever of the three tools wrote it.

    Args:
        path: CSV, or CSV in gzip; comma, semicolon or tab between cells; blanks around names; a byte order mark.
        presence: take OpenFace's and LibreFace's columns of presence (0 or 1) instead of those of intensity.

    Raises:
        TableError: the file cannot be read, is no AU table, or a row is broken or out of range; it names the row as a
            text editor counts it.
    """
    path = Path(path)
    names = Cells(path).header
    layout = _layout(names, presence, path)
    units = tuple(layout.columns)
    time_name = next((name for name in ("frame_time_in_ms", "approx_time", "timestamp") if name in names), None)
    frame_name = next((name for name in ("frame", "frame_idx") if name in names), None)
    openface = layout.tool == "OpenFace"
    face_name = next((name for name in ("face_id", "face") if openface and name in names), None)
    success_name = "success" if openface and "success" in names else None
    picture_name = None if frame_name else picture_column(names)
    clock = time_name == "approx_time"
    columns = read_columns(
        path,
        numbers=[names[layout.columns[unit]] for unit in units],
        exact=[name for name in (None if clock else time_name, frame_name, face_name, success_name) if name],
        words=[name for name in (time_name if clock else None, picture_name) if name],
    )
    _check_range(columns, layout)
    pictures = tuple(columns.words[picture_name]) if picture_name else None
    if frame_name:
        frame = _whole(columns, frame_name)
    else:
        frame = np.arange(len(columns)) if pictures is None else picture_numbers(pictures)
    table = columns.numbers.copy()
    if success_name:
        with np.errstate(invalid="ignore"):
            table[~(columns.exact[success_name] > 0)] = np.nan
    # A unit without a single value was not asked for; one without a value here and there is a failed row.
    given: BoolArray = np.any(np.isfinite(table), axis=0)
    kept = given if given.any() else ~given
    table = table[:, kept]
    works: BoolArray = np.all(np.isfinite(table), axis=1)
    table[~works] = np.nan
    return AuTable(
        names=tuple(name for name, keep in zip(units, kept, strict=True) if keep),
        values=table,
        frame=frame,
        time_s=_seconds(columns, time_name, frame),
        face=_whole(columns, face_name) if face_name else _place_in_frame(frame),
        success=works,
        kind=layout.kind,
        tool=layout.tool,
        picture=pictures,
    )


def _layout(names: tuple[str, ...], presence: bool, path: Path) -> _Layout:
    forms: list[tuple[Tool, str, str, Kind]] = [
        ("OpenFace", r"AU(\d\d)_r", r"AU(\d\d)_c", "intensity 0-5"),
        ("LibreFace", r"au_(\d+)_intensity", r"au_(\d+)", "intensity 0-5"),
        ("py-feat", r"AU(\d\d)", "", "0-1"),
    ]
    for tool, intensity, present, kind in forms:
        both = _matching(names, intensity), _matching(names, present)
        if not any(both):
            continue
        if presence and not present:
            raise TableError(f"{tool} writes no presence of action units", where=path, advice="leave presence out")
        columns = both[presence]
        if not columns:
            wanted = "presence" if presence else "intensity"
            raise TableError(f"a table of {tool} without a column of AU {wanted}", where=path)
        return _Layout(tool, columns, "binary" if presence else kind)
    raise TableError(
        "no column of action units was found", where=path, advice="give a CSV of OpenFace, LibreFace or py-feat"
    )


def _matching(names: tuple[str, ...], pattern: str) -> dict[str, int]:
    found = {i: re.fullmatch(pattern, name) for i, name in enumerate(names)} if pattern else {}
    return {f"AU{int(match[1])}": i for i, match in found.items() if match}


def _seconds(columns: Columns, name: str | None, frame: IntArray) -> DoubleArray:
    """Times of the rows, in seconds whatever the column is called: LibreFace's ``frame_time_in_ms`` holds seconds."""
    if name is None:
        return np.full(len(columns), np.nan)
    if name == "approx_time":
        return np.array([_clock(word, columns, row) for row, word in enumerate(columns.words[name])])
    time = columns.exact[name]
    return time * seconds_per_unit(frame, time, _MILLISECOND if name.endswith("_ms") else 1.0)


def _clock(cell: str, columns: Columns, row: int) -> float:
    """Seconds of ``mm:ss`` or ``hh:mm:ss``, or of a plain number."""
    total = 0.0
    try:
        for part in cell.split(":"):
            total = total * 60 + number(part, "")
    except TableError:
        raise TableError(f"{cell[:40]!r} is no time", where=columns.where(row)) from None
    return total


def _place_in_frame(frame: IntArray) -> IntArray:
    """How many rows of the same frame stand before each."""
    order = np.argsort(frame, kind="stable")
    rising = frame[order]
    first = np.concatenate([[True], np.diff(rising) != 0])
    start = np.flatnonzero(first)[np.cumsum(first) - 1]
    place = np.empty(len(frame), np.int64)
    place[order] = np.arange(len(frame)) - start
    return place


def _whole(columns: Columns, name: str) -> IntArray:
    values = columns.exact[name]
    with np.errstate(invalid="ignore"):
        odd = ~((np.abs(values) <= _LARGEST_NUMBER) & (np.floor(values) == values))
    if odd.any():
        row = int(np.argmax(odd))
        shown = "an empty cell" if np.isnan(values[row]) else f"{values[row]:g}"
        raise TableError(f"{shown} is no number of a frame or face", where=columns.where(row))
    return values.astype(np.int64)


def _check_range(columns: Columns, layout: _Layout) -> None:
    highest = HIGHEST[layout.kind]
    with np.errstate(invalid="ignore"):
        odd = (columns.numbers < -_TOLERANCE) | (columns.numbers > highest + _TOLERANCE)
    if odd.any():
        row, column = (int(at[0]) for at in np.nonzero(odd))
        name, value = list(layout.columns)[column], columns.numbers[row, column]
        what = f"{name} is {value:g}, outside 0 to {highest:g}, the range of {layout.tool}"
        raise TableError(what, where=columns.where(row))
