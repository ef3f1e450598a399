"""Action-unit tables of real detectors: OpenFace 2, LibreFace and py-feat, as CSV, plain or gzipped.

Formats: OpenFace wiki, *Output Format* (``AU12_r`` is an intensity 0 to 5, ``AU12_c`` is presence); LibreFace's Python
package (``au_12_intensity`` 0 to 5, ``au_12`` presence, ``frame_idx``, ``frame_time_in_ms``); py-feat's ``Fex`` tables
(``AU12`` 0 to 1, ``frame``, ``approx_time``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from dfe.errors import TableError
from dfe.recording.cells import Cells, number
from dfe.types import BoolArray, DoubleArray, FloatArray, IntArray

Tool = Literal["OpenFace", "LibreFace", "py-feat"]
Kind = Literal["intensity 0-5", "0-1", "binary"]

HIGHEST: dict[Kind, float] = {"intensity 0-5": 5.0, "0-1": 1.0, "binary": 1.0}
"""Largest value of each kind; the smallest is 0."""

_TOLERANCE = 1e-3
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
    cells = Cells(path)
    names = cells.header
    layout = _layout(names, presence, path)
    time_column, seconds = _time(names)
    frame_column = _first(names, "frame", "frame_idx")
    face_column = _first(names, "face_id", "face") if layout.tool == "OpenFace" else None
    success_column = _first(names, "success") if layout.tool == "OpenFace" else None
    values, frame, time_s, face, success = [], [], [], [], []
    rows_of_frame: dict[int, int] = {}
    for place, (line, row) in enumerate(cells):
        where = f"{path}, row {line}"
        at = place if frame_column is None else _whole(row[frame_column], where)
        found = [number(row[i], where) for i in layout.columns.values()]
        _check_range(found, layout, where)
        frame.append(at)
        time_s.append(np.nan if time_column is None else seconds(row[time_column], where))
        face.append(rows_of_frame.get(at, 0) if face_column is None else _whole(row[face_column], where))
        rows_of_frame[at] = rows_of_frame.get(at, 0) + 1
        success.append(success_column is None or number(row[success_column], where) > 0)
        values.append(found)
    if not values:
        raise TableError("has no rows", where=path)
    table = np.array(values, np.float32)
    table[~np.array(success)] = np.nan
    # A unit without a single value was not asked for; one without a value here and there is a failed row.
    given: BoolArray = np.any(np.isfinite(table), axis=0)
    kept = given if given.any() else ~given
    table = table[:, kept]
    works: BoolArray = np.all(np.isfinite(table), axis=1)
    table[~works] = np.nan
    return AuTable(
        names=tuple(name for name, keep in zip(layout.columns, kept, strict=True) if keep),
        values=table,
        frame=np.array(frame, np.int64),
        time_s=np.array(time_s, np.float64),
        face=np.array(face, np.int64),
        success=works,
        kind=layout.kind,
        tool=layout.tool,
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


def _first(names: tuple[str, ...], *wanted: str) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _time(names: tuple[str, ...]) -> tuple[int | None, Callable[[str, str], float]]:
    if "frame_time_in_ms" in names:
        return names.index("frame_time_in_ms"), lambda cell, where: number(cell, where) / 1000
    if "approx_time" in names:
        return names.index("approx_time"), _clock
    return _first(names, "timestamp"), number


def _clock(cell: str, where: str) -> float:
    """Seconds of ``mm:ss`` or ``hh:mm:ss``, or of a plain number."""
    total = 0.0
    for part in cell.split(":"):
        total = total * 60 + number(part, where)
    return total


def _whole(cell: str, where: str) -> int:
    value = number(cell, where)
    if not value.is_integer() or abs(value) > _LARGEST_NUMBER:
        raise TableError(f"{cell.strip() or 'an empty cell'} is no number of a frame or face", where=where)
    return int(value)


def _check_range(found: list[float], layout: _Layout, where: str) -> None:
    highest = HIGHEST[layout.kind]
    for name, value in zip(layout.columns, found, strict=True):
        if value < -_TOLERANCE or value > highest + _TOLERANCE:
            raise TableError(f"{name} is {value:g}, outside 0 to {highest:g}, the range of {layout.tool}", where=where)
