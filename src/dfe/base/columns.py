"""Columns of a CSV file by another tool, read fast; where anything is odd, read again cell by cell and with care."""

from __future__ import annotations

import codecs
import csv as plain_csv
import gzip
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from dfe.base.cells import GZIP, LONGEST_LINE, MISSING, Cells, number
from dfe.base.errors import TableError
from dfe.base.types import DoubleArray, FloatArray, IntArray

_BLOCK = 2 * LONGEST_LINE
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
    """

    path: Path
    header: tuple[str, ...]
    numbers: FloatArray
    exact: dict[str, DoubleArray]
    words: dict[str, list[str]]
    short: IntArray

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, row: int) -> str:
        """File and line of a row (from 0), as a text editor counts lines; reads the file up to there."""
        cells = Cells(self.path, short_rows=True)
        line = next((line for line, _ in islice(cells, int(row), None)), None)
        return f"{self.path}, row {line}"


def read_columns(
    path: Path,
    *,
    numbers: Sequence[str],
    exact: Sequence[str] = (),
    words: Sequence[str] = (),
    short_rows: bool = False,
) -> Columns:
    """Named columns of a CSV file: plain or gzip; comma, semicolon or tab; decimal points or commas; a byte order mark.

    The names must be in the header (:class:`~dfe.base.cells.Cells` tells it).

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
    if not len(found):
        raise TableError("has no rows", where=path)
    return found


class _Ascii:
    """A stream that refuses all but ASCII: Arrow complains aloud about a short row that is no UTF-8."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.closed = stream, False

    def read(self, size: int = -1) -> bytes:
        block = self.stream.read(size)
        if not block.removeprefix(codecs.BOM_UTF8).isascii():
            raise ValueError("not ASCII")
        return block

    def close(self) -> None:
        """The stream is closed by its owner."""


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
        table.append([math.nan if row in short[-1:] else number(texts[i], where) for i in at_numbers])
        exact.append([number(texts[i], where) for i in at_exact])
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

    def odd(row: Any) -> str:
        if row.actual_columns > row.expected_columns:
            return "error"
        # Arrow counts from 1, the header included and empty lines left out.
        short[row.number - 2] = next(plain_csv.reader([row.text], delimiter=cells.delimiter))
        return "skip"

    parts: list[FloatArray] = []
    exact: dict[str, list[DoubleArray]] = {name: [] for name in wanted.exact}
    words: dict[str, list[str]] = {name: [] for name in wanted.words}
    try:
        with cells.path.open("rb") as raw:
            zipped = raw.read(2) == GZIP
            raw.seek(0)
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if zipped else raw)
            reader = csv.open_csv(
                _Ascii(stream) if cells.short_rows else stream,
                read_options=csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names, skip_rows=1),
                parse_options=csv.ParseOptions(
                    delimiter=cells.delimiter, invalid_row_handler=odd if cells.short_rows else None
                ),
                convert_options=csv.ConvertOptions(
                    column_types=kinds,
                    include_columns=list(kinds),
                    null_values=_NO_NUMBER,
                    strings_can_be_null=False,
                    decimal_point="," if cells.decimal_comma else ".",
                ),
            )
            for batch in reader:
                part = np.empty((batch.num_rows, len(wanted.numbers)), np.float32)
                for index, name in enumerate(wanted.numbers):
                    part[:, index] = batch.column(name).to_numpy(zero_copy_only=False)
                parts.append(part)
                for name in exact:
                    exact[name].append(np.asarray(batch.column(name).to_numpy(zero_copy_only=False), np.float64))
                for name in words:
                    words[name] += [word.strip() for word in batch.column(name).to_pylist()]
    except (pa.ArrowException, OSError, EOFError, ValueError, UnicodeDecodeError):
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
    return _with_short_rows(found, short) if short else found


def _with_short_rows(found: Columns, short: dict[int, list[str]]) -> Columns:
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
        exact[name][rows] = [number(cell(int(row), name), str(found.path)) for row in rows]
    words = {}
    for name, texts in found.words.items():
        rest = iter(texts)
        words[name] = [cell(row, name) if row in short else next(rest) for row in range(count)]
    return Columns(found.path, found.header, numbers, exact, words, rows)
