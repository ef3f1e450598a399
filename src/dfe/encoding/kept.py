"""Finished pieces of long films, kept until the recording is written: a run that is killed loses what was under way.

A piece is trusted by the rule by which a recording is (:mod:`dfe.encoding.going_on`): the same source, options, files
that these name, tokenizers and version. All of that is in the name of its file, so that a piece of anything else is
never found.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import OutputError
from dfe.base.stamps import Stamps, stamps
from dfe.base.types import Progress
from dfe.base.version import __version__
from dfe.encoding.going_on import mark_of, size_and_state
from dfe.encoding.piece_file import read_piece, write_piece
from dfe.encoding.tasks import Observed, Task, observe

FOLDER = ".dfe-pieces"
"""Below the folder of the results; what begins with a dot is no result."""
ROOM_BYTES = 1e9


@dataclass(frozen=True)
class Kept:
    """Pieces kept beside the results in a folder; each process may have its own.

    Args:
        out: the folder.
        ways: what :func:`~dfe.encoding.going_on.ways` says of the run.
        free_bytes: pieces leave so much of the disk free, since the tables need room, too.
    """

    out: Path
    ways: str
    free_bytes: float = ROOM_BYTES

    def seen(self, task: Task, progress: Progress | None = None) -> Observed:
        """What is seen in a piece: found where it is kept, or looked at now and kept.

        A piece that cannot be kept, since there is no room or no permission, is looked at all the same.

        Raises:
            DfeError: as of :func:`~dfe.encoding.tasks.observe`.
        """
        files = stamps(task.files)
        whole = _all_files(task, files)
        path = self._path(task, whole)
        found = read_piece(path, task, files)
        if found is not None:
            return found
        seen = observe(task, progress)
        if seen.files == files and not seen.changed and _all_files(task, files) == whole:
            with suppress(OutputError, OSError):
                if shutil.disk_usage(self.out).free > self.free_bytes:
                    # Tiny pictures of the faces are in it (:mod:`dfe.frontends.looks`), which no table holds.
                    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    write_piece(path, seen)
        return seen

    def names(self) -> frozenset[str]:
        """Marks of the sources of which there are pieces."""
        with suppress(OSError):
            return frozenset(path.name for path in (self.out / FOLDER).iterdir())
        return frozenset()

    def forget(self, name: str) -> None:
        """Remove the pieces of the source of a name, whatever they were made of; and the folder, once it is empty."""
        shutil.rmtree(self._folder(name), ignore_errors=True)
        with suppress(OSError):
            (self.out / FOLDER).rmdir()

    def _folder(self, name: str) -> Path:
        return self.out / FOLDER / mark_of(name)

    def _path(self, task: Task, files: Stamps) -> Path:
        source = task.source
        said = {
            "ways": self.ways,
            "version": __version__,
            "files": size_and_state(source, files),
            "called": (source.name, source.folder, sorted(source.called.items())),
            "piece": (task.part, task.parts, task.first, task.last),
        }
        return self._folder(source.name) / f"{mark_of(said)}.piece"


def _all_files(task: Task, files: Stamps) -> Stamps:
    """The files that decide what is seen in a piece: its own, and all of the source's where it says what that is."""
    return files if task.part else {**stamps(task.source.paths), **files}
