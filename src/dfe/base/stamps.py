"""What a file was like when it was looked at, so that a change is noticed without reading it again."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class FileState(NamedTuple):
    """Size in bytes and time of the last change in nanoseconds."""

    size: int
    time_ns: int


Stamps = dict[Path, FileState | None]
"""State of each file; None of one that is not there."""


def stamps(paths: Iterable[Path]) -> Stamps:
    """The state of files; of a folder among them, that of all files in it and below."""
    found: Stamps = {}
    for path in paths:
        state = _state(path)
        if state is _FOLDER:
            found.update({inside: _state(inside) for inside in sorted(path.rglob("*")) if inside.is_file()})
        else:
            found[path] = state
    return found


def changed(before: Mapping[Path, FileState | None], after: Mapping[Path, FileState | None]) -> list[Path]:
    """Files that differ, or are there only once, in order."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def one_stamp(found: Mapping[Path, FileState | None], names: Sequence[str] = (), secret: str = "") -> str:
    """A short text that is the same as long as none of the files (and names) changes, wherever the files lie.

    With a secret nobody else can tell of a file whether it is the one, by trying names, sizes and times.
    """
    lines = [_line(path.name, state) for path, state in sorted(found.items())]
    return _hashed([*lines, *names], secret)


def stamp_of_file(path: str, names: Sequence[str] = ()) -> str | None:
    """:func:`one_stamp` of a single file, at the least cost; None of a folder, and of what is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(found.st_mode):
        return None
    return _hashed([_line(path.rpartition(os.sep)[2], FileState(found.st_size, found.st_mtime_ns)), *names])


def _line(name: str, state: FileState | None) -> str:
    return f"{name}\0{state and tuple(state)}"


def _hashed(lines: Sequence[str], secret: str = "") -> str:
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    made = hmac.new(secret.encode(), text, hashlib.sha256) if secret else hashlib.sha256(text)
    return made.hexdigest()[:16]


_FOLDER = FileState(-1, -1)
"""In place of a folder's state."""


def _state(path: Path) -> FileState | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return _FOLDER if stat.S_ISDIR(found.st_mode) else FileState(found.st_size, found.st_mtime_ns)
