"""Columns of a CSV file by another tool, read fast; where anything is odd, read again cell by cell and with care."""

from __future__ import annotations

import csv as plain_csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from dfe.base.cells import Cells
from dfe.base.errors import TableError
from dfe.base.numbers import MISSING, Decimal, number
from dfe.base.text_stream import LONGEST_LINE, Utf8Stream
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray

_BLOCK = 2 * LONGEST_LINE
_END = re.compile(rb"\r\n|\r|\n")
_NO_NUMBER = ["", " ", "  ", *(form for word in MISSING if word for form in (word, word.upper(), f" {word}"))]
_NO_NUMBER += ["NaN", " NaN", "None", "Null"]


@dataclass(frozen=True, eq=False)
class Columns:
    """Some columns of a table, in the order of its rows.

    Args:
        path: of the file.
        header: names of all its columns, without blanks around them.
        numbers: ``(n, k)`` float32, as asked for; NaN where there is no number.
        exact: columns that were asked for in float64, ``(n,)`` each.
        words: columns that were asked for as text; an empty cell is an empty string.
        short: rows that have fewer cells than the header, where that is allowed; ``numbers`` are NaN there.
        notes: what had to be guessed or mended on reading.
        place: ``(n,)`` of each row among those of the file, where rows were left out; None where none was.
    """

    path: Path
    header: tuple[str, ...]
    numbers: FloatArray
    exact: dict[str, DoubleArray]
    words: dict[str, list[str]]
    short: IntArray
    notes: tuple[str, ...] = ()
    place: IntArray | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, row: int) -> str:
        """File and line of a row (from 0), as a text editor counts lines; reads the file up to there."""
        cells = Cells(self.path, short_rows=True)
        place = int(row if self.place is None else self.place[row])
        line = next((line for line, _ in islice(cells, place, None)), None)
        return f"{self.path}, row {line}"


def read_columns(
    path: Path,
    *,
    numbers: Sequence[str],
    exact: Sequence[str] = (),
    words: Sequence[str] = (),
    short_rows: bool = False,
) -> Columns:
    """Named columns of a CSV file, as :class:`~dfe.base.cells.Cells` reads it; the names must be in its header.

    Rows that are empty in all that is asked for are left out where something says which row is which (``exact`` or
    ``words``), else at the end only: there may have been a frame without a face.

    Args:
        path: of the file.
        numbers: columns to be stacked as float32.
        exact: columns of numbers that float32 could not hold: times, numbers of frames.
        words: columns of text.
        short_rows: let rows pass that have fewer cells than the header.

    Raises:
        TableError: it cannot be read, has no rows, or a row is broken or a cell no number; the error names the row.
    """
    cells = Cells(path, short_rows=short_rows)
    wanted = _Wanted(tuple(numbers), tuple(exact), tuple(words))
    found = _fast(cells, wanted) or _careful(cells, wanted)
    found = _without_blank_rows(replace(found, notes=(*cells.notes, *found.notes)))
    if not len(found):
        raise TableError("has no rows", where=path)
    return found


def _without_blank_rows(found: Columns) -> Columns:
    blank: BoolArray = np.all(np.isnan(found.numbers), axis=1)
    for column in found.exact.values():
        blank &= np.isnan(column)
    for texts in found.words.values():
        blank &= np.array([not text for text in texts], np.bool_)
    if not (found.exact or found.words):
        blank &= np.cumsum(~blank[::-1])[::-1] == 0
    if not blank.any():
        return found
    kept = np.flatnonzero(~blank)
    new = np.cumsum(~blank) - 1
    return Columns(
        path=found.path,
        header=found.header,
        numbers=found.numbers[kept],
        exact={name: column[kept] for name, column in found.exact.items()},
        words={name: [texts[row] for row in kept] for name, texts in found.words.items()},
        short=new[[row for row in found.short if not blank[row]]].astype(np.int64),
        notes=(*found.notes, f"{int(blank.sum())} empty rows were left out"),
        place=kept,
    )


@dataclass(frozen=True)
class _Wanted:
    numbers: tuple[str, ...]
    exact: tuple[str, ...]
    words: tuple[str, ...]


def _careful(cells: Cells, wanted: _Wanted) -> Columns:
    place = {name: index for index, name in enumerate(cells.header)}
    at_numbers, at_exact = [place[name] for name in wanted.numbers], [place[name] for name in wanted.exact]
    at_words = [place[name] for name in wanted.words]
    table, exact, words, short = [], [], [], []
    for row, (line, texts) in enumerate(cells):
        if len(texts) < len(cells.header):
            short.append(row)
            texts = texts + [""] * (len(cells.header) - len(texts))
        where = f"{cells.path}, row {line}"
        table.append([math.nan if row in short[-1:] else number(texts[i], where, cells.decimal) for i in at_numbers])
        exact.append([number(texts[i], where, cells.decimal) for i in at_exact])
        words.append([texts[i].strip() for i in at_words])
    with np.errstate(over="ignore"):
        values = np.array(table, np.float32).reshape(len(table), len(at_numbers))
    too_large = np.flatnonzero(np.isinf(values).any(axis=1))
    found = Columns(
        path=cells.path,
        header=cells.header,
        numbers=values,
        exact={name: np.array([row[i] for row in exact], np.float64) for i, name in enumerate(wanted.exact)},
        words={name: [row[i] for row in words] for i, name in enumerate(wanted.words)},
        short=np.array(short, np.int64),
    )
    if too_large.size:
        raise TableError("a number is too large", where=found.where(int(too_large[0])))
    return found


def _fast(cells: Cells, wanted: _Wanted) -> Columns | None:
    """The same by Arrow; None where it stumbles over anything, so that the careful reader decides and explains."""
    import pyarrow as pa
    from pyarrow import csv

    kinds = dict.fromkeys(wanted.numbers, pa.float32()) | dict.fromkeys(wanted.exact, pa.float64())
    kinds |= dict.fromkeys(wanted.words, pa.string())
    # Arrow wants names that differ; columns without one are never asked for.
    names = [name or f"\0{index}" for index, name in enumerate(cells.header)]
    short: dict[int, list[str]] = {}
    done = 0

    def odd(row: Any) -> str:
        if row.actual_columns > row.expected_columns or not row.text.strip():
            return "error"
        # Arrow counts from 1, empty lines left out.
        short[done + row.number - 1] = next(plain_csv.reader([row.text], delimiter=cells.delimiter))
        return "skip"

    parts: list[FloatArray] = []
    exact: dict[str, list[DoubleArray]] = {name: [] for name in wanted.exact}
    words: dict[str, list[str]] = {name: [] for name in wanted.words}
    options = {
        "read_options": csv.ReadOptions(use_threads=False, block_size=2 * _BLOCK, column_names=names),
        "parse_options": csv.ParseOptions(
            delimiter=cells.delimiter, invalid_row_handler=odd if cells.short_rows else None
        ),
        "convert_options": csv.ConvertOptions(
            column_types=kinds,
            include_columns=list(kinds),
            null_values=_NO_NUMBER,
            strings_can_be_null=False,
            decimal_point="," if cells.decimal == "comma" else ".",
        ),
    }
    try:
        for block in _blocks(cells):
            before = len(short)
            batch = csv.read_csv(pa.BufferReader(block), **options)
            part = np.empty((batch.num_rows, len(wanted.numbers)), np.float32)
            for index, name in enumerate(wanted.numbers):
                part[:, index] = batch.column(name).to_numpy()
            parts.append(part)
            for name in exact:
                exact[name].append(np.asarray(batch.column(name).to_numpy(), np.float64))
            for name in words:
                words[name] += [word.strip() for word in batch.column(name).to_pylist()]
            done += batch.num_rows + len(short) - before
    except (pa.ArrowException, _Odd):
        return None
    if not parts:
        return None
    found = Columns(
        path=cells.path,
        header=cells.header,
        numbers=np.concatenate(parts),
        exact={name: np.concatenate(column) for name, column in exact.items()},
        words=words,
        short=np.array([], np.int64),
    )
    if np.isinf(found.numbers).any() or any(np.isinf(column).any() for column in found.exact.values()):
        return None
    return _with_short_rows(found, short, cells.decimal) if short else found


class _Odd(Exception):
    """Something that only the careful reader understands."""


def _blocks(cells: Cells) -> Iterator[bytes]:
    """Whole rows below the header, some megabytes at a time.

    Arrow reads them from memory: given a stream of Python's it reads on in a thread, and takes the process down with it
    when the stream or the process ends in the middle.
    """
    rest = b""
    skip = cells.header_line
    with Utf8Stream(cells.path) as stream:
        while block := stream.read(_BLOCK):
            block = rest + block
            while skip and (end := _END.search(block)) is not None and end.end() < len(block):
                block, skip = block[end.end() :], skip - 1
            cut = max(block.rfind(b"\n"), block.rfind(b"\r", 0, -1)) + 1 if not skip else 0
            whole, rest = block[:cut], block[cut:]
            if len(rest) > LONGEST_LINE or whole.count(b'"') % 2:
                raise _Odd
            if whole.strip(b"\r\n"):
                yield whole
    if not skip and rest.strip(b"\r\n"):
        if rest.count(b'"') % 2:
            raise _Odd
        yield rest


def _with_short_rows(found: Columns, short: dict[int, list[str]], decimal: Decimal) -> Columns:
    """The rows that Arrow left out put back in their places; ``short`` maps places to cells."""
    rows = np.array(sorted(short), np.int64)
    count = len(found) + len(rows)
    others = np.setdiff1d(np.arange(count), rows)
    place = {name: index for index, name in enumerate(found.header)}

    def cell(row: int, name: str) -> str:
        texts = short[row]
        return texts[place[name]].strip() if place[name] < len(texts) else ""

    numbers = np.full((count, found.numbers.shape[1]), np.nan, np.float32)
    numbers[others] = found.numbers
    exact = {}
    for name, column in found.exact.items():
        exact[name] = np.full(count, np.nan)
        exact[name][others] = column
        exact[name][rows] = [number(cell(int(row), name), str(found.path), decimal) for row in rows]
    words = {}
    for name, texts in found.words.items():
        rest = iter(texts)
        words[name] = [cell(row, name) if row in short else next(rest) for row in range(count)]
    return Columns(found.path, found.header, numbers, exact, words, rows)
