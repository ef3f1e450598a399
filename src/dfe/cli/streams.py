"""Standard streams that may be closed, full, or read by somebody who has gone."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast


class OutputGone(Exception):
    """Standard output takes no more: its reader has gone, or its disk is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.errno, self.strerror = error.errno, error.strerror


@contextmanager
def safe_streams() -> Iterator[None]:
    """While it lasts, a standard stream that is closed is the null device, and one that cannot be written says so once.

    Standard output then raises :class:`OutputGone`, so that a broken pipe elsewhere (of a worker, say) is not taken for
    it. Standard error is only told to: long work goes on when nobody can read how far it is.
    """
    _open_closed()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _Safe(before[0], fatal=True)), cast(TextIO, _Safe(before[1], fatal=False))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _open_closed() -> None:
    """Give the numbers 0, 1 and 2 to the null device where they are free: a result's file must not get one of them, or
    what a library prints lands in it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


class _Safe:
    """A text stream in front of another: what cannot be encoded is escaped, and no ``OSError`` comes out of it."""

    def __init__(self, stream: TextIO, *, fatal: bool) -> None:
        self._stream, self._fatal = stream, fatal

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            try:
                return self._stream.write(text)
            except UnicodeEncodeError:
                return self._stream.write(_encodable(text, self._stream.encoding or "ascii"))
        except OSError as error:
            self._gone(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._gone(error)

    def _gone(self, error: OSError) -> None:
        # What is still in the buffer, and what Python flushes at its end, must go somewhere that takes it.
        with suppress(OSError, io.UnsupportedOperation):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        if self._fatal:
            raise OutputGone(error) from error


def _encodable(text: str, encoding: str) -> str:
    return text.encode(encoding, "backslashreplace").decode(encoding)
