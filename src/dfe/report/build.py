"""The page of a recording: its rows and its tokenizer's templates, put together as a view and written."""

from __future__ import annotations

import functools
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dfe.base.files import replacing
from dfe.base.types import BoolArray, CodeArray, DoubleArray, FloatArray
from dfe.displays.names import Names, load_names
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.draw.colours import heat_stops
from dfe.draw.templates import heat_scale, template_pictures
from dfe.media.inputs import Source
from dfe.pages.spans import StateSpans, state_spans, token_spans
from dfe.pages.view import (
    NOT_FOUND,
    NOT_USABLE,
    USABLE,
    FaceTrack,
    ReasonCount,
    RecordingView,
    StillFace,
    TokenCard,
)
from dfe.recording.recording import Recording
from dfe.recording.summary import NOT_SAID, RecordingSummary
from dfe.report.thumbnails import still_thumbnails, video_thumbnails
from dfe.report.units import unit_rows

if TYPE_CHECKING:
    from dfe.tokenizer.tokenizer import Tokenizer

FIRST = 2
"""Tokens of a face that count as displays in the gallery if later ones correct these: in a residual tokenizer."""
CARDS = 16
"""Tokens shown in the gallery, the most used."""
_LISTED = 6
"""Faces named in the line about those that are left out."""


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
    times = recording.times
    quality = None if stills else _quality(recording)
    words = None if tokenizer is None else vocabulary_of(tokenizer, names)
    return RecordingView(
        name=source.name,
        kind="stills" if stills else "video",
        frames=summary.frames,
        faces=summary.face_rows if stills else summary.faces,
        coverage=summary.coverage,
        usable_share=summary.usable_share,
        duration_s=summary.duration_s,
        frame_rate=summary.frame_rate,
        tracks=() if stills else _tracks(recording, words),
        stills=_stills(recording, pictured) if stills else (),
        share_basis="usable" if recording.usable.any() else "found",
        ladder_mm=() if tokenizer is None else tokenizer.displays().ladder_mm,
        cards=() if tokenizer is None or words is None else _cards(recording, tokenizer, names, words),
        units=()
        if tokenizer is None or words is None
        else unit_rows(recording, tokenizer, words, _counted_rows(recording)),
        quality=quality,
        reasons=_reasons(summary, quality),
        provenance=_told(recording),
        tokenizer="" if tokenizer is None else tokenizer.id,
        book_size=None if tokenizer is None else tokenizer.size - 1,
        heat_stops=() if tokenizer is None else heat_stops(_heat_mm(tokenizer)),
        thumbnails=video_thumbnails(pictured, times[recording.success], source.frame_rate)
        if pictured and not stills
        else (),
        warnings=(*recording.provenance.notes, *_left_out(recording), *_merged(words)),
    )


def _quality(recording: Recording) -> StateSpans:
    """The recording's time in stretches with a usable face, with another, and without any, and why."""
    state = np.where(recording.usable, USABLE, np.where(recording.success, NOT_USABLE, NOT_FOUND))
    why = np.where(recording.success, recording.column("why_not"), recording.column("reason"))
    times = recording.times
    rows = np.lexsort((state, times))
    best = rows[np.diff(times[rows], prepend=-np.inf) > 0]
    seen = [recording.seen(recording.usable), recording.seen(recording.success)]
    return state_spans(recording.clock(), seen, state[best], why[best].tolist())


def _reasons(summary: RecordingSummary, quality: StateSpans | None) -> tuple[ReasonCount, ...]:
    """Why there is no face, or no usable one, with rows and the share of time (of pictures, of their number)."""
    counts = {(NOT_FOUND, reason): n for reason, n in summary.failures.items()}
    counts |= {(NOT_USABLE, reason): n for reason, n in summary.not_usable.items()}
    if quality is None:
        shares = {key: n / max(summary.frames, 1) for key, n in counts.items()}
    else:
        shares = dict.fromkeys(counts, 0.0)
        for start, end, state, reason in zip(*vars(quality).values(), strict=True):
            if state != USABLE:
                key = int(state), reason or NOT_SAID
                shares[key] = shares.get(key, 0.0) + (end - start) / (summary.duration_s or 1.0)
    return tuple(ReasonCount(*key, counts.get(key, 0), share) for key, share in shares.items())


def _merged(words: Vocabulary | None) -> tuple[str, ...]:
    return () if words is None else tuple(f"{note[0].upper()}{note[1:]}." for note in words.notes)


def _tracks(recording: Recording, words: Vocabulary | None) -> tuple[FaceTrack, ...]:
    times, ids = recording.times, recording.face_ids
    tokens = recording.tokens() if words is None else words.merged(recording.tokens())
    spans = token_spans(recording.frames, times, tokens.display, ids)
    tracks = []
    fleeting = recording.summary().fleeting
    for face, of_face in spans.items():
        if face in fleeting:
            continue
        rows = ids == face
        pitch, yaw, roll = recording.poses[rows].T
        where = _whereabouts(recording.boxes[rows], recording.provenance.source.width)
        tracks.append(FaceTrack(face, of_face, times[rows].tolist(), yaw, pitch, roll, where))
    return tuple(tracks)


def _left_out(recording: Recording) -> tuple[str, ...]:
    """One line about the faces that are seen for a moment only; none if there are none."""
    fleeting = recording.summary().fleeting
    if not fleeting:
        return ()
    ids, times = recording.face_ids, recording.times
    named = [f"face {face} ({time:.2f} s from {times[ids == face].min():.2f} s)" for face, time in fleeting.items()]
    listed = ", ".join(named[:_LISTED]) + (f" and {len(named) - _LISTED} more" if len(named) > _LISTED else "")
    return (f"Left out here, since seen for a moment only and perhaps no face: {listed}.",)


def _whereabouts(boxes: FloatArray, picture_width: int | None) -> str:
    """As ``on the picture's left, 73 px wide``, from the boxes ``(n, 4)`` of one face."""
    x, _, width, _ = np.median(boxes, axis=0).tolist()
    size = f"{width:.0f} px wide"
    if not picture_width:
        return size
    thirds = ("on the picture's left", "in the middle of the picture", "on the picture's right")
    return f"{thirds[min(2, max(0, int(3 * (x + width / 2) / picture_width)))]}, {size}"


def _stills(recording: Recording, pictured: Source | None) -> tuple[StillFace, ...]:
    said, usable = recording.tokens().display, recording.usable
    names, why = recording.column("source").tolist(), recording.column("why_not").tolist()
    thumbnails = still_thumbnails(pictured) if pictured else {}
    return tuple(
        StillFace(name, int(face), tuple(row), bool(good), note or "", thumbnails.get(name))
        for name, face, row, good, note in zip(names, recording.face_ids, said.tolist(), usable, why, strict=True)
    )


def _cards(recording: Recording, tokenizer: Tokenizer, names: Names | None, words: Vocabulary) -> tuple[TokenCard, ...]:
    names = load_names(tokenizer) if names is None else names
    rows = _counted_rows(recording)
    seconds = recording.seconds(rows)[rows]
    said = words.merged(recording.tokens()).display[rows]
    counted = said if tokenizer.agreeing else said[:, :FIRST]
    anywhere, first = _time_by_display(said, seconds), _time_by_display(counted, seconds)
    frames = _time_by_display(counted, np.ones(len(said)))
    total = float(seconds.sum()) or 1.0
    unsteady = words.unsteady
    called = {merge.displays[0]: merge.name for merge in words.merges}
    most = sorted(anywhere, key=lambda d: (d in unsteady, -first[d], -anywhere[d], d))[:CARDS]
    described = tokenizer.displays().described
    return tuple(
        TokenCard(
            code=d,
            words=called.get(d) or names.title(d, described[d].words),
            side="both" if described[d].side == "symmetric" else described[d].side,
            share_of_time=first[d] / total,
            later_share=(anywhere[d] - first[d]) / total,
            frames_used=round(frames[d]),
            pictures=_pictures(tokenizer, d),
            strongest=described[d].strongest,
            rms_mm=described[d].energy_mm,
            locality=described[d].locality,
            unsteady=d in unsteady,
        )
        for d in most
    )


def _counted_rows(recording: Recording) -> BoolArray:
    """Rows that count: usable ones if there are any, of faces that are seen for more than a moment."""
    rows = recording.usable if recording.usable.any() else recording.success
    return rows & ~np.isin(recording.face_ids, list(recording.summary().fleeting))


def _time_by_display(said: CodeArray, seconds: DoubleArray) -> Counter[int]:
    """Time of the rows that say each display, at whatever place; a row counts once."""
    used: Counter[int] = Counter()
    for row, time in zip(said.tolist(), seconds.tolist(), strict=True):
        for display in {display for display in row if display > 0}:
            used[display] += time
    return used


@functools.lru_cache(maxsize=4)
def _heat_mm(tokenizer: Tokenizer) -> float:
    return heat_scale(tokenizer.space, tokenizer.templates())


@functools.lru_cache(maxsize=1024)
def _pictures(tokenizer: Tokenizer, display: int) -> tuple[bytes, ...]:
    """Front and three-quarter view of what a display adds to the population's neutral face."""
    pictures = template_pictures(
        tokenizer.space,
        tokenizer.templates()[display : display + 1],
        neutral=tokenizer.neutral,
        heat_max_mm=_heat_mm(tokenizer),
    )
    return pictures.front[0], pictures.turned[0]


def _told(recording: Recording) -> dict[str, Any]:
    """The provenance for reading: resting faces without their hundreds of numbers, which the table keeps."""
    content: dict[str, Any] = json.loads(recording.provenance.to_json())
    notes = content.pop("resting")
    for note in notes:
        whose = "every face" if note["face"] is None else f"face {note['face']}"
        kept = {name: value for name, value in note.items() if name not in ("face", "numbers") and value is not None}
        content.setdefault("resting face", {})[whose] = kept
    return content
