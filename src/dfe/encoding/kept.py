"""Finished pieces of long films, kept until the recording is written: a run that is killed loses what was under way.

A piece is trusted by the rule by which a recording is (:mod:`dfe.encoding.going_on`): the same source, options, files
that these name, tokenizers and version. All of that is in the name of its file, so that a piece of anything else is
never found.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dfe.base.errors import OutputError
from dfe.base.files import make_folders
from dfe.base.printable import printable_line
from dfe.base.stamps import Stamps, stamps
from dfe.base.types import Progress
from dfe.base.version import __version__
from dfe.encoding.going_on import mark_of, size_and_state
from dfe.encoding.piece_file import read_piece, write_piece
from dfe.encoding.tasks import Observed, Task, observe

FOLDER = ".dfe-pieces"
"""Below the folder of the results; what begins with a dot is no result."""
ROOM_BYTES = 1e9
_SUFFIX = ".piece"


class PiecesLeft(NamedTuple):
    """What is kept in a folder for runs that go on."""

    recordings: int
    pieces: int
    bytes: int

    @classmethod
    def of(cls, out: Path) -> PiecesLeft:
        """Those of a folder of results."""
        sizes: dict[str, list[int]] = {}
        for path in (out / FOLDER).glob(f"*/*{_SUFFIX}"):
            with suppress(OSError):
                sizes.setdefault(path.parent.name, []).append(path.stat().st_size)
        return cls(len(sizes), sum(map(len, sizes.values())), sum(map(sum, sizes.values())))

    def lines(self) -> list[str]:
        """For people; nothing where there are none."""
        if not self.pieces:
            return []
        what = f"{self.pieces} finished pieces of {self.recordings} long recordings, {self.bytes / 1e6:.1f} MB"
        return [f"{what}, are kept in {FOLDER} for a run that goes on; delete that folder if none will"]


def piece_marks(out: Path) -> frozenset[str]:
    """What stands for the sources of which there are pieces in a folder of results."""
    with suppress(OSError):
        return frozenset(path.name for path in (out / FOLDER).iterdir())
    return frozenset()


def piece_mark(name: str) -> str:
    """What stands for a source of this name, as it is or as a list of results has it."""
    return mark_of(printable_line(name))


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
                    make_folders(path.parent, 0o700)
                    write_piece(path, seen)
        return seen

    def forget(self, mark: str) -> None:
        """Remove the pieces of a source, whatever they were made of; and the folder, once it is empty.

        Args:
            mark: what :func:`piece_mark` says of its name.
        """
        shutil.rmtree(self.out / FOLDER / mark, ignore_errors=True)
        with suppress(OSError):
            (self.out / FOLDER).rmdir()

    def forget_others(self, tasks: Sequence[Task]) -> None:
        """Remove pieces of a source that none of these tasks is: of what it was before it changed, or of other options.

        Args:
            tasks: all pieces of the source.
        """
        there = set((self.out / FOLDER / piece_mark(tasks[0].source.name)).glob(f"*{_SUFFIX}"))
        wanted = {self._path(task, _all_files(task, stamps(task.files))) for task in tasks} if there else set()
        for path in there - wanted:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _path(self, task: Task, files: Stamps) -> Path:
        source = task.source
        said = {
            "ways": self.ways,
            "version": __version__,
            "files": size_and_state(source, files),
            "called": (source.name, source.folder, sorted(source.called.items())),
            "piece": (task.part, task.parts, task.first, task.last),
        }
        return self.out / FOLDER / piece_mark(source.name) / f"{mark_of(said)}{_SUFFIX}"


def _all_files(task: Task, files: Stamps) -> Stamps:
    """The files that decide what is seen in a piece: its own, and all of the source's where it says what that is."""
    return files if task.part else {**stamps(task.source.paths), **files}
