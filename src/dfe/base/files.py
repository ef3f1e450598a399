"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from dfe.base.errors import OutputError

_ADVICE = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another folder"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another folder"),
    errno.EACCES: ("no permission to write here", "choose another folder"),
    errno.EPERM: ("no permission to write here", "choose another folder"),
    errno.EROFS: ("the file system is read-only", "choose another folder"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "choose another folder"),
    errno.EEXIST: ("a file stands where a folder is needed", "choose another folder"),
    errno.EISDIR: ("a folder of this name is in the way", "choose another name"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
}


def refuse_existing(target: Path, *, overwrite: bool) -> None:
    """Stop before any work is done when ``target`` may not be written.

    Raises:
        OutputError: it exists and ``overwrite`` is False, or it is a folder.
    """
    if os.path.isdir(target):  # noqa: PTH112 (a name too long for the system is no folder, and no exception)
        raise OutputError("a folder of this name is in the way", where=target, advice="choose another name")
    if not overwrite and os.path.lexists(target):
        raise OutputError(
            "exists already", where=target, advice="add --overwrite (in Python overwrite=True) or choose another name"
        )


@contextmanager
def replacing(*targets: Path, overwrite: bool = False) -> Iterator[tuple[BinaryIO, ...]]:
    """Open one binary file per target; they take the targets' places, in order, once the block ends well.

    Everything is written beside the target and synced to disk before the first rename; if anything fails, the
    targets are as they were and nothing is left behind. Missing folders are made.

    Raises:
        OutputError: the target exists (without ``overwrite``), the disk is full, there is no permission.
    """
    for target in targets:
        refuse_existing(target, overwrite=overwrite)
    where = targets[0]
    temporary: list[Path] = []
    try:
        with ExitStack() as stack:
            files: list[BinaryIO] = []
            for where in targets:
                where.parent.mkdir(parents=True, exist_ok=True)
                path = where.parent / f".dfe-{os.getpid()}-{secrets.token_hex(4)}.tmp"
                files.append(stack.enter_context(path.open("xb")))
                temporary.append(path)
            where = targets[0]
            yield tuple(files)
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for where in targets:
            refuse_existing(where, overwrite=overwrite)
        for where, path in zip(targets, temporary, strict=True):
            os.replace(path, where)  # noqa: PTH105
    except OSError as error:
        what, advice = _ADVICE.get(error.errno or 0, (f"cannot be written ({error.strerror or error})", None))
        raise OutputError(what, where=where, advice=advice) from error
    finally:
        for path in temporary:
            path.unlink(missing_ok=True)
