"""Which recordings the viewer shows, by numbers that stand in addresses: no request can name a path."""

from __future__ import annotations

from collections.abc import Sequence
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
        """Size and time of change of its file, by which a new one is known; zeros where there is none."""
        try:
            about = self.path.stat()
        except OSError:
            return (0, 0)
        return (about.st_size, about.st_mtime_ns)


@dataclass(frozen=True)
class Library:
    """The recordings, in order of their keys."""

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, paths: Sequence[Path], corpus: Path | None = None) -> Library:
        """Files as they are, all recordings of folders and below; after them those of the corpus.

        Raises:
            UsageError: nothing is named, a path that is not there, or a folder without a recording.
        """
        if not paths and corpus is None:
            raise UsageError("name a recording", advice="as in dfe view out/clip.parquet, or dfe view out")
        found: dict[Path, str] = {}
        for path in (*paths, *([] if corpus is None else [corpus])):
            if path.is_dir():
                for table in recordings_in(path):
                    found.setdefault(table.resolve(), table.relative_to(path).with_suffix("").as_posix())
            elif path.exists():
                found.setdefault(path.resolve(), path.stem)
            else:
                raise UsageError("there is no such recording", where=path, advice="name what dfe encode wrote")
        return cls(tuple(Entry(key, path, name) for key, (path, name) in enumerate(found.items())))

    def get(self, key: int) -> Entry | None:
        """The recording of a key; None if there is none."""
        return self.entries[key] if 0 <= key < len(self.entries) else None

    def of_path(self, path: Path) -> Entry | None:
        """The recording that a file holds."""
        whole = path.resolve()
        return next((entry for entry in self.entries if entry.path == whole), None)
