"""Each person of a recording by itself: when the face is usable and why not, and which displays it shows."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from typing import Literal

import numpy as np

from dfe.base.types import BoolArray, CodeArray, DoubleArray, FloatArray
from dfe.displays.names import Names
from dfe.displays.vocabulary import Vocabulary
from dfe.draw.templates import heat_scale, template_pictures
from dfe.pages.course import Course, Mark
from dfe.pages.spans import StateSpans
from dfe.pages.view import NOT_FOUND, NOT_USABLE, USABLE, Person, ReasonCount, TokenCard
from dfe.recording.faces import FaceTrack, list_faces
from dfe.recording.recording import Recording
from dfe.recording.summary import NOT_SAID
from dfe.report.courses import HALVES, course_of, marks_of
from dfe.report.states import covered_of, quality_of
from dfe.report.units import events_of, events_per_minute, unit_rows
from dfe.tokenizer.tokenizer import Tokenizer

FIRST = 2
"""Tokens of a face that count as displays in the gallery if later ones correct these: in a residual tokenizer."""
CARDS, CARDS_OF_MANY = 16, 8
"""Tokens shown in a person's gallery, the most used; of each, where there are more than two people."""
_Basis = Literal["usable", "found"]


def people_of_film(
    recording: Recording, tokenizer: Tokenizer | None, names: Names | None, words: Vocabulary | None
) -> tuple[Person, ...]:
    """Everybody who is seen for more than a moment, in order of their ids; one person without a face if nobody is.

    Args:
        recording: of a film.
        tokenizer: that made its tokens, if it has any.
        names: what its displays are called; needed with a tokenizer.
        words: merges and groups of its displays; needed with a tokenizer.
    """
    fleeting = recording.summary().fleeting
    lasting = [track for track in list_faces(recording) if track.face_id not in fleeting]
    if not lasting:
        quality = quality_of(recording, np.zeros(len(recording), np.bool_))
        course = Course(None, np.zeros(0), np.zeros(0), quality=quality, covered=covered_of(quality))
        return (Person(None, course=course, reasons=_shares(recording, quality)),)
    found = None if tokenizer is None or words is None else events_of(recording, tokenizer, words)
    marks = marks_of(found or ())
    per_min = events_per_minute(found)
    most = CARDS if len(lasting) <= 2 else CARDS_OF_MANY
    return tuple(
        _person(recording, track, marks.get(track.face_id, ()), tokenizer, names, words, per_min, most)
        for track in lasting
    )


def people_of_stills(
    recording: Recording, tokenizer: Tokenizer | None, names: Names | None, words: Vocabulary | None
) -> tuple[Person, ...]:
    """All faces of still pictures as one, since nobody says which of them are the same person's."""
    summary = recording.summary()
    counts = {(NOT_FOUND, reason): n for reason, n in summary.failures.items()}
    counts |= {(NOT_USABLE, reason): n for reason, n in summary.not_usable.items()}
    cards, basis = _cards(recording, recording.success, tokenizer, names, words, CARDS)
    units = () if words is None else unit_rows(recording, words, _counted(recording, recording.success), {})
    reasons = tuple(ReasonCount(*key, n, n / max(summary.frames, 1)) for key, n in counts.items())
    return (Person(None, summary.found_share, summary.usable_share, cards, units, basis, reasons=reasons),)


def _person(
    recording: Recording,
    track: FaceTrack,
    marks: tuple[Mark, ...],
    tokenizer: Tokenizer | None,
    names: Names | None,
    words: Vocabulary | None,
    per_min: Mapping[tuple[int, str], float],
    most: int,
) -> Person:
    mine = recording.face_ids == track.face_id
    counted = _counted(recording, mine)
    cards, basis = _cards(recording, mine, tokenizer, names, words, most)
    own = {token: value for (face, token), value in per_min.items() if face == track.face_id}
    course = course_of(recording, track.face_id, tokenizer, words, marks, counted)
    return Person(
        face_id=track.face_id,
        found_share=track.share,
        usable_share=track.usable_share,
        cards=cards,
        units=() if words is None else unit_rows(recording, words, counted, own),
        share_basis=basis,
        course=course,
        reasons=() if course.quality is None else _shares(recording, course.quality),
        whereabouts=whereabouts(recording.boxes[mine], recording.provenance.source.width),
    )


def _shares(recording: Recording, quality: StateSpans) -> tuple[ReasonCount, ...]:
    """Why there is no face, or no usable one, with the share of time and the frames in it; the longest first."""
    clock = recording.clock()
    share: Counter[tuple[int, str]] = Counter()
    frames: Counter[tuple[int, str]] = Counter()
    for start, end, state, reason in zip(*vars(quality).values(), strict=True):
        if state != USABLE:
            key = int(state), reason or NOT_SAID
            share[key] += (end - start) / (clock.duration_s or 1.0)
            frames[key] += int(np.searchsorted(clock.times, end) - np.searchsorted(clock.times, start))
    return tuple(ReasonCount(*key, frames[key], part) for key, part in share.most_common())


def whereabouts(boxes: FloatArray, picture_width: int | None) -> str:
    """As ``on the picture's left, 73 px wide``, from the boxes ``(n, 4)`` of one face; empty where none is known."""
    known = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(known):
        return ""
    x, _, width, _ = np.median(known, axis=0).tolist()
    size = f"{width:.0f} px wide"
    if not picture_width:
        return size
    thirds = ("on the picture's left", "in the middle of the picture", "on the picture's right")
    return f"{thirds[min(2, max(0, int(3 * (x + width / 2) / picture_width)))]}, {size}"


def _counted(recording: Recording, mine: BoolArray) -> BoolArray:
    """A person's usable rows if there are any, else all with the face."""
    usable = mine & recording.usable
    return usable if usable.any() else mine & recording.success


def _cards(
    recording: Recording,
    mine: BoolArray,
    tokenizer: Tokenizer | None,
    names: Names | None,
    words: Vocabulary | None,
    most: int,
) -> tuple[tuple[TokenCard, ...], _Basis]:
    """The displays that a person's rows show most, counted in the usable ones if there are any; and which count."""
    basis: _Basis = "usable" if (mine & recording.usable).any() else "found"
    rows = _counted(recording, mine)
    if tokenizer is None or names is None or words is None:
        return (), basis
    seconds = recording.seconds(rows)[rows]
    said = words.merged(recording.tokens()).display[rows]
    counted = said if tokenizer.agreeing else said[:, :FIRST]
    anywhere, first = _time_by_display(said, seconds), _time_by_display(counted, seconds)
    frames = _time_by_display(counted, np.ones(len(said)))
    total = float(seconds.sum()) or 1.0
    unsteady = words.unsteady
    called = {merge.displays[0]: merge.name for merge in words.merges}
    shown = sorted(anywhere, key=lambda d: (d in unsteady, -first[d], -anywhere[d], d))[:most]
    described = tokenizer.displays().described
    cards = tuple(
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
            half=HALVES.get(described[d].region, 0),
            unsteady=d in unsteady,
        )
        for d in shown
    )
    return cards, basis


def _time_by_display(said: CodeArray, seconds: DoubleArray) -> Counter[int]:
    """Time of the rows that say each display, at whatever place; a row counts once."""
    used: Counter[int] = Counter()
    for row, time in zip(said.tolist(), seconds.tolist(), strict=True):
        for display in {display for display in row if display > 0}:
            used[display] += time
    return used


def heat_mm(tokenizer: Tokenizer) -> float:
    """Millimetres at the end of the colours of a tokenizer's pictures."""
    return heat_scale(tokenizer.space, tokenizer.templates())


@functools.lru_cache(maxsize=1024)
def _pictures(tokenizer: Tokenizer, display: int) -> tuple[bytes, ...]:
    """Front and three-quarter view of what a display adds to the population's neutral face; none without a mesh."""
    if not tokenizer.space.has_surface:
        return ()
    pictures = template_pictures(
        tokenizer.space,
        tokenizer.templates()[display : display + 1],
        neutral=tokenizer.neutral,
        heat_max_mm=heat_mm(tokenizer),
    )
    return pictures.front[0], pictures.turned[0]
