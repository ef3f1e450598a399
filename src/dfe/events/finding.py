"""From the frame tokens of a recording to its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import DfeError, ModelError, TableError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.clock.clock import GAP_S, Clock, face_clocks
from dfe.clock.resampling import Timeline
from dfe.clock.spans import contains, spans
from dfe.displays.displays import WithDisplays
from dfe.displays.units import EYES, LIDS, Unit
from dfe.displays.vocabulary import Vocabulary, plain_vocabulary
from dfe.events.blink import find_blinks
from dfe.events.config import EventConfig
from dfe.events.found import EventList, FaceTime
from dfe.events.gaze import SHIFT, find_shifts
from dfe.events.hysteresis import Runs, runs
from dfe.formats.event import Event, Kind
from dfe.recording.eyes import EyeSignals, eye_signals
from dfe.recording.neutrals import neutral_of, resting_notes
from dfe.recording.recording import Recording
from dfe.recording.summary import fleeting_faces, fleeting_note

Speech = Mapping[int, ArrayLike | Iterable[tuple[float, float]]]
"""Stretches of speech, start and end in seconds, of each face whose speech is known."""


def detect(
    recording: Recording,
    coder: WithDisplays,
    config: EventConfig | None = None,
    *,
    speech: Speech | None = None,
    vocabulary: Vocabulary | None = None,
) -> EventList:
    """Displays of skin and eyes, groups, blinks and shifts of gaze in a recording with tokens.

    Args:
        recording: with tokens and presentation times.
        coder: the tokenizer that made the tokens.
        config: thresholds.
        speech: when the owners of the faces speak; a face that is not in it has unknown speech.
        vocabulary: names, merges and groups of the displays; without one displays go by their number, and there are no
            groups.

    Raises:
        TableError: no rows, no tokens, still pictures, too few frames a second, or tokens that no tokenizer of this
            kind makes.
        ModelError: the tokens are those of another tokenizer.
    """
    config = config or EventConfig()
    _check(recording, coder)
    tokens, times, ids = recording.tokens(), recording.times, recording.face_ids
    valid = recording.success & np.isfinite(times) & (tokens.display >= 0).any(axis=1)
    if not config.all_rows:
        valid &= recording.usable
    fleeting = fleeting_faces(recording)
    if not config.fleeting:
        valid &= ~np.isin(ids, list(fleeting))
    whole = recording.clock()
    _check_rate(recording, whole)
    displays = coder.displays()
    if len(strange := displays.unknown(tokens)):
        where = f"{recording.provenance.source.name}, row {int(strange[0])}"
        raise ModelError(f"has a token that tokenizer {coder.id} does not know", where=where)
    vocabulary = plain_vocabulary(coder) if vocabulary is None else vocabulary
    units = vocabulary.units(config.unsteady)
    looks = eye_signals(recording, valid)
    lids, gaze = _measured(recording, "blinks", valid), _measured(recording, "gaze", valid)
    if lids is None and looks is not None and np.isfinite(looks.closed[valid]).any():
        lids = looks.closed
    events: list[Event] = []
    faces: list[FaceTime] = []
    for face, rows, clock in face_clocks(recording.frames, times, ids, valid):
        talk = None if speech is None or face not in speech else spans(speech[face])
        time = Timeline.of(clock, rate=config.rate, smoothing_s=config.smoothing_s)
        for unit, amount in chain(vocabulary.signals(tokens.at(rows), config.unsteady), _of_eyes(looks, rows)):
            found = _runs_of(unit, time.smoothed(amount), time, config)
            number = unit.displays[0] if unit.kind == "display" else 0
            events += _events(face, unit.kind, number, found, [unit.label] * len(found), unit.region, talk)
        face_lids, face_gaze = _of_face(lids, rows), _of_face(gaze, rows)
        if face_lids is not None:
            found = find_blinks(clock, face_lids, config)
            events += _events(face, "blink", 0, found, ["blink"] * len(found), "eyes", talk)
        if face_gaze is not None:
            shifts = find_shifts(clock, face_gaze, face_lids, config)
            labels = [f"{SHIFT} {direction}" for direction in shifts.direction]
            events += _events(face, "gaze", 0, shifts.runs, labels, "eyes", talk)
        known = looks is not None and bool(np.isfinite(looks.amount[rows][:, len(LIDS) :]).any())
        faces.append(
            FaceTime(face, clock.spans, clock.stretches, talk, face_gaze is not None, face_lids is not None, known)
        )
    events.sort(key=lambda e: (e.onset_s, e.face_id, e.kind, e.display, e.label))
    return EventList(
        events=tuple(events),
        source=recording.provenance.source.name,
        duration_s=whole.duration_s,
        faces=tuple(faces),
        config=config,
        tokenizer=recording.tokenizer_id or coder.id,
        names={unit.displays[0]: vocabulary.names[unit.displays[0]] for unit in units if unit.kind == "display"},
        groups=tuple(unit for unit in units if unit.kind == "group"),
        fleeting=fleeting,
        usual={} if looks is None else {face.face_id: looks.usual[face.face_id] for face in faces},
        resting={face.face_id: neutral_of(recording, face.face_id) for face in faces},
        notes=(
            *vocabulary.notes,
            *_notes(recording, valid, config, faces, vocabulary, speech),
            *_usual(looks, faces),
            *resting_notes(recording, [face.face_id for face in faces]),
        ),
    )


def _check(recording: Recording, coder: WithDisplays) -> None:
    made, where = recording.provenance.tokenizer, recording.provenance.source.name
    if not len(recording):
        raise TableError("has no rows, so it has no events", where=where)
    if not recording.levels:
        raise TableError("has no tokens", where=where, advice="encode it with dfe encode")
    if not np.isfinite(recording.times).any():
        raise TableError("holds still pictures: without time there are no events", where=where)
    own = getattr(coder, "hash", None)
    if made is not None and own is not None and made.hash != own:
        raise ModelError(
            f"its tokens are those of {made.id} ({made.hash[:8]}), not of {coder.id} ({str(own)[:8]})",
            where=where,
            advice="name the tokenizer that encoded it, or encode it again",
        )


def _check_rate(recording: Recording, whole: Clock) -> None:
    if whole.step_s > GAP_S + 1e-6:
        raise TableError(
            f"has {1 / whole.step_s:.2g} frames a second; events need at least {1 / GAP_S:.2g}",
            where=recording.provenance.source.name,
            advice="encode it without --every",
        )


def _runs_of(unit: Unit, signal: DoubleArray, time: Timeline, config: EventConfig) -> Runs:
    factor = config.group_factor if unit.kind == "group" and len(unit.displays) > 1 else 1.0
    on, off = unit.on or factor * config.on_mm, unit.off or factor * config.off_mm
    min_s = config.min_s if unit.min_s is None else unit.min_s
    return runs(signal, time, on=on, off=off, min_s=min_s, merge_s=config.merge_s)


def _of_eyes(looks: EyeSignals | None, rows: IntArray) -> Iterator[tuple[Unit, DoubleArray]]:
    """The displays of the eyes of one face that are known and shown at all."""
    for column, unit in enumerate(EYES if looks is not None else ()):
        assert looks is not None
        amount = _of_face(looks.amount[:, column : column + 1], rows)
        if amount is not None and amount.any():
            yield unit, amount[:, 0]


def _usual(looks: EyeSignals | None, faces: list[FaceTime]) -> Iterator[str]:
    """Against what the displays of the eyes were measured."""
    shared = [f.face_id for f in faces if looks is not None and looks.usual[f.face_id].whose == "population"]
    if shared:
        numbers = ", ".join(map(str, shared))
        yield f"face {numbers}: seen too briefly to know the usual opening of its eyes, so everybody's is taken"
    if looks is not None and not looks.measured and faces:
        yield "lids and gaze are scaled from coefficients to mm and degrees; the face model's space measures them"


def _measured(recording: Recording, what: str, valid: BoolArray) -> DoubleArray | None:
    """The columns of lids or gaze; None where the recording has none."""
    try:
        values: DoubleArray = getattr(recording, what)().astype(np.float64)
    except DfeError:
        return None
    return values if np.isfinite(values[valid]).any() else None


def _of_face(values: DoubleArray | None, rows: IntArray) -> DoubleArray | None:
    """A face's own rows, single empty cells filled with the last known; None where a column is empty throughout."""
    if values is None:
        return None
    mine = values[rows]
    known = np.isfinite(mine)
    if not known.any(axis=0).all():
        return None
    place = np.maximum.accumulate(np.where(known, np.arange(len(mine))[:, None], 0), axis=0)
    place = np.maximum(place, known.argmax(axis=0))
    return np.take_along_axis(mine, place, axis=0)


def _events(
    face: int, kind: Kind, display: int, found: Runs, labels: list[str], region: str, speech: DoubleArray | None
) -> list[Event]:
    speaking = [None] * len(found) if speech is None else contains(speech, found.apex_s).tolist()
    return [
        Event(
            face_id=face,
            kind=kind,
            display=display,
            label=labels[e],
            region=region,
            onset_s=float(found.onset_s[e]),
            apex_s=float(found.apex_s[e]),
            offset_s=float(found.offset_s[e]),
            intensity=float(found.peak[e]),
            censored=bool(found.cut_before[e] or found.cut_after[e]),
            speaking=speaking[e],
        )
        for e in range(len(found))
    ]


def _notes(
    recording: Recording,
    valid: BoolArray,
    config: EventConfig,
    faces: list[FaceTime],
    vocabulary: Vocabulary,
    speech: Speech | None,
) -> Iterable[str]:
    turned = int((recording.success & ~recording.usable).sum())
    if turned and config.all_rows:
        yield f"{turned} rows that are not usable (turned, small, covered, frozen or blurred faces) count too"
    elif turned:
        left = f"{turned} rows with a turned, small, covered, frozen or blurred face"
        yield f"only usable rows count: {left} are taken as rows without one"
    if not valid.any():
        yield "no face was found in any frame (or none that is usable)"
    if not config.fleeting:
        yield from fleeting_note(recording)
    for face in faces:
        if not face.blinks:
            yield f"face {face.face_id}: no blinks, the recording has no measure of its lids"
        if not face.gaze:
            yield f"face {face.face_id}: no shifts of gaze, the recording has no measure of its gaze"
    left_out = frozenset() if config.unsteady else vocabulary.unsteady
    if left_out:
        numbers = ", ".join(str(d) for d in sorted(left_out))
        yield f"displays {numbers} come and go with the picture's noise (unsteady) and are left out"
    missing = [face.face_id for face in faces if face.speech is None]
    if speech is not None and missing:
        yield f"speech is not known of face {', '.join(str(f) for f in missing)}"
