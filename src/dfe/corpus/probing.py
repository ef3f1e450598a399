"""What each source of a plan holds, and what is wrong with it, found before days are spent on looking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from dfe.base.errors import DfeError, MediaError
from dfe.base.stamps import stamps
from dfe.base.types import Progress
from dfe.corpus.stand_ins import is_stand_in, stands_for
from dfe.encoding.going_on import size_and_state
from dfe.encoding.tasks import hash_of_readable
from dfe.media.announced import announced_length
from dfe.media.film import open_film
from dfe.media.header import still_header
from dfe.media.inputs import Source
from dfe.media.probe import file_hash, files_hash

NAMED = 3


@dataclass(frozen=True, slots=True)
class Probed:
    """What is known of a source; None or empty where it is not."""

    bytes: int = 0
    state: str = ""
    """Stands for names, sizes and times of change, as in the list of results."""
    sha256: str = ""
    codec: str = ""
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    duration_s: float | None = None
    frame_rate: float | None = None
    notes: str = ""
    """What is known to be wrong, odd or mended."""
    problem: str = ""
    """Why it cannot be read; empty where it can."""


class Probe(NamedTuple):
    """A few sources to be probed by one worker."""

    first: int
    """Place of the first among all."""
    sources: tuple[Source, ...]
    quick: bool
    hashed: bool


def probe_all(probe: Probe, progress: Progress | None = None) -> list[Probed]:
    """Probe some sources, one after the other."""
    found = []
    for done, source in enumerate(probe.sources, start=1):
        found.append(probe_source(source, quick=probe.quick, hashed=probe.hashed))
        if progress is not None:
            progress(done, None)
    return found


def probe_source(source: Source, *, quick: bool = False, hashed: bool = True) -> Probed:
    """What a source holds; an unreadable one says why.

    Args:
        source: a video, pictures or a table.
        quick: believe the header of a video, and read nothing else of it.
        hashed: read every byte for its SHA-256, too.
    """
    before = stamps(source.paths)
    size, state = size_and_state(source, before)
    known = Probed(int(size), state)
    try:
        absent = next((path for path, found in before.items() if found is None), None)
        if len(source.paths) == 1 and absent is not None:
            raise MediaError("no such file, or it cannot be reached", where=absent)
        known = _of_kind(source, known, quick=quick)
        if hashed:
            known = replace(known, sha256=_hash(source))
    except DfeError as error:
        standing = next((path for path in source.paths if stands_for(path) is not None), None)
        known = replace(known, problem=str(error if standing is None else is_stand_in(standing)))
    return known


def _of_kind(source: Source, known: Probed, *, quick: bool) -> Probed:
    if source.kind == "stills":
        return _stills(source, known)
    if source.kind == "table":
        with_any_rows = known.bytes or source.paths[0].is_dir()
        return known if with_any_rows else replace(known, problem=f"{source.paths[0]}: is empty")
    if quick and len(source.paths) == 1:
        said = announced_length(source.paths[0])
        if said is not None:
            return replace(
                known, frames=said.frames, duration_s=said.seconds, frame_rate=said.frames / said.seconds or None
            )
    info = open_film(source.paths).info
    return replace(
        known,
        codec=info.codec,
        width=info.width,
        height=info.height,
        frames=info.frame_count,
        duration_s=info.duration_s,
        frame_rate=info.frame_rate or None,
        notes="; ".join(info.warnings),
    )


def _stills(source: Source, known: Probed) -> Probed:
    """Of pictures: the first one's size, and which cannot be read. Those stay rows with a reason, so the rest count."""
    first, unreadable = None, []
    for path in source.paths:
        try:
            header = still_header(path)
            if header is None:
                raise MediaError("not a picture", where=path)
            first = first or header
        except DfeError as error:
            unreadable.append(f"{path.name}: {error.what}")
    if first is None:
        return replace(known, frames=len(source.paths), problem=f"{source.place}: {unreadable[0]}")
    more = f" and {len(unreadable) - NAMED} more" if len(unreadable) > NAMED else ""
    notes = f"cannot be read: {', '.join(unreadable[:NAMED])}{more}" if unreadable else ""
    return replace(
        known, codec=first.format, width=first.width, height=first.height, frames=len(source.paths), notes=notes
    )


def _hash(source: Source) -> str:
    """As the provenance of its recording will have it."""
    paths = source.paths
    if source.kind == "stills" or len(paths) > 1:
        return hash_of_readable(paths) or ""
    if paths[0].is_dir():
        return files_hash(path for path in sorted(paths[0].rglob("*")) if path.is_file())
    return file_hash(paths[0])
