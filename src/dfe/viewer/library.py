"""Which recordings the viewer shows, by numbers that stand in addresses: no request can name a path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import UsageError
from dfe.recording.storage import recordings_in


@dataclass(frozen=True)
class Entry:
    """One recording."""

    key: int
    path: Path
    name: str
    """Below the folder that was named, with ``/`` and without suffix: the name that tables call it by."""

    @property
    def stamp(self) -> tuple[int, int]:
        """Of its file, see :func:`stamp_of`."""
        return stamp_of(self.path)


def stamp_of(path: Path) -> tuple[int, int]:
    """Size and time of change of a file, by which a new one is known; zeros where there is none."""
    try:
        about = path.stat()
    except OSError:
        return (0, 0)
    return (about.st_size, about.st_mtime_ns)


@dataclass(frozen=True)
class Library:
    """The recordings, in order of their keys."""

    entries: tuple[Entry, ...]
    folders: tuple[Path, ...] = ()
    """Those that were named: recordings may appear in them later."""

    @classmethod
    def of(cls, paths: Sequence[Path], corpus: Path | None = None) -> Library:
        """Files as they are, all recordings of folders and below; after them those of the corpus.

        Raises:
            UsageError: nothing is named, a path that is not there, or a folder without a recording.
        """
        if not paths and corpus is None:
            raise UsageError("name a recording", advice="as in dfe view out/clip.parquet, or dfe view out")
        found: dict[Path, str] = {}
        named = (*paths, *([] if corpus is None else [corpus]))
        for path in named:
            if path.is_dir():
                for table, name in _within(path):
                    found.setdefault(table, name)
            elif path.exists():
                found.setdefault(path.resolve(), path.stem)
            else:
                raise UsageError("there is no such recording", where=path, advice="name what dfe encode wrote")
        entries = tuple(Entry(key, path, name) for key, (path, name) in enumerate(found.items()))
        return cls(entries, tuple(path for path in named if path.is_dir()))

    def again(self) -> Library:
        """These recordings under their keys, and after them those that have come into the folders since."""
        known = {entry.path for entry in self.entries}
        new: dict[Path, str] = {}
        for folder in self.folders:
            try:
                for table, name in _within(folder):
                    if table not in known:
                        new.setdefault(table, name)
            except (UsageError, OSError):
                continue
        more = (Entry(len(self.entries) + at, path, name) for at, (path, name) in enumerate(new.items()))
        return Library((*self.entries, *more), self.folders)

    def get(self, key: int) -> Entry | None:
        """The recording of a key; None if there is none."""
        return self.entries[key] if 0 <= key < len(self.entries) else None


def _within(folder: Path) -> Iterator[tuple[Path, str]]:
    """All recordings of a folder and below, with the names that tables call them by."""
    for table in recordings_in(folder):
        yield table.resolve(), table.relative_to(folder).with_suffix("").as_posix()
