"""Tables that people write by hand (roles.csv, windows.csv), changed by the viewer row by row.

Other rows, other columns and their order are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dfe.base.csv_text import csv_text
from dfe.base.errors import UsageError
from dfe.base.files import replacing
from dfe.base.label_table import read_label_table
from dfe.base.recording_names import RecordingNames

WINDOWS = ("recording", "face_id", "start_s", "end_s", "condition")
"""Columns of a table of windows, which `dfe compare` cuts recordings into."""
NEUTRAL = "neutral"
"""Condition of the windows in which a person is at rest."""

Row = Mapping[str, str]


def read_rows(path: Path, columns: Sequence[str]) -> tuple[tuple[str, ...], list[Row]]:
    """Names of the columns and all rows; a table that is not there has none.

    Raises:
        TableError: it cannot be read.
    """
    if not path.is_file():
        return tuple(columns), []
    table = read_label_table(path, lower=True)
    return (*table.names, *(name for name in columns if name not in table.names)), [row.cells for row in table.rows]


def add_row(path: Path, columns: Sequence[str], row: Row) -> None:
    """Write a table with one more row.

    Raises:
        UsageError: the row is there already.
        OutputError: it cannot be written.
    """
    names, rows = read_rows(path, columns)
    if any(_same(one, row) for one in rows):
        raise UsageError(f"{path.name} says so already")
    _write(path, names, [*rows, row])


def remove_row(path: Path, columns: Sequence[str], row: Row) -> None:
    """Write a table without a row.

    Raises:
        UsageError: there is no such row.
        OutputError: it cannot be written.
    """
    names, rows = read_rows(path, columns)
    kept = [one for one in rows if not _same(one, row)]
    if len(kept) == len(rows):
        raise UsageError(f"{path.name} has no such row any more")
    _write(path, names, kept)


def rows_of_recording(path: Path, columns: Sequence[str], recording: str, names: RecordingNames) -> list[Row]:
    """The rows of one recording of those at hand, by the columns given; none where there is no table.

    Raises:
        TableError: it cannot be read, or a name in it may mean several recordings.
    """
    if not path.is_file():
        return []
    table = read_label_table(path, lower=True)
    meant = names.all_meant((row.cells.get("recording", ""), table.where(row)) for row in table.rows)
    return [
        {name: row.cells.get(name, "") for name in columns}
        for row, one in zip(table.rows, meant, strict=True)
        if one == recording
    ]


def _same(one: Row, other: Row) -> bool:
    return all(one.get(name, "") == value for name, value in other.items())


def _write(path: Path, names: Sequence[str], rows: Sequence[Row]) -> None:
    text = csv_text(names, ([row.get(name, "") for name in names] for row in rows))
    with replacing(path, overwrite=True) as (file,):
        file.write(text.encode())
