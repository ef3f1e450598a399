"""The page of a recording: its rows and its tokenizer's templates, put together as a view and written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dfe.base.errors import DfeError, UsageError
from dfe.base.files import refuse_existing, replacing
from dfe.base.types import Progress
from dfe.displays.names import Names, load_names
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.draw.colours import heat_stops
from dfe.events.find import tokenizer_of
from dfe.frontends.registry import find_front_end
from dfe.media.inputs import Source
from dfe.pages.view import RecordingView, StillFace
from dfe.recording.recording import Recording
from dfe.recording.summary import fleeting_note
from dfe.report.people import heat_mm, people_of_film, people_of_stills
from dfe.report.thumbnails import still_thumbnails, video_thumbnails
from dfe.tokenizer.file import load_tokenizer

if TYPE_CHECKING:
    from dfe.tokenizer.tokenizer import Tokenizer


def write_report(
    recording: Recording,
    target: Path,
    tokenizer: Tokenizer | None,
    pictured: Source | None = None,
    *,
    names: Names | None = None,
    overwrite: bool = False,
) -> None:
    """Write the page of a recording; with ``pictured`` it also shows small pictures of the person, from that source.

    Displays go by the user's names: ``names``, or what :func:`dfe.displays.names.load_names` finds.

    Raises:
        ModelError: a file of names that does not fit the tokenizer.
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    from dfe.report.recording_page import recording_page

    page = recording_page(recording_view(recording, tokenizer, pictured, names))
    with replacing(target, overwrite=overwrite) as (file,):
        file.write(page.encode("utf-8", "replace"))


class Reported(NamedTuple):
    """What :func:`write_reports` did."""

    pages: tuple[Path, ...]
    problems: tuple[DfeError, ...]


def write_reports(
    recordings: Sequence[Path],
    folder: Path,
    *,
    tokenizer: str | None = None,
    names: Path | None = None,
    media: Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Reported:
    """Write the page of each recording as ``folder/NAME.html``; one that fails does not stop the others.

    Args:
        recordings: tables.
        folder: made if it is not there.
        tokenizer: name or folder of the one that made the tokens; by default the packaged one that a recording names.
        names: the user's file of names, merges and groups.
        media: the video, or the folder that the videos are in, from which small pictures of the person are taken; None:
            no page holds one.
        overwrite: replace pages that are there.
        progress: told of recordings done.

    Raises:
        UsageError: two recordings of one name.
        OutputError: a page that exists (without ``overwrite``); nothing is written then.
    """
    targets: dict[Path, Path] = {}
    for path in recordings:
        target = folder / f"{path.stem}.html"
        if target in targets:
            raise UsageError(f"two recordings are called {path.stem}", where=path, advice="write them to two folders")
        refuse_existing(target, overwrite=overwrite)
        targets[target] = path
    pages, problems = [], []
    for done, (target, path) in enumerate(targets.items(), start=1):
        try:
            recording = Recording.read(path, landmarks=False)
            made = None
            if recording.levels:
                made = tokenizer_of(recording) if tokenizer is None else load_tokenizer(tokenizer)
            called = None if made is None else load_names(made, names)
            write_report(recording, target, made, _pictured(recording, media), names=called, overwrite=overwrite)
            pages.append(target)
        except DfeError as error:
            problems.append(error)
        if progress is not None:
            progress(done, len(targets))
    return Reported(tuple(pages), tuple(problems))


def _pictured(recording: Recording, media: Path | None) -> Source | None:
    source = recording.provenance.source
    if media is None:
        return None
    path = media / Path(source.name).name if media.is_dir() else media
    if source.kind != "video":
        raise UsageError(
            "is of no video, so no pictures can be taken from one", where=source.name, advice="leave --media out"
        )
    if not path.is_file():
        raise UsageError("there is no such video", where=path, advice="name it, or the folder it lies in, with --media")
    return Source(source.name, "video", (path,))


def recording_view(
    recording: Recording,
    tokenizer: Tokenizer | None,
    pictured: Source | None = None,
    names: Names | None = None,
) -> RecordingView:
    """Everything that the page shows, as plain data."""
    source = recording.provenance.source
    summary = recording.summary()
    stills = source.kind == "stills"
    words = None if tokenizer is None else vocabulary_of(tokenizer, names)
    named = None if tokenizer is None else names or load_names(tokenizer)
    seen = recording.success & ~np.isin(recording.face_ids, list(summary.fleeting))
    return RecordingView(
        name=source.name,
        kind="stills" if stills else "video",
        frames=summary.frames,
        faces=summary.face_rows if stills else summary.faces,
        found_share=summary.found_share,
        usable_share=summary.usable_share,
        duration_s=summary.duration_s,
        frame_rate=summary.frame_rate,
        people=(people_of_stills if stills else people_of_film)(recording, tokenizer, named, words),
        stills=_stills(recording, pictured) if stills else (),
        ladder_mm=() if tokenizer is None else tokenizer.displays().ladder_mm,
        agreeing=tokenizer is not None and tokenizer.agreeing,
        provenance=_told(recording),
        tokenizer="" if tokenizer is None else tokenizer.id,
        book_size=None if tokenizer is None else tokenizer.size - 1,
        heat_stops=() if tokenizer is None or not tokenizer.space.has_surface else heat_stops(heat_mm(tokenizer)),
        origin=_origin(recording),
        thumbnails=video_thumbnails(pictured, recording.times[seen], source.frame_rate)
        if pictured and not stills
        else (),
        warnings=(*recording.provenance.notes, *fleeting_note(recording), *_merged(words)),
    )


def _origin(recording: Recording) -> str:
    """What was measured: a video, pictures, or a table of another tool, and of which kind."""
    kind = recording.provenance.source.kind
    if kind != "table":
        return "Still pictures" if kind == "stills" else "Video"
    name = str(recording.provenance.frontend.get("name", ""))
    try:
        title = find_front_end(name).title
    except DfeError:
        title = name or "its kind is not told"
    return f"Table of another tool: {title}"


def _merged(words: Vocabulary | None) -> tuple[str, ...]:
    return () if words is None else tuple(f"{note[0].upper()}{note[1:]}." for note in words.notes)


def _stills(recording: Recording, pictured: Source | None) -> tuple[StillFace, ...]:
    said, usable = recording.tokens().display, recording.usable
    names, why = recording.column("source").tolist(), recording.column("why_not").tolist()
    thumbnails = still_thumbnails(pictured) if pictured else {}
    return tuple(
        StillFace(name, int(face), tuple(row), bool(good), note or "", thumbnails.get(name))
        for name, face, row, good, note in zip(names, recording.face_ids, said.tolist(), usable, why, strict=True)
    )


def _told(recording: Recording) -> dict[str, Any]:
    """The provenance for reading: resting faces without their hundreds of numbers, which the table keeps."""
    content: dict[str, Any] = json.loads(recording.provenance.to_json())
    notes = content.pop("resting")
    for note in notes:
        whose = "every face" if note["face"] is None else f"face {note['face']}"
        kept = {name: value for name, value in note.items() if name not in ("face", "numbers") and value is not None}
        content.setdefault("resting face", {})[whose] = kept
    return content
