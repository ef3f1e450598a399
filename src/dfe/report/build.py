"""The page of a recording: its rows and its tokenizer's templates, put together as a view and written."""

from __future__ import annotations

import functools
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dfe.base.files import replacing
from dfe.base.types import BoolArray, CodeArray, DoubleArray, FloatArray
from dfe.displays.describe import TokenDescription, describe_tokens
from dfe.displays.names import Names, load_names
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

if TYPE_CHECKING:
    from dfe.tokenizer.tokenizer import Tokenizer

FIRST = 2
"""Tokens of a face that count as displays in the gallery if later ones correct these: in a residual tokenizer."""
CARDS = 16
"""Tokens shown in the gallery, the most used."""


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
    return RecordingView(
        name=source.name,
        kind="stills" if stills else "video",
        frames=summary.frames,
        faces=summary.face_rows if stills else summary.faces,
        coverage=summary.coverage,
        usable_share=summary.usable_share,
        duration_s=summary.duration_s,
        frame_rate=summary.frame_rate,
        tracks=() if stills else _tracks(recording, tokenizer),
        stills=_stills(recording, tokenizer, pictured) if stills else (),
        share_basis="usable" if recording.usable.any() else "found",
        steps_mm=tuple(tokenizer.gains.tolist()) if tokenizer is not None and tokenizer.graded else (),
        weakest_gain=None if tokenizer is None or tokenizer.graded else float(tokenizer.gains.min()),
        cards=() if tokenizer is None else _cards(recording, tokenizer, names or load_names(tokenizer)),
        quality=quality,
        reasons=_reasons(summary, quality),
        provenance=json.loads(recording.provenance.to_json()),
        tokenizer="" if tokenizer is None else tokenizer.id,
        book_size=None if tokenizer is None else tokenizer.size - 1,
        heat_stops=() if tokenizer is None else heat_stops(_heat_mm(tokenizer)),
        thumbnails=video_thumbnails(pictured, times[recording.success]) if pictured and not stills else (),
        warnings=recording.provenance.warnings,
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


def _said(recording: Recording, tokenizer: Tokenizer | None) -> CodeArray:
    """Which token of the book each code of the table says, ``(n, N)``; 0 nothing, -1 no face."""
    codes = recording.tokens()
    return codes if tokenizer is None else tokenizer.said(codes).astype(np.int16)


def _tracks(recording: Recording, tokenizer: Tokenizer | None) -> tuple[FaceTrack, ...]:
    times, ids = recording.times, recording.face_ids
    spans = token_spans(recording.frames, times, _said(recording, tokenizer), ids)
    tracks = []
    for face, of_face in spans.items():
        rows = ids == face
        pitch, yaw, roll = recording.poses[rows].T
        where = _whereabouts(recording.boxes[rows], recording.provenance.source.width)
        tracks.append(FaceTrack(face, of_face, times[rows].tolist(), yaw, pitch, roll, where))
    return tuple(tracks)


def _whereabouts(boxes: FloatArray, picture_width: int | None) -> str:
    """As ``on the picture's left, 73 px wide``, from the boxes ``(n, 4)`` of one face."""
    x, _, width, _ = np.median(boxes, axis=0).tolist()
    size = f"{width:.0f} px wide"
    if not picture_width:
        return size
    thirds = ("on the picture's left", "in the middle of the picture", "on the picture's right")
    return f"{thirds[min(2, max(0, int(3 * (x + width / 2) / picture_width)))]}, {size}"


def _stills(recording: Recording, tokenizer: Tokenizer | None, pictured: Source | None) -> tuple[StillFace, ...]:
    codes, usable = _said(recording, tokenizer), recording.usable
    names, why = recording.column("source").tolist(), recording.column("why_not").tolist()
    thumbnails = still_thumbnails(pictured) if pictured else {}
    return tuple(
        StillFace(name, int(face), tuple(row), bool(good), note or "", thumbnails.get(name))
        for name, face, row, good, note in zip(names, recording.face_ids, codes.tolist(), usable, why, strict=True)
    )


def _cards(recording: Recording, tokenizer: Tokenizer, names: Names) -> tuple[TokenCard, ...]:
    rows = _counted_rows(recording)
    seconds = recording.seconds(rows)[rows]
    codes = _said(recording, tokenizer)[rows]
    counted = codes if tokenizer.graded else codes[:, :FIRST]
    anywhere, first = _time_by_code(codes, seconds), _time_by_code(counted, seconds)
    frames = _time_by_code(counted, np.ones(len(codes)))
    total = float(seconds.sum()) or 1.0
    unsteady = set(tokenizer.unsteady)
    most = sorted(anywhere, key=lambda code: (code in unsteady, -first[code], -anywhere[code], code))[:CARDS]
    described = _descriptions(tokenizer)
    return tuple(
        TokenCard(
            code=code,
            words=names.title(code, described[code].words),
            side="both" if described[code].side == "symmetric" else described[code].side,
            share_of_time=first[code] / total,
            later_share=(anywhere[code] - first[code]) / total,
            frames_used=round(frames[code]),
            pictures=_pictures(tokenizer, code),
            strongest=described[code].strongest,
            rms_mm=described[code].energy_mm,
            locality=described[code].locality,
            unsteady=code in unsteady,
        )
        for code in most
    )


def _counted_rows(recording: Recording) -> BoolArray:
    return recording.usable if recording.usable.any() else recording.success


def _time_by_code(codes: CodeArray, seconds: DoubleArray) -> Counter[int]:
    """Time of the rows that use each code, at whatever column; a row counts once."""
    used: Counter[int] = Counter()
    for row, time in zip(codes.tolist(), seconds.tolist(), strict=True):
        for code in {code for code in row if code > 0}:
            used[code] += time
    return used


@functools.lru_cache(maxsize=4)
def _descriptions(tokenizer: Tokenizer) -> tuple[TokenDescription, ...]:
    return describe_tokens(tokenizer.templates(), tokenizer.space)


@functools.lru_cache(maxsize=4)
def _heat_mm(tokenizer: Tokenizer) -> float:
    return heat_scale(tokenizer.space, tokenizer.templates())


@functools.lru_cache(maxsize=1024)
def _pictures(tokenizer: Tokenizer, code: int) -> tuple[bytes, ...]:
    """Front and three-quarter view of what a code adds to the population's neutral face."""
    pictures = template_pictures(
        tokenizer.space,
        tokenizer.templates()[code : code + 1],
        neutral=tokenizer.neutral,
        heat_max_mm=_heat_mm(tokenizer),
    )
    return pictures.front[0], pictures.turned[0]
