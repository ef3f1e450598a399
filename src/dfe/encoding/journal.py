"""The manifest's journal: a line for each row as it comes, so that a run that is killed has lost none.

Lines are appended, each a JSON list of cells. The last one may be torn, where a machine died; it is passed over.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dfe.base.files import written_here
from dfe.encoding.row import Row, as_row


def append_rows(path: Path, rows: Iterable[Row]) -> None:
    """Add rows at the end of a journal, which is made if it is not there.

    Raises:
        OutputError: it cannot be written.
    """
    text = "".join(f"{json.dumps(row, ensure_ascii=True)}\n" for row in rows)
    with written_here(path), path.open("ab") as file:
        # One that ends in a torn line is mended first, or the next row would be lost with it.
        file.write(b"\n" * _is_torn(path) + text.encode("ascii"))


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a journal in their order; none where there is no such file."""
    try:
        with path.open("rb") as file:
            for line in file:
                with suppress(ValueError, TypeError, RecursionError):
                    row = as_row(json.loads(line))
                    if row is not None:
                        yield row
    except OSError:
        return


def forget(path: Path) -> None:
    """Remove a journal whose rows have gone into the list.

    Raises:
        OutputError: it cannot be removed.
    """
    with written_here(path):
        path.unlink(missing_ok=True)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold other processes off that write to the same file, where the system and the disk can.

    The file itself is held, open for writing and made if it is not there: network disks hold nothing else. Who held it
    may have removed it.

    Raises:
        OutputError: it cannot be written.
    """
    if sys.platform == "win32":
        yield
        return
    with written_here(path):
        handle = _held(path)
    try:
        yield
    finally:
        os.close(handle)


def _held(path: Path) -> int:
    import fcntl

    while True:
        handle = _opened(path)
        with suppress(OSError):  # a disk that cannot
            fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(path)):  # noqa: PTH116
                return handle
        os.close(handle)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o660)
    except OSError:  # one that may only be read is still held by a disk of this machine
        if not path.exists():
            raise
        return os.open(path, os.O_RDONLY)


def _is_torn(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except OSError:
        return False
