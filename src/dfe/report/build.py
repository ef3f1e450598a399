"""The page of a recording: its rows and its tokenizer's templates, put together as a view and written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dfe.base.files import replacing
from dfe.displays.names import Names, load_names
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.draw.colours import heat_stops
from dfe.media.inputs import Source
from dfe.pages.view import RecordingView, StillFace
from dfe.recording.recording import Recording
from dfe.recording.summary import fleeting_note
from dfe.report.people import heat_mm, people_of_film, people_of_stills
from dfe.report.thumbnails import still_thumbnails, video_thumbnails

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
        coverage=summary.coverage,
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
        heat_stops=() if tokenizer is None else heat_stops(heat_mm(tokenizer)),
        thumbnails=video_thumbnails(pictured, recording.times[seen], source.frame_rate)
        if pictured and not stills
        else (),
        warnings=(*recording.provenance.notes, *fleeting_note(recording), *_merged(words)),
    )


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
