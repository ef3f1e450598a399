"""Rows of a CSV file by another tool: gzip, byte order marks and delimiters seen through, broken rows refused."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from dfe.base.errors import TableError

LONGEST_LINE = 4 * 2**20
"""Characters; a longer line is no row of a table."""

GZIP = b"\x1f\x8b"
_DELIMITERS = (",", ";", "\t")
MISSING = ("", "nan", "-nan", "na", "n/a", "null", "none", "nan(ind)", "-nan(ind)", "1.#ind", "-1.#ind", "1.#qnan")
"""How a cell says that there is no number, in lower case; the later ones are those of C's printf on Windows."""


class Cells:
    """The header and, iterated over once or more, the rows of a CSV file with the number of their line.

    Args:
        path: of the file.
        short_rows: let rows through that have fewer cells than the header, as tools write where they found nothing.

    Raises:
        TableError: it cannot be read, is no text, or its first line is no header.
    """

    def __init__(self, path: Path, *, short_rows: bool = False) -> None:
        self.path, self.short_rows = path, short_rows
        lines = self._lines()
        first = next(lines, None)
        if first is None or not first.strip():
            raise TableError("is empty" if first is None else "begins with an empty line", where=path)
        self.delimiter = max(_DELIMITERS, key=first.count)
        try:
            names = next(csv.reader([first], delimiter=self.delimiter))
        except csv.Error as error:
            raise TableError(f"is no CSV: {error}", where=path) from error
        self.header: tuple[str, ...] = tuple(name.strip() for name in names)
        second = next(lines, "")
        self.decimal_comma = self.delimiter != "," and "," in second and "." not in second
        doubled = {name for name in self.header if name and self.header.count(name) > 1}
        if doubled:
            raise TableError(f"column {min(doubled)} is there twice", where=path)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        lines = self._lines()
        next(lines)
        reader = csv.reader(lines, delimiter=self.delimiter)
        try:
            for row in reader:
                line = reader.line_num + 1
                if len(row) < 2 and not any(cell.strip() for cell in row):
                    continue
                if len(row) > len(self.header) or (len(row) < len(self.header) and not self.short_rows):
                    what = f"has {len(row)} cells, the header {len(self.header)}"
                    raise TableError(what, where=f"{self.path}, row {line}", advice="write the table again")
                yield line, row
        except csv.Error as error:
            raise TableError(f"is no CSV: {error}", where=f"{self.path}, row {reader.line_num + 1}") from error

    def _lines(self) -> Iterator[str]:
        try:
            with self.path.open("rb") as raw:
                zipped = raw.read(2) == GZIP
                raw.seek(0)
                handle = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if zipped else raw)
                count = 0
                while line := handle.readline(LONGEST_LINE):
                    count += 1
                    where = f"{self.path}, row {count}"
                    if len(line) == LONGEST_LINE:
                        raise TableError("a line is too long for a table", where=where)
                    if b"\0" in line:
                        raise TableError("is no text", where=where, advice="give a CSV in UTF-8")
                    yield line.decode("utf-8-sig" if count == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise TableError("is no text in UTF-8", where=self.path) from error
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or "damaged"
            raise TableError(f"cannot be read: {reason}", where=self.path) from error


def number(cell: str, where: str) -> float:
    """The number in a cell, with a decimal point or comma; NaN where it is empty or says so.

    Raises:
        TableError: it holds something else, infinity included.
    """
    text = cell.strip().replace(",", ".")
    if text.lower() in MISSING:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if math.isinf(value) or "_" in text:
        raise TableError(f"{text[:40]!r} is no number", where=where)
    return value
