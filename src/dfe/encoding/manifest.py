"""`manifest.csv`: what became of every input that was encoded into a folder, and what each result was made of.

It is a list for people and for the next run into the folder, which goes on where this one stopped. Nothing reads
faces from it.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Literal, get_args

from dfe.base.cells import Cells
from dfe.base.csv_text import csv_text, plain_cell
from dfe.base.errors import DfeError
from dfe.base.files import replacing
from dfe.base.printable import printable
from dfe.media.inputs import Source

MANIFEST = "manifest.csv"
_SHARE = 20.0
"""Writing the list may take one part in so many of the time, so that it stays cheap with ten thousand inputs."""
Status = Literal["waiting", "done", "damaged", "failed"]
"""``waiting``: to be done by a run that has not come so far, or was stopped; ``damaged``: done, but for some frames."""


@dataclass(frozen=True)
class Row:
    """What became of one input; empty cells are not known."""

    input: str
    """Path of the source as seen from the folder of the manifest, with ``/``."""
    output: str = ""
    """Its table, likewise; empty where there can be none."""
    report: str = ""
    """Its page, likewise."""
    status: Status = "waiting"
    reason: str = ""
    """What is wrong, in one line."""
    seconds: str = ""
    """From the time at which it was begun, in seconds."""
    frames: str = ""
    bytes: str = ""
    """Size of the source."""
    state: str = ""
    """Of the source's files: stands for their names, sizes and times of change."""
    sha256: str = ""
    """Of the source's bytes, as in the table's provenance."""
    options: str = ""
    """Stands for all options of the run and for the tokenizer."""
    page: str = ""
    """Stands for what the page shows beside the table: small pictures, the user's names of displays."""
    version: str = ""
    """Of discrete-facial-encoding."""

    @property
    def key(self) -> str:
        """By which there is one row each: the table, or the input where there can be none."""
        return self.output or f"input {self.input}"


class Manifest:
    """The rows of a folder's manifest, in order of their outputs, and the file that they are kept in.

    Args:
        folder: where the results are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / MANIFEST
        self._rows = _read(self.path)
        self._mine: dict[str, Row] = {}
        self._written, self._took_s = -math.inf, 0.0

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows[key] for key in sorted(self._rows))

    def get(self, table: Path) -> Row | None:
        """The row of a table, if there is one."""
        return self._rows.get(self.name(table))

    def name(self, path: Path) -> str:
        """A path as the manifest has it."""
        try:
            seen = os.path.relpath(os.path.realpath(path), os.path.realpath(self._folder))
        except ValueError:  # another drive
            seen = os.path.realpath(path)
        return printable(Path(seen).as_posix())

    def input(self, source: Source) -> str:
        """A source as the manifest has it."""
        return self.name(source.place)

    def note(self, *rows: Row) -> None:
        """Put rows in place of those of the same outputs, and write the file if that takes little of the time.

        Raises:
            OutputError: it cannot be written.
        """
        self._mine.update({row.key: row for row in rows})
        if time.monotonic() - self._written > _SHARE * self._took_s:
            self.keep()

    def keep(self) -> None:
        """Write the file; rows that another process has written meanwhile stay.

        Raises:
            OutputError: it cannot be written.
        """
        began = time.monotonic()
        with _alone(self._folder):
            self._rows = {**_read(self.path), **self._mine}
            made = {row.input for row in self._rows.values() if row.output}
            self._rows = {key: row for key, row in self._rows.items() if row.output or row.input not in made}
            text = csv_text([field.name for field in fields(Row)], [astuple(row) for row in self])
            with replacing(self.path, overwrite=True) as (file,):
                file.write(text.encode("utf-8", "backslashreplace"))
        self._written = time.monotonic()
        self._took_s = self._written - began


def settled(row: Row, status: Status, *, seconds: float, reason: str = "") -> Row:
    """The row of an input that has been done."""
    return replace(row, status=status, reason=reason, seconds=f"{seconds:.2f}")


def _read(path: Path) -> dict[str, Row]:
    """Rows by their key; none where the file is missing or has been changed to something else."""
    names = [field.name for field in fields(Row)]
    found: dict[str, Row] = {}
    with suppress(DfeError):
        table = Cells(path, short_rows=True)
        for _, line in table:
            cells = dict(zip(table.header, line, strict=False))
            row = _row({name: plain_cell(cells.get(name, "")) for name in names})
            if row is not None:
                found[row.key] = row
    return found


def _row(cells: Mapping[str, str]) -> Row | None:
    return Row(**cells) if cells["input"] and cells["status"] in get_args(Status) else None  # type: ignore[arg-type]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold other processes off that encode into the same folder, where the system and the disk can."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
