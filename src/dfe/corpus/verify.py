"""Every table of a corpus against the list of results: there, whole, of so many frames, of this source, unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dfe.base.errors import DfeError
from dfe.base.types import Progress
from dfe.corpus.stand_ins import stands_for
from dfe.encoding.engine import Engine
from dfe.encoding.kept import PiecesLeft
from dfe.encoding.manifest import Manifest, need_results
from dfe.encoding.row import Row
from dfe.encoding.whereabouts import source_of
from dfe.media.probe import file_hash, hash_of_hashes
from dfe.recording.recording import Recording

_ANEW = "remove it, and start the run again"


class Check(NamedTuple):
    """One table to be checked."""

    folder: Path
    row: Row
    sources: bool


class Checked(NamedTuple):
    """What came of one table."""

    faults: list[str]
    """What is wrong, a line each."""
    source_read: bool
    """Whether its source was read again: not under pseudonyms, nor of a set of pictures or a stand-in."""


@dataclass(frozen=True)
class Verified:
    """What came of it."""

    tables: int
    faults: tuple[str, ...]
    """What is wrong, a line each."""
    unlisted: tuple[str, ...]
    """Tables that no list tells of, or calls done, a line each."""
    sources: int
    """Media that were read again."""
    kept: PiecesLeft
    """Finished pieces of long recordings, for a run that goes on."""


def verify(out: Path, engine: Engine, *, sources: bool = False, progress: Progress | None = None) -> Verified:
    """Check all tables of a corpus.

    Args:
        out: the folder.
        engine: does the work.
        sources: read the media again, too, and compare their hashes.
        progress: told of tables done.

    Raises:
        UsageError: nothing was encoded into the folder.
    """
    need_results(out)
    listed = list(Manifest(out))
    rows = [row for row in listed if row.status in ("done", "damaged")]
    faults: list[tuple[str, str]] = []
    read = 0
    checks = (Check(out, row, sources) for row in rows)
    for done, (check, result) in enumerate(engine.run(check_table, checks), start=1):
        said = [str(result)] if isinstance(result, DfeError) else result.faults
        read += not isinstance(result, DfeError) and result.source_read
        faults += [(check.row.output, fault) for fault in said]
        if progress is not None:
            progress(done, len(rows))
    known = {row.output: row for row in listed}
    wrong = tuple(fault for _, fault in sorted(faults))
    return Verified(len(rows), wrong, tuple(_unlisted(out, known)), read, PiecesLeft.of(out))


def check_table(check: Check) -> Checked:
    """What is wrong with one table, and with its source where that is to be read, too."""
    row, path = check.row, check.folder / check.row.output
    found = _table_faults(row, path)
    source = source_of(row, check.folder) if check.sources and row.sha256 else None
    # Of a set of pictures it is not known here which of the folder's files were in it.
    if source is None or source.is_dir() or stands_for(source) is not None:
        return Checked(found, source_read=False)
    try:
        digest = file_hash(source)
    except DfeError as error:
        return Checked([*found, str(error)], source_read=False)
    if row.sha256 not in (digest, hash_of_hashes([digest])):
        found.append(f"{source}: has changed since it was encoded")
    return Checked(found, source_read=True)


def _table_faults(row: Row, path: Path) -> list[str]:
    if not path.exists():
        return [f"{path}: is not there any more; start the run again"]
    if not row.table_sha256:
        return [f"{path}: the list holds no hash of it, so nobody can tell whether it was changed; start the run again"]
    try:
        if file_hash(path) != row.table_sha256:
            return [f"{path}: is not the file that was written; {_ANEW}"]
        recording = Recording.read(path, landmarks=False)
    except DfeError as error:
        return [str(error)]
    found = []
    count = recording.summary().frames
    if count != row.frame_count:
        found.append(f"{path}: holds {count} frames, and the list says {row.frames or 'nothing'}; {_ANEW}")
    if row.sha256 and recording.provenance.source.sha256 != row.sha256:
        found.append(f"{path}: was made of another source than the list says; {_ANEW}")
    return found


def _unlisted(out: Path, known: Mapping[str, Row]) -> Iterator[str]:
    for path in sorted(out.rglob("*.parquet")):
        name = path.relative_to(out).as_posix()
        if path.name.startswith(".") or (name in known and known[name].status in ("done", "damaged")):
            continue
        told = f"is of an earlier run, and {known[name].status} in the list" if name in known else "no list tells of it"
        yield f"{path}: {told}"
