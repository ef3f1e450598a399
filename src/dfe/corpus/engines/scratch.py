"""A folder for what is fetched, gone when it is not needed any more, even if whoever used it was killed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "dfe-fetched-"
_YOUNG_S = 60.0
"""A folder may be so young and not be held yet."""


@contextmanager
def own_folder(within: Path | None = None) -> Iterator[Path]:
    """An empty folder; it is removed afterwards, and so are those of processes that are gone.

    Args:
        within: the folder that it lies in; None for the usual one of this machine.
    """
    place = Path(tempfile.gettempdir() if within is None else within)
    _sweep(place)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place) as name:
        held = _hold(Path(name))
        try:
            yield Path(name)
        finally:
            if held is not None:
                os.close(held)


def _sweep(place: Path) -> None:
    """Remove folders that nobody holds: their processes were killed, and what they fetched may be films of people."""
    if sys.platform == "win32":
        return
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime < _YOUNG_S or (held := _hold(folder)) is None:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)


def _hold(folder: Path) -> int | None:
    """A handle that holds the folder until it is closed, or its process ends; None where another one has it."""
    if sys.platform == "win32":
        return None
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
