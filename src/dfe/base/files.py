"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from dfe.base.errors import DiskFull, OutputError
from dfe.base.processes import is_alive, machine_mark

_BESIDE = re.compile(r"\.dfe-(\d+)-(?:([0-9a-f]{8})-)?[0-9a-f]+\.tmp")
"""What is written before it takes a target's place: number of the process, mark of the machine, chance."""
_OF_OTHERS_S = 86_400.0
"""A file of another machine, whose processes cannot be asked for from here, is left over after a day."""

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

_FOR_US = 0o660
"""Permissions of a new file, less the user's umask."""
_FOLDER_FOR_US = 0o770
"""The same of a new folder: names of files may be names of people."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


def refuse_existing(*targets: Path, overwrite: bool) -> None:
    """Stop before any work is done when one of the targets may not be written.

    Raises:
        OutputError: one exists and ``overwrite`` is False, or is a folder.
    """
    advice = "add --overwrite (in Python overwrite=True) or choose another name"
    for target in targets:
        if os.path.isdir(target):  # noqa: PTH112 (a name too long for the system is no folder, and no exception)
            raise OutputError("a folder of this name is in the way", where=target, advice="choose another name")
        if not overwrite and os.path.lexists(target):
            raise OutputError("exists already", where=target, advice=advice)


def refuse_filled(folder: Path) -> None:
    """Refuse a folder that holds anything, or a file in its place.

    Raises:
        OutputError: it is there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("is there already", where=folder, advice="name a new folder")


@contextmanager
def replacing(*targets: Path, overwrite: bool = False) -> Iterator[tuple[BinaryIO, ...]]:
    """Open one binary file per target; they take the targets' places, in order, once the block ends well.

    Everything is written beside the target and synced to disk before the first rename; if anything fails, a rename
    among several too, the targets are as they were and nothing is left behind. Missing folders are made.

    Raises:
        OutputError: the target exists (without ``overwrite``), the disk is full, there is no permission.
    """
    refuse_existing(*targets, overwrite=overwrite)
    where = targets[0]
    temporary: list[Path] = []
    try:
        with ExitStack() as stack:
            files: list[BinaryIO] = []
            for where in targets:
                make_folders(where.parent)
                path = _beside(where)
                files.append(stack.enter_context(_opened(path, where)))
                temporary.append(path)
            where = targets[0]
            yield tuple(files)
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for where in targets:
            refuse_existing(where, overwrite=overwrite)
        with _undone_unless_whole(targets, temporary):
            for where, path in zip(targets, tuple(temporary), strict=False):
                os.replace(path, where)  # noqa: PTH105
    except OSError as error:
        raise _refused(error, where) from error
    finally:
        for path in temporary:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def make_folders(folder: Path, mode: int = _FOLDER_FOR_US) -> None:
    """Make a folder and those above it where they are not there, closed to people outside the user's group.

    Args:
        folder: to be made.
        mode: permissions of each that is made, less the user's umask.

    Raises:
        OSError: it cannot be made.
    """
    missing = takewhile(lambda place: not place.exists(), (folder, *folder.parents))
    for place in (*reversed([*missing]), folder):
        place.mkdir(mode, exist_ok=True)


@contextmanager
def written_here(where: Path) -> Iterator[None]:
    """Turn the system's errors about writing a file into ours.

    Raises:
        OutputError: the disk is full, there is no permission.
    """
    try:
        yield
    except OSError as error:
        raise _refused(error, where) from error


def _refused(error: OSError, where: Path) -> OutputError:
    what, advice = _ADVICE.get(error.errno or 0, (f"cannot be written ({error.strerror or error})", None))
    kind = DiskFull if error.errno in _FULL else OutputError
    return kind(what, where=where, advice=advice)


def remove_leftovers(folder: Path) -> int:
    """Remove what processes that have died were writing into a folder or below it; how many files.

    Those of processes that run are left alone, as are those of other machines until they are a day old.
    """
    removed = 0
    for path, found in _being_written(folder):
        with suppress(OSError):
            here = found[2] in (None, machine_mark())
            if not is_alive(int(found[1])) if here else time.time() - path.stat().st_mtime > _OF_OTHERS_S:
                path.unlink()
                removed += 1
    return removed


def _being_written(folder: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    """Such files; by the names alone, since there may be a million others."""
    for place, _, names in os.walk(folder):
        for name in names:
            if name.startswith(".dfe-") and (found := _BESIDE.fullmatch(name)):
                yield Path(place, name), found


def _opened(path: Path, target: Path) -> BinaryIO:
    """A new file for what is to take the target's place: with its permissions, or else closed to people outside the
    user's group, since what is measured on faces is personal data.
    """
    made = open(path, "xb", opener=lambda name, flags: os.open(name, flags, _FOR_US))  # noqa: SIM115
    with suppress(OSError, AttributeError):
        os.fchmod(made.fileno(), stat.S_IMODE(target.stat().st_mode))
    return made


def _beside(target: Path) -> Path:
    return target.parent / f".dfe-{os.getpid()}-{machine_mark()}-{secrets.token_hex(4)}.tmp"


@contextmanager
def _undone_unless_whole(targets: tuple[Path, ...], temporary: list[Path]) -> Iterator[None]:
    """Put the targets back as they were if the block fails; one alone needs no help. Copies are added to temporary."""
    kept: dict[Path, Path] = {}
    new: list[Path] = []
    for target in targets if len(targets) > 1 else ():
        if target.exists():
            kept[target] = _beside(target)
            temporary.append(kept[target])
            try:
                os.link(target, kept[target])
            except OSError:  # a file system without links
                shutil.copy2(target, kept[target])
        else:
            new.append(target)
    try:
        yield
    except OSError:
        for target, copy in kept.items():
            os.replace(copy, target)  # noqa: PTH105
        for target in new:
            target.unlink(missing_ok=True)
        raise
