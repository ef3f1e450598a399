"""Errors that a user can act on: one line that names the file, says what is wrong and what to do."""

from __future__ import annotations

from os import PathLike, fspath

from dfe.base.printable import printable


class DfeError(Exception):
    """Base of every error raised on purpose.

    ``str(error)`` is one line, ``<where>: <what is wrong>; <what to do>``, fit for a terminal: control characters of
    file names are written out.

    Args:
        what: what is wrong, in plain words.
        where: the file (or option) it is about; may carry a row or frame, as in ``clip.mp4, frame 12``.
        advice: what the user can do about it.
    """

    def __init__(self, what: str, *, where: str | PathLike[str] | None = None, advice: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else fspath(where)
        self.advice = advice
        head = f"{self.where}: " if self.where else ""
        tail = f"; {advice}" if advice else ""
        super().__init__(printable(f"{head}{what}{tail}"))


class MediaError(DfeError):
    """A video or picture that cannot be read."""


class TableError(DfeError):
    """A recording or another tool's table that cannot be read or does not fit."""


class ModelError(DfeError):
    """A tokenizer or network file that is missing, damaged, foreign, or made for another space."""


class OutputError(DfeError):
    """A result that cannot be written: it exists already, the disk is full, there is no permission."""


class DiskFull(OutputError):
    """A result for which there is no room left."""


class OutOfMemory(DfeError):
    """Work for which there is too little memory, even where nothing else is done at the same time."""


class UsageError(DfeError):
    """Options that contradict each other or inputs that name nothing."""


class DeviceError(UsageError):
    """A device for networks that cannot be used on this machine: no input is at fault, and none can be done."""
