"""A row of the manifest: what became of one input."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

Status = Literal["waiting", "done", "damaged", "failed"]
"""``waiting``: to be done by a run that has not come so far, or was stopped; ``damaged``: done, but for some frames."""


class Row(NamedTuple):
    """What became of one input; empty cells are not known. A tuple, as there may be a million of them."""

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
    tries: str = ""
    """How often it has failed, one time after the other."""
    made: str = ""
    """Of the results: stands for their names, sizes and times of change."""
    table_sha256: str = ""
    """Of the table's bytes."""

    @property
    def key(self) -> str:
        """By which there is one row each: the table, or the input where there can be none."""
        return self.output or f"input {self.input}"

    @property
    def frame_count(self) -> int:
        """Frames in its table; 0 where that is not known."""
        return _whole(self.frames)

    @property
    def times_failed(self) -> int:
        """How often its input has failed, one time after the other."""
        return _whole(self.tries)

    @property
    def work_s(self) -> float:
        """Seconds that it took; 0 where the cell is no number, since people open the list in spreadsheets."""
        try:
            seconds = float(self.seconds.replace(",", "."))
        except ValueError:
            return 0.0
        return seconds if math.isfinite(seconds) else 0.0


def _whole(cell: str) -> int:
    return int(cell) if cell.isascii() and cell.isdigit() else 0


COLUMNS = Row._fields
_STATES = frozenset(get_args(Status))


def as_row(cells: Sequence[str]) -> Row | None:
    """The row of cells in the order of :data:`COLUMNS`; None where they make none."""
    if len(cells) != len(COLUMNS) or not cells[0] or cells[3] not in _STATES:
        return None
    return Row._make(cells)


def named_row(cells: Mapping[str, str]) -> Row | None:
    """The same of cells by their names, some of which may be missing."""
    return as_row([cells.get(name, "") for name in COLUMNS])


def settled(row: Row, status: Status, *, seconds: float, reason: str = "") -> Row:
    """The row of an input that has been done."""
    return row._replace(status=status, reason=reason, seconds=f"{seconds:.2f}")
