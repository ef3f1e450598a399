"""Events to files of other tools: from tables of events, or from recordings, whose events are then found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

from dfe.base.errors import MediaError, UsageError
from dfe.base.files import refuse_existing
from dfe.base.types import Progress
from dfe.displays.names import load_names
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.find import tokenizer_of
from dfe.events.finding import detect
from dfe.formats.boris import write_boris
from dfe.formats.csv import write_csv
from dfe.formats.elan import write_elan
from dfe.formats.event import Event
from dfe.formats.textgrid import write_textgrid
from dfe.formats.tiers import MediaRef
from dfe.formats.tsv import EventSource, EventTable, is_events_table, read_events_tsv
from dfe.formats.webvtt import write_webvtt
from dfe.recording.recording import Recording


class Writer(Protocol):
    """Writes events into a file of one format."""

    def __call__(
        self, path: Path, events: Sequence[Event], media: MediaRef, source: EventSource, *, overwrite: bool = False
    ) -> Path:
        """Write the file and return its path."""
        ...


WRITERS: Mapping[str, tuple[str, Writer]] = {
    "elan": (".eaf", write_elan),
    "textgrid": (".TextGrid", write_textgrid),
    "boris": (".boris", write_boris),
    "webvtt": (".vtt", write_webvtt),
    "csv": (".csv", write_csv),
}
"""Suffix and writer of each format."""


class Exported(NamedTuple):
    """What was written of one input."""

    name: str
    events: int
    files: tuple[Path, ...]
    linked: bool
    """Whether a video is linked."""


def export_events(
    inputs: Sequence[Path],
    folder: Path,
    formats: Sequence[str],
    *,
    media: Path | None = None,
    names: Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> tuple[Exported, ...]:
    """Write the events of every input in every format, as ``folder/NAME.suffix``; all are read before any is written.

    Args:
        inputs: tables of events (``.tsv``), or recordings, whose events are found with the options by default.
        folder: made if it is not there.
        formats: names of :data:`WRITERS`.
        media: the video that the events lie on, or the folder in which each recording's video lies.
        names: the user's file of names, merges and groups, for recordings; by default DFE_NAMES, or names.json beside
            the tokenizer.
        overwrite: replace files that are there.
        progress: told of inputs done.

    Raises:
        UsageError: no such format, two inputs of one name, one video for several inputs, names for no recording.
        MediaError: a video that is not there or cannot be read.
        TableError: an input that cannot be read.
        OutputError: a file that exists or cannot be written; nothing is written if one exists before.
    """
    if not formats or (unknown := sorted(set(formats) - set(WRITERS))):
        said = repr(unknown[0]) if formats else "none"
        raise UsageError(f"no such format: {said}", advice=f"formats are {', '.join(WRITERS)}")
    if media is not None and not media.is_dir() and len(inputs) > 1:
        raise UsageError("one video for several inputs", where=media, advice="name the folder of their videos instead")
    if names is not None and all(_holds_events(path) for path in inputs):
        advice = "give them to `dfe events`, or export the recordings"
        raise UsageError("tables of events have their names already", where=names, advice=advice)
    targets: dict[str, Path] = {}
    for path in inputs:
        if (name := name_of(path)) in targets:
            raise UsageError(f"two inputs are called {name}", where=path, advice="export them to different folders")
        targets[name] = path
        refuse_existing(*(folder / f"{name}{WRITERS[format][0]}" for format in formats), overwrite=overwrite)
    tables = {name: load_events(path, names) for name, path in targets.items()}
    links = {name: find_media(media, table.source, targets[name]) for name, table in tables.items()}
    done: list[Exported] = []
    for name, table in tables.items():
        files = tuple(
            write(folder / f"{name}{suffix}", table.events, links[name], table.source, overwrite=overwrite)
            for suffix, write in (WRITERS[format] for format in dict.fromkeys(formats))
        )
        done.append(Exported(name, len(table.events), files, links[name].path is not None))
        if progress is not None:
            progress(len(done), len(tables))
    return tuple(done)


def name_of(path: Path) -> str:
    """What files made from an input are called: ``clip`` for ``clip.events.tsv`` and for ``clip.parquet``."""
    return path.stem.removesuffix(".events")


def load_events(path: Path, names: Path | None = None) -> EventTable:
    """Events of a table of events (TSV, or the CSV that a spreadsheet made of it), or of a recording, in which they are
    found with the options by default.

    Args:
        path: of the table or the recording.
        names: of a recording's displays; what :func:`dfe.displays.names.load_names` finds if None.

    Raises:
        TableError: it cannot be read, or is a recording without tokens.
        ModelError: a recording whose tokenizer does not come with the package, or a file of names that does not fit.
    """
    if _holds_events(path):
        return read_events_tsv(path)
    recording = Recording.read(path, landmarks=False)
    tokenizer = tokenizer_of(recording)
    vocabulary = vocabulary_of(tokenizer, load_names(tokenizer, names))
    return EventTable(tuple(detect(recording, tokenizer, vocabulary=vocabulary)), source_of(recording, vocabulary))


def _holds_events(path: Path) -> bool:
    return path.suffix.lower() == ".tsv" or (path.suffix.lower() == ".csv" and is_events_table(path))


def source_of(recording: Recording, vocabulary: Vocabulary) -> EventSource:
    """What a table of a recording's events keeps of the recording."""
    made, clock = recording.provenance, recording.clock()
    return EventSource(
        recording=made.source.name,
        tokenizer=recording.tokenizer_id,
        tokenizer_hash=None if made.tokenizer is None else made.tokenizer.hash,
        duration_s=float(clock.until_s[-1]) if len(clock.times) else None,
        frame_rate=clock.rate,
        merges=vocabulary.notes,
    )


def find_media(media: Path | None, source: EventSource, where: Path) -> MediaRef:
    """The video to link, with its length and rate; without a video those of the recording.

    Raises:
        MediaError: the video is not there or cannot be read.
    """
    known = MediaRef(None, source.duration_s, source.frame_rate)
    if media is None:
        return known
    path = media
    if media.is_dir():
        if source.recording is None:
            advice = "name the video itself with --media"
            raise MediaError("which video belongs to it is not known", where=where, advice=advice)
        path = media / Path(source.recording).name
    if not path.is_file():
        raise MediaError("no such video", where=path, advice="name the video, or the folder it lies in, with --media")
    from dfe.media.film import open_film

    info = open_film([path]).info
    return replace(known, path=path, duration_s=info.duration_s, frame_rate=info.frame_rate)
