"""Rows of a CSV file as tools, spreadsheets and people write it: one reader for all verbs.

Seen through: gzip, UTF-8 and UTF-16 and Windows-1252, byte order marks, a ``sep=`` line, comma, semicolon or tab, empty
lines, rows that a spreadsheet has lengthened with empty cells, names that R has changed (``X.timestamp``) or that a Mac
has taken apart (NFD), row numbers that R puts before a row. Broken rows are refused, by the line that an editor shows.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

from dfe.base.budget import TABLE_BYTES
from dfe.base.csv_text import plain_cell
from dfe.base.errors import DfeError, TableError
from dfe.base.numbers import Decimal, decimal_mark
from dfe.base.text_stream import WESTERN, Utf8Stream, lines_of

DELIMITERS = (",", ";", "\t")

_SHOWN = 8
"""Names of columns in an error."""
_MOST_EMPTY = 2**20
"""Empty lines on end, as many as a spreadsheet has; more are no table."""
_SEP = re.compile(r'"?sep=(\\t|.)"?[,;\t ]*', re.IGNORECASE)
_HEAD_LINES, _HEAD_SIGNS = 200, 2**18
_R_PREFIX, _R_FEWEST = "X.", 3


class Cells:
    """The header and, iterated over once or more, the rows of a CSV file with the number of their line.

    Args:
        path: of the file.
        short_rows: let rows through that have fewer cells than the header, as tools write where they found nothing.
        most: bytes of text at most.
        unit: what errors call a line.

    Attributes:
        header: names of the columns, without what spreadsheets and R have done to them; empty for a column without.
        delimiter: between cells.
        decimal: the decimal mark, by the first rows.
        header_line: number of the header's last line.
        notes: what had to be guessed or mended.

    Raises:
        TableError: it cannot be read, is no text, or has no header.
    """

    def __init__(
        self, path: Path, *, short_rows: bool = False, most: int = TABLE_BYTES, unit: Literal["row", "line"] = "row"
    ) -> None:
        self.path, self.short_rows, self._most, self._unit = path, short_rows, most, unit
        stream = Utf8Stream(path, most)
        try:
            lines, first = self._begin(stream)
            self.delimiter = first or max(DELIMITERS, key=lambda sign: _outside_quotes(lines[0], sign))
            try:
                strict = csv.reader(lines, delimiter=self.delimiter, strict=True)
                names = next(strict)
                rows = list(islice(csv.reader(lines[strict.line_num :], delimiter=self.delimiter), _HEAD_LINES))
            except csv.Error as error:
                raise TableError(f"is no CSV: {error}", where=path) from error
        finally:
            stream.close()
        self.header_line = self._skipped + strict.line_num
        notes = [WESTERN] if stream.western else []
        header, changed = _plain_names(names)
        notes += changed
        self._row_names = _has_row_names(header, rows, lines)
        if self._row_names:
            header = ["", *header]
            notes.append("R's row names, which have no column, were left out")
        while header and not header[-1] and not any(cell.strip() for row in rows for cell in row[len(header) - 1 :]):
            header.pop()
        self.header: tuple[str, ...] = tuple(header)
        self.decimal: Decimal = decimal_mark((cell for row in rows for cell in row), self.delimiter)
        self.notes = tuple(notes)
        doubled = [name for name, times in Counter(self.header).items() if name and times > 1]
        if doubled:
            raise TableError(f"column {min(doubled)} is there twice", where=path)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        stream = Utf8Stream(self.path, self._most)
        lines = self._counted(lines_of(stream))
        for _ in islice(lines, self.header_line):
            pass
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        width = len(self.header)
        try:
            for row in reader:
                line = reader.line_num + self.header_line
                if len(row) > width:
                    row = _cut(row, width)
                if len(row) < 2 and not any(cell.strip() for cell in row):
                    continue
                if len(row) > width or (len(row) < width and not self.short_rows):
                    if not any(cell.strip() for cell in row):
                        continue
                    what = f"has {len(row)} cells, the header has {width}"
                    raise TableError(what, where=f"{self.path}, {self._unit} {line}", advice="write the table again")
                yield line, row
        except csv.Error as error:
            where = f"{self.path}, {self._unit} {reader.line_num + self.header_line}"
            raise TableError(f"is no CSV: {error}", where=where) from error
        finally:
            stream.close()

    def need(self, *names: str) -> None:
        """Make sure that there are columns of these names.

        Raises:
            TableError: one is missing; the error lists those that there are.
        """
        missing = next((name for name in names if name not in self.header), None)
        if missing is not None:
            raise TableError(f"has no column {missing}", where=self.path, advice=f"it has {shown_names(self.header)}")

    def _begin(self, stream: Utf8Stream) -> tuple[list[str], str | None]:
        """The first lines from the header on, and the delimiter where a ``sep=`` line says it."""
        text = self._counted(lines_of(stream))
        lines: list[str] = []
        self._skipped, delimiter, size = 0, None, 0
        for line in text:
            if not lines and not line.strip(" \t\r\n\ufeff\u00a0,;"):
                self._skipped += 1
            elif not lines and delimiter is None and (said := _SEP.fullmatch(line.rstrip("\r\n"))):
                delimiter = _divider(said[1], self.path)
                self._skipped += 1
            else:
                lines.append(line)
                size += len(line)
            if len(lines) > _HEAD_LINES or size > _HEAD_SIGNS:
                break
        if not lines:
            raise TableError("holds no line that is not empty" if self._skipped else "is empty", where=self.path)
        return lines, delimiter

    def _counted(self, lines: Iterator[str]) -> Iterator[str]:
        empty = 0
        for line in lines:
            empty = empty + 1 if line.isspace() else 0
            if empty > _MOST_EMPTY:
                raise TableError(f"has more than {_MOST_EMPTY} empty lines on end", where=self.path)
            yield line


def header_of(path: Path) -> tuple[str, ...]:
    """Names of a table's columns; none if it cannot be read as a table. For recognisers, which never raise."""
    try:
        return Cells(path, short_rows=True).header
    except DfeError:
        return ()


def shown_names(names: Sequence[str]) -> str:
    """The first names of columns, for errors."""
    named = [name for name in names if name]
    return ", ".join(named[:_SHOWN]) + (", ..." if len(named) > _SHOWN else "") if named else "no columns with names"


def plain_word(cell: str) -> str:
    """A cell without blanks around, composed as most systems write it, and without a mark against formulas."""
    word = cell.strip("\ufeff\u00a0 \t\r\n")
    if word[:1] == "'":
        word = plain_cell(word)
    return word if word.isascii() else unicodedata.normalize("NFC", word)


def _divider(said: str, path: Path) -> str:
    """What a ``sep=`` line says divides cells: a sign that no number, word or quoted cell holds."""
    sign = "\t" if said == r"\t" else said
    if sign == "\t" or (sign.isascii() and sign.isprintable() and not sign.isalnum() and sign not in "\"'.-+"):
        return sign
    advice = "write sep=, or sep=; or sep=\\t"
    raise TableError(f"has a sep= line that names {sign!r}, which can't divide cells", where=path, advice=advice)


def _plain_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    plain = [plain_word(name) for name in names]
    mangled = [name.startswith(_R_PREFIX) and len(name) > len(_R_PREFIX) for name in plain]
    if sum(mangled) >= _R_FEWEST and 2 * sum(mangled) > len(plain):
        short = [name.removeprefix(_R_PREFIX) if odd else name for name, odd in zip(plain, mangled, strict=True)]
        named = [name for name in short if name]
        if len(set(named)) == len(named):
            return short, ["R had put X. before the names of columns: taken off"]
    return plain, []


def _has_row_names(header: Sequence[str], rows: Sequence[Sequence[str]], lines: Sequence[str]) -> bool:
    """Whether each row begins with a name that R's ``write.table`` gave it, and the header has none for it."""
    longer = [row for row in rows if len(row) > 1]
    if not longer or any(len(row) != len(header) + 1 for row in longer):
        return False
    quoted = lines[0].startswith('"') and all(line.startswith('"') for line in lines[1:] if line.strip())
    return quoted and longer[0][0].strip() == "1" and len({row[0] for row in longer}) == len(longer)


def _cut(row: list[str], width: int) -> list[str]:
    """A row without the empty cells behind its last column."""
    return row if any(cell.strip() for cell in row[width:]) else row[:width]


def _outside_quotes(line: str, sign: str) -> int:
    return sum(part.count(sign) for part in line.split('"')[::2])
