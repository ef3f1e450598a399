"""Windows inside recordings: ``windows.csv`` with the columns recording, start_s, end_s, condition.

A recording that holds several conditions is cut into them; a condition may have several windows in a recording. There
may be a column ``face_id`` where windows are about one face of several, and one of the period. The windows of studies
will do as well: ``onset`` and ``duration`` in place of start and end, and ``clock_offset``, what has to be added to a
marker's times to get the recording's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dfe.base.errors import TableError
from dfe.base.label_table import read_label_table
from dfe.base.numbers import is_missing, seconds

if TYPE_CHECKING:
    from dfe.comparison.table import Columns, GroupRow

FIELDS = ("recording", "start_s", "end_s")
"""Columns of a file of windows, beside that of the condition."""
_MARKED = ("recording", "onset", "duration")
_CLOCK = "clock_offset"


@dataclass(frozen=True)
class Window:
    """A part of a recording."""

    recording: str
    start_s: float
    end_s: float
    condition: str
    period: str
    face: int | None
    """None: every face of the recording."""
    line: int


@dataclass(frozen=True)
class Windows:
    """The windows of a file."""

    path: Path
    windows: tuple[Window, ...]
    condition: str
    """Its column of conditions."""
    has_period: bool

    def left(self, columns: Columns) -> Columns:
        """The columns that the table of recordings must have, since the windows do not say them."""
        return replace(columns, condition=None, period=None if self.has_period else columns.period)

    def named(self) -> list[tuple[str, str]]:
        """The recording that each window names, and where it stands."""
        return [(window.recording, self._where(window)) for window in self.windows]

    def cut(self, rows: Sequence[GroupRow], paths: Sequence[Path], *, others: bool) -> list[GroupRow]:
        """A row for each window of each row's recording, within the row's own onset and offset.

        Args:
            rows: of the table.
            paths: table of each window's recording.
            others: whether there may be rows without windows, and windows without rows; they are left out.

        Raises:
            TableError: a window of no row, or a row without a window.
        """
        of: dict[Path, list[Window]] = {}
        for window, path in zip(self.windows, paths, strict=True):
            of.setdefault(path, []).append(window)
        cut: list[GroupRow] = []
        used: set[int] = set()
        for row in rows:
            mine = [w for w in of.get(row.path, ()) if w.face is None or w.face == (row.face or 0)]
            parts = [part for w in mine if (part := _part(row, w, self)) is not None]
            used |= {part.line for part in parts}
            if not parts and not others:
                advice = "add one, or leave such rows out with --unmatched drop"
                raise TableError(f"has no window in {row.recording} (line {row.line})", where=self.path, advice=advice)
            cut += parts
        unused = next((w for w in self.windows if w.line not in used), None)
        if unused is not None and not others:
            advice = "correct it, or leave such windows out with --unmatched drop"
            raise TableError("no row of the table is about this window", where=self._where(unused), advice=advice)
        return cut

    def _where(self, window: Window) -> str:
        return f"{self.path}, line {window.line}"


def read_windows(path: Path, condition: str, period: str | None = None) -> Windows:
    """Read a file of windows.

    Args:
        path: CSV as people have it.
        condition: name of the column of conditions.
        period: name of the column that says which window came first; it may stand in the table of recordings instead.

    Raises:
        TableError: no such column, an empty cell, or a window that ends before it starts.
    """
    table = read_label_table(path)
    fields = _MARKED if "start_s" not in table.names and "duration" in table.names else FIELDS
    table.need(*fields, condition)
    if not table.rows:
        raise TableError("has no windows", where=path)
    has_period = period is not None and period in table.names
    table.refuse_alike(condition, period if has_period else None)
    windows = []
    for row in table.rows:
        where, cells = table.where(row), row.cells
        needed = (*fields, condition, *((period,) if has_period and period else ()))
        empty = next((name for name in needed if is_missing(cells[name])), None)
        if empty is not None:
            raise TableError(f"{empty} is empty", where=where, advice="fill it in, or leave the line out")
        start, end = (seconds(cells[name], name, math.nan, where, table.decimal) for name in fields[1:])
        if fields == _MARKED:
            start += seconds(cells.get(_CLOCK, ""), _CLOCK, 0.0, where, table.decimal)
            end += start
        if not start < end:
            raise TableError(f"ends at {end:g} s, before it starts at {start:g} s", where=where)
        face = cells.get("face_id", "")
        if face and (not face.isdecimal() or len(face) > 5):
            raise TableError(f"face_id {face!r} is no number of a face", where=where)
        windows.append(
            Window(
                cells["recording"],
                start,
                end,
                cells[condition],
                cells[period] if has_period and period else "",
                int(face) if face else None,
                row.line,
            )
        )
    return Windows(path, tuple(windows), condition, has_period)


def _part(row: GroupRow, window: Window, of: Windows) -> GroupRow | None:
    start, end = max(row.onset_s, window.start_s), min(row.offset_s, window.end_s)
    if not start < end:
        return None
    period, file = window.period if of.has_period else row.period, of.path.name
    return replace(
        row, onset_s=start, offset_s=end, condition=window.condition, period=period, line=window.line, file=file
    )
