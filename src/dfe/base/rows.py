"""Rows of numbers that need not fit in memory: gathered block by block, kept in a file beyond a limit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Protocol

import numpy as np

from dfe.base.errors import OutputError
from dfe.base.files import make_folders
from dfe.base.types import DoubleArray, FloatArray, IntArray

BLOCK_ROWS = 65_536
"""Rows that are looked at at a time."""
HELD_BYTES = 256 << 20
"""Rows of more bytes than these are kept in a file."""


class Store(Protocol):
    """Where rows ``(n, width)`` float32 are; they are numbered as they came."""

    in_memory: bool

    def rows(self, numbers: IntArray) -> FloatArray:
        """The rows of these numbers ``(m,)``, in their order."""
        ...


class Rows:
    """Some rows of a store, in an order of their own; what an array would be that need not fit in memory.

    Args:
        store: holds the rows.
        numbers: ``(n,)`` int64, which of its rows these are.
        width: numbers in a row.
    """

    def __init__(self, store: Store, numbers: IntArray, width: int) -> None:
        self._store, self._numbers = store, numbers
        self.shape = (len(numbers), width)

    @classmethod
    def of(cls, rows: FloatArray) -> Rows:
        """Rows of an array ``(n, D)``, which is kept as float32."""
        held = np.ascontiguousarray(rows, np.float32)
        return cls(_InMemory(held), np.arange(len(held)), held.shape[1])

    def __len__(self) -> int:
        """Number of rows."""
        return self.shape[0]

    @property
    def in_memory(self) -> bool:
        """Whether nothing has to be read from a file."""
        return self._store.in_memory

    def take(self, indices: IntArray) -> FloatArray:
        """The rows ``(m, D)`` at these places ``(m,)``, which may repeat."""
        return self._store.rows(self._numbers[indices])

    def whole(self) -> FloatArray:
        """All rows as one array ``(n, D)``."""
        return self._store.rows(self._numbers)

    def blocks(self) -> Iterator[FloatArray]:
        """All rows in order, :data:`BLOCK_ROWS` at a time."""
        for first in range(0, len(self), BLOCK_ROWS):
            yield self._store.rows(self._numbers[first : first + BLOCK_ROWS])


def column_sums(blocks: Iterable[DoubleArray]) -> DoubleArray:
    """Sums ``(D,)`` over the rows of blocks ``(n, D)``, row after row, as if they were one array."""
    total: DoubleArray | None = None
    for block in blocks:
        total = (block if total is None else np.concatenate([total[None], block])).sum(axis=0)
    if total is None:
        raise ValueError("no rows to sum up")
    return total


class RowKeeper:
    """Gathers rows; once they are many it goes on in a file that nobody else sees and no crash leaves behind.

    Args:
        width: numbers in a row.
        folder: for the file; made when it is needed. None keeps everything in memory.
        limit: bytes that are kept in memory.
    """

    def __init__(self, width: int, folder: Path | None, limit: int = HELD_BYTES) -> None:
        self._width, self._folder, self._limit = width, folder, limit
        self._held: list[FloatArray] = []
        self._file: FileIO | None = None
        self._count = 0

    def add(self, rows: FloatArray) -> None:
        """Keep rows ``(n, width)``, too.

        Raises:
            OutputError: the folder has no room for them, or cannot be written.
        """
        rows = np.ascontiguousarray(rows, np.float32)
        self._count += len(rows)
        if self._file is None:
            self._held.append(rows)
            if self._folder is not None and self._count * self._width * 4 > self._limit:
                self._file = self._write(self._opened(self._folder), *self._held)
                self._held = []
        else:
            self._write(self._file, rows)

    def store(self) -> Store:
        """Everything that was kept; nothing is added afterwards."""
        if self._file is not None:
            return _InFile(self._file, self._width)
        nothing = np.zeros((0, self._width), np.float32)
        held = np.concatenate([nothing, *self._held])
        self._held = []
        return _InMemory(held)

    def _opened(self, folder: Path) -> FileIO:
        try:
            make_folders(folder)
            return tempfile.TemporaryFile(dir=folder, buffering=0)
        except OSError as error:
            raise self._refused(error) from None

    def _write(self, file: FileIO, *parts: FloatArray) -> FileIO:
        try:
            for part in parts:
                view = _bytes_of(part)
                while view:
                    view = view[file.write(view) :]
        except OSError as error:
            raise self._refused(error) from None
        return file

    def _refused(self, error: OSError) -> OutputError:
        what = f"has no room for rows that do not fit in memory ({error.strerror})"
        return OutputError(what, where=self._folder, advice=f"a million rows need {self._width * 4} MB here meanwhile")


class _InMemory:
    in_memory = True

    def __init__(self, rows: FloatArray) -> None:
        self._rows = rows

    def rows(self, numbers: IntArray) -> FloatArray:
        return self._rows[numbers]


class _InFile:
    """Read, not mapped: what a process maps counts as its memory."""

    in_memory = False

    def __init__(self, file: FileIO, width: int) -> None:
        self._file, self._width = file, width

    def rows(self, numbers: IntArray) -> FloatArray:
        order = np.argsort(numbers, kind="stable")
        wanted = numbers[order]
        out = np.empty((len(numbers), self._width), np.float32)
        breaks = np.flatnonzero(np.diff(wanted) != 1) + 1
        for run in np.split(np.arange(len(wanted)), breaks) if len(wanted) else ():
            out[order[run]] = self._read(int(wanted[run[0]]), len(run))
        return out

    def _read(self, first: int, count: int) -> FloatArray:
        rows = np.empty((count, self._width), np.float32)
        self._file.seek(first * self._width * 4)
        view = _bytes_of(rows)
        while view:
            got = self._file.readinto(view)
            if not got:
                raise OSError("the file of rows is shorter than it was")
            view = view[got:]
        return rows


def _bytes_of(rows: FloatArray) -> memoryview:
    return rows.reshape(-1).view(np.uint8).data
