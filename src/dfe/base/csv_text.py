"""Tables as CSV that spreadsheets open without running anything in them, and that are read back unchanged.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return is a formula to a spreadsheet. Unless it
is a number, an apostrophe is written before it (OWASP, *CSV Injection*); readers of this package take it off again. A
cell that has such an apostrophe of its own gets one more, so that nothing is lost on the way.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence

RISKY = "^'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]"
"""Beginnings of cells that get an apostrophe, as a regular expression (of Python and of RE2)."""

_RISKY = re.compile(RISKY)
_MARKED = re.compile(RISKY.replace("'*", "'+"))
_NUMBER = re.compile(r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|inf|nan)")


def safe_cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula; numbers and all else that is no text stay as they are."""
    if isinstance(value, str) and _RISKY.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def plain_cell(text: str) -> str:
    """What :func:`safe_cell` was given."""
    return text[1:] if text[:1] == "'" and _MARKED.match(text) else text


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]], *, delimiter: str = ",", end: str = "\n") -> str:
    """A table as CSV (RFC 4180), its cells safe in spreadsheets.

    Args:
        head: names of columns.
        rows: cells, as ``str`` makes text of them.
        delimiter: between cells.
        end: of lines.
    """
    out = _Rows(end)
    # The writer quotes a cell for the signs of its line's end; those of both ends have to be in quotes.
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([safe_cell(name) for name in head])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return "".join(out.rows)


class _Rows:
    """Takes a row at a time."""

    def __init__(self, end: str) -> None:
        self.rows: list[str] = []
        self._end = end

    def write(self, row: str, /) -> int:
        self.rows.append(row.removesuffix("\r\n") + self._end)
        return len(row)
