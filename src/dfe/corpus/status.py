"""How far a corpus is: read off the lists of results, while runs go on or after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from dfe.base.printable import printable_line
from dfe.corpus.run import exit_code
from dfe.corpus.subjects import read_subjects
from dfe.encoding.kept import PiecesLeft
from dfe.encoding.manifest import Manifest, need_results
from dfe.encoding.row import Row
from dfe.encoding.whereabouts import Whereabouts, source_of
from dfe.pages import formats

_RENAMED = "if it was renamed, a new plan takes it up under its new name"

UNKNOWN = "not known"
"""Of recordings of which it is not known whose they are."""


@dataclass(frozen=True)
class SubjectStatus:
    """The recordings of one subject."""

    subject: str
    recordings: int
    done: int
    """Damaged ones, too: their tables are there."""
    failed: int
    frames: int


@dataclass(frozen=True)
class CorpusStatus:
    """A corpus in numbers."""

    recordings: int
    done: int
    damaged: int
    failed: int
    """Or known to be unreadable since they were planned."""
    waiting: int
    """Those of shares that have not begun, too."""
    frames: int
    """Of what is done."""
    seconds: float
    """Of work, over all processes."""
    failures: tuple[str, ...]
    """Why, a line each; of damaged ones, too."""
    left_out: tuple[str, ...]
    """Sources that an earlier run was to do and did not, a line each: they are planned no more, and are not where they
    were, so that no run comes to them any more. They are not counted among the recordings.
    """
    kept: PiecesLeft
    """Finished pieces of long recordings, for a run that goes on."""
    subjects: tuple[SubjectStatus, ...]

    @property
    def exit_code(self) -> int:
        """As :func:`dfe.corpus.run.exit_code`."""
        return exit_code(unfinished=self.waiting > 0, problems=self.failed + self.damaged > 0)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self) | {"kept": self.kept._asdict()}

    def lines(self, *, by_subject: bool = False) -> list[str]:
        """For people."""
        counts = [(self.done, "done"), (self.damaged, "damaged"), (self.failed, "failed"), (self.waiting, "waiting")]
        told = ", ".join(f"{n:,} {what}" for n, what in counts if n)
        lines = [f"{formats.count(self.recordings, 'recording')}: {told or 'nothing done'}"]
        if self.frames and self.seconds:
            pace = f"{self.frames / self.seconds:.0f} frames/s for each worker"
            work = f"{formats.seconds(self.seconds)} of work"
            lines.append(f"{formats.count(self.frames, 'frame')} in {work} ({pace})")
        if by_subject:
            for one in self.subjects:
                failed = f", {one.failed} failed" if one.failed else ""
                done = f"{one.done} of {one.recordings} done{failed}"
                lines.append(f"subject {one.subject}: {done}, {formats.count(one.frames, 'frame')}")
        return [*lines, *self.kept.lines()]


def status_of(out: Path) -> CorpusStatus:
    """How far the corpus in a folder is.

    Raises:
        UsageError: nothing was encoded into it.
        TableError: its table of subjects cannot be read.
    """
    need_results(out)
    whose = read_subjects(out)
    rows, left_out = _still_planned(list(Manifest(out)), out, {printable_line(name) for name in whose})
    states = Counter(row.status for row in rows)
    listed = {name_of(row) for row in rows}
    waiting = [Row(name) for name in whose if printable_line(name) not in listed]  # of shares that have not begun
    states["waiting"] += len(waiting)
    grouped: dict[str, list[Row]] = {}
    for row in [*rows, *waiting]:
        said = whose.get(name_of(row) or row.input)
        grouped.setdefault(said.subject if said is not None and said.subject else UNKNOWN, []).append(row)
    return CorpusStatus(
        recordings=len(rows) + len(waiting),
        done=states["done"],
        damaged=states["damaged"],
        failed=states["failed"],
        waiting=states["waiting"],
        frames=sum(row.frame_count for row in rows),
        seconds=sum(row.work_s for row in rows),
        failures=tuple(row.reason for row in rows if row.reason),
        left_out=tuple(left_out),
        kept=PiecesLeft.of(out),
        subjects=tuple(_subject(subject, mine) for subject, mine in sorted(grouped.items())),
    )


def _still_planned(rows: list[Row], out: Path, planned: Collection[str]) -> tuple[list[Row], list[str]]:
    """Rows that some run may still come to, and a line for each other: not done, not planned, and gone.

    What is not planned is not left out for that alone, since two plans may be run into one folder. Under pseudonyms it
    is, since nobody can tell where its source was.
    """
    whereabouts = Whereabouts(out, rows)
    elsewhere = {row.input for row in rows if row.status in ("done", "damaged") or name_of(row) in planned}
    found, left_out = [], []
    for row in rows:
        is_open = row.status in ("waiting", "failed") and name_of(row) not in planned
        if is_open and row.input in elsewhere:
            continue  # the same file under another name, as while it shared its name
        if is_open and (whereabouts.is_gone(row) or (planned and source_of(row, out) is None)):
            left_out.append(f"{row.input}: was to be done by an earlier run, and is not planned any more; {_RENAMED}")
        else:
            found.append(row)
    return found, left_out


def name_of(row: Row) -> str:
    """The name of a row's recording, as in the table of subjects (what no terminal shows is written out)."""
    return row.output.rpartition(".")[0] if row.output else ""


def _subject(subject: str, rows: list[Row]) -> SubjectStatus:
    states = Counter(row.status for row in rows)
    done = states["done"] + states["damaged"]
    return SubjectStatus(subject, len(rows), done, states["failed"], sum(row.frame_count for row in rows))
