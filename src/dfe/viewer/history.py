"""Undo: every change keeps what its files held before, and takes it back as long as nobody else changed them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dfe.base.errors import OutputError, UsageError
from dfe.base.files import replacing

MOST = 200
"""Changes that can be taken back."""


@dataclass(frozen=True)
class _Kept:
    path: Path
    copy: Path | None
    """What the file held; None: there was none."""
    after: str
    """Hash of what the change wrote."""


@dataclass(frozen=True)
class Change:
    """One change of one or more files, in words."""

    said: str
    kept: tuple[_Kept, ...]


class History:
    """The changes of one run of the viewer, the last one on top."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._folder = tempfile.TemporaryDirectory(prefix="dfe-view-")
        self._number = 0

    @property
    def last(self) -> str:
        """The change that :meth:`undo` would take back, in words; empty if there is none."""
        return self._changes[-1].said if self._changes else ""

    @contextmanager
    def changing(self, said: str, *paths: Path) -> Iterator[None]:
        """Run a change of some files. If it fails the files are as they were, and nothing is remembered.

        Args:
            said: the change, in words.
            paths: files that it writes.
        """
        copies = [(path, self._copy(path)) for path in paths]
        try:
            yield
        except BaseException:
            for path, copy in copies:
                _restore(path, copy)
            raise
        kept = tuple(_Kept(path, copy, _hash(path)) for path, copy in copies)
        self._changes.append(Change(said, kept))
        for old in self._changes[:-MOST]:
            _forget(old.kept)
        del self._changes[:-MOST]

    def undo(self) -> str:
        """Take the last change back; says which.

        Raises:
            UsageError: there is none.
            OutputError: something else has changed the file since, or it cannot be written.
        """
        if not self._changes:
            raise UsageError("there is nothing to undo")
        change = self._changes[-1]
        for kept in change.kept:
            if _hash(kept.path) != kept.after:
                what = f"was changed by something else since, so “{change.said}” cannot be taken back"
                raise OutputError(what, where=kept.path, advice="change it there, or start the viewer again")
        for kept in change.kept:
            _restore(kept.path, kept.copy)
        self._changes.pop()
        _forget(change.kept)
        return change.said

    def close(self) -> None:
        """Remove what was kept."""
        self._folder.cleanup()

    def _copy(self, path: Path) -> Path | None:
        if not path.is_file():
            return None
        self._number += 1
        copy = Path(self._folder.name) / f"{self._number}"
        shutil.copyfile(path, copy)
        return copy


def _restore(path: Path, copy: Path | None) -> None:
    if copy is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or _hash(path) != _hash(copy):
        with replacing(path, overwrite=True) as (file,), copy.open("rb") as old:
            shutil.copyfileobj(old, file)


def _forget(kept: Sequence[_Kept]) -> None:
    for one in kept:
        if one.copy is not None:
            one.copy.unlink(missing_ok=True)


def _hash(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        digest = sha256()
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
