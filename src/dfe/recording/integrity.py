"""Does a recording contradict itself? Rows doubled, shuffled or reversed, times that run backwards, numbers that are
none: such a table was joined, sorted or edited by something else, and every figure taken from it would be wrong.

Checked whenever a recording is read (:func:`dfe.recording.storage.read_table`), as a database checks its keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfe.base.errors import TableError
from dfe.base.lists import have_finite
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.recording import schema

ADVICE = "make it again from its source; dfe info --check lists all that is wrong"
Note = Callable[[str, BoolArray], None]
"""Takes a fault and the rows ``(n,)`` that have it."""

_TOKEN, _AMOUNT = re.compile(r"tok_\d+"), re.compile(r"mm_\d+")


@dataclass(frozen=True)
class Fault:
    """One way in which the rows contradict each other."""

    what: str
    rows: int
    """How many rows are concerned."""
    first: int
    """The first of them, from 0."""

    def __str__(self) -> str:
        more = f" and {self.rows - 1} more" if self.rows > 1 else ""
        return f"row {self.first}{more}: {self.what}"


def faults_of(table: pa.Table) -> tuple[Fault, ...]:
    """Everything that is wrong with the rows of a table of the schema; nothing in a sound one."""
    found: list[Fault] = []

    def note(what: str, odd: BoolArray) -> None:
        if odd.any():
            found.append(Fault(what, int(odd.sum()), int(np.argmax(odd))))

    frame = table.column("frame").to_numpy().astype(np.int64)
    face = table.column("face_id").to_numpy().astype(np.int64)
    success: BoolArray = np.asarray(table.column("success").to_numpy())
    usable: BoolArray = np.asarray(table.column("usable").to_numpy())
    time = np.asarray(table.column("time_s").to_numpy(), np.float64)
    timed: BoolArray = np.asarray(table.column("time_s").is_valid().to_numpy())
    note("its frame has a number below 0", frame < 0)
    note("its face_id is below -1", face < schema.NO_FACE_ID)
    note("success and face_id contradict each other", success != (face != schema.NO_FACE_ID))
    note("usable, but without a face", usable & ~success)
    _check_order(frame, face, note)
    _check_times(frame, time, timed, success, note)
    _check_numbers(table, success, note)
    return tuple(found)


def check_integrity(table: pa.Table, where: str) -> None:
    """Refuse a table whose rows contradict each other.

    Raises:
        TableError: they do; it names the first row and how many more there are.
    """
    found = faults_of(table)
    if found:
        more = f" (and {len(found) - 1} other faults)" if len(found) > 1 else ""
        raise TableError(f"contradicts itself: {found[0]}{more}", where=where, advice=ADVICE)


def _check_order(frame: IntArray, face: IntArray, note: Note) -> None:
    """Frames rise; within a frame faces rise; a frame without a face has one row."""
    if len(frame) < 2:
        return
    step, same = np.diff(frame), np.diff(frame) == 0
    first = np.zeros(1, np.bool_)
    note("its frame comes after a later one: rows shuffled or reversed", np.concatenate([first, step < 0]))
    again = same & (np.diff(face) == 0)
    note("its frame and face are those of the row before: a row doubled", np.concatenate([first, again]))
    falls = same & (np.diff(face) < 0)
    note("the faces of its frame are not in order", np.concatenate([first, falls]))
    none = same & ((face[1:] == schema.NO_FACE_ID) | (face[:-1] == schema.NO_FACE_ID)) & ~again & ~falls
    note("its frame has a face, and a row that says it has none", np.concatenate([first, none]))


def _check_times(frame: IntArray, time: DoubleArray, timed: BoolArray, success: BoolArray, note: Note) -> None:
    """Times rise with the frames; a frame that was not decoded may have none."""
    note("its time is infinite or not a number", timed & ~np.isfinite(time))
    note("it has a face and no time, others have", timed.any() & ~timed & success)
    rows = np.flatnonzero(timed)
    later, step = np.diff(frame[rows]) > 0, np.diff(time[rows])
    back, apart = np.zeros((2, len(frame)), np.bool_)
    with np.errstate(invalid="ignore"):
        back[rows[1:]] = later & (step <= 0)
        apart[rows[1:]] = (np.diff(frame[rows]) == 0) & (step != 0)
    note("its time is not after that of the frame before", back)
    note("its frame has two times", apart)


def _check_numbers(table: pa.Table, success: BoolArray, note: Note) -> None:
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name in schema.WIDTHS:
            note(f"{name} holds what is no number", ~have_finite(column))
        elif _TOKEN.fullmatch(name):
            given = np.asarray(column.is_valid().to_numpy())
            token = np.asarray(pc.fill_null(column, 0).to_numpy())
            note(f"{name} is below 0", token < 0)
            note(f"{name} is given, but there is no face", given & ~success)
        elif pa.types.is_floating(column.type) and name != "time_s":
            given = np.asarray(column.is_valid().to_numpy())
            values = np.asarray(column.to_numpy())
            note(f"{name} is infinite or not a number", given & ~np.isfinite(values))
            note(f"{name} is given, but there is no face", given & ~success)
            if name.startswith(schema.PREFIX):
                note(f"{name} is missing, and there is a face", success & ~given)
            elif name in ("confidence", *schema.COVERED):
                note(f"{name} is outside 0 to 1", given & ((values < 0) | (values > 1)))
            elif name in ("box_w", "box_h") or _AMOUNT.fullmatch(name):
                note(f"{name} is below 0", given & (values < 0))
