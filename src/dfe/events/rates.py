"""How often, how long and how strongly each face shows each display, per usable minute."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from dfe.base.csv_text import csv_text
from dfe.base.files import replacing
from dfe.base.types import DoubleArray
from dfe.clock.spans import both, contains, spans, total, without
from dfe.displays.units import EYES, GAZE, WAYS
from dfe.events.found import EventList, FaceTime
from dfe.events.gaze import SHIFT
from dfe.formats.event import Event, Kind
from dfe.recording.roles import Role

Part = Literal["all", "silent", "speaking"]

_EYE_TOKENS = {eye.label: eye.token for eye in EYES}
_LEAST_RISK_S = 1e-6
EVER = np.array([[-1e12, 1e12]])


@dataclass(frozen=True)
class Rate:
    """One display of one face, over all of its usable time or over the silent or speaking part of it."""

    recording: str
    subject: str
    """Whose face it is; empty where nobody said."""
    role: str
    session: str
    condition: str
    face: int
    token: str
    """Number of the display in its tokenizer; name of the group or of the display of the eyes; ``blink``, or
    ``gaze shift left`` and the like."""
    unit: Kind
    """What is counted: ``display``, ``group``, ``eyes``, ``blink`` or ``gaze`` (a shift of it)."""
    label: str
    region: str
    speech: Part
    """Which time the row is about; silent and speaking time have rows only where speech is known."""
    speech_known: bool
    """False: nobody said who speaks when, so the row mixes silent and speaking time in unknown shares."""
    count: int
    """Events with their apex in that time that begin in sight; one that was under way already when the face came into
    sight is not counted."""
    exposure_s: float
    """Seconds of that time in which the face is seen."""
    coverage: float | None
    """Of the whole recording, the share that ``exposure_s`` is; None where the recording has no length."""
    per_min: float | None
    """``count`` per minute of ``exposure_s``; None where that is 0."""
    per_min_at_risk: float | None
    """``count`` per minute of ``exposure_s`` in which the display is not on and could begin; None where that is 0."""
    share: float | None
    """Share of ``exposure_s`` in which the display is on, events cut short included."""
    mean_duration_s: float | None
    """Seconds on by events that begin in sight, those cut short included; None where there are none.

    Long events are cut by gaps and ends more often than short ones, so that the mean of whole events is too short. Time
    on by onsets is not: what is missing of events cut at the end is seen of those under way at the start.
    """
    mean_intensity: float | None
    """At the apex, of the events counted, in :attr:`measure`."""
    censored: int
    """Events that touch the end of what is seen, counted or not."""
    measure: str
    """Unit of the intensity: ``mm``, ``degrees``, or ``0 to 1``."""


def rates(
    found: EventList,
    *,
    recording: str | None = None,
    roles: Sequence[Role] = (),
    subject: str = "",
    session: str = "",
    condition: str = "",
) -> tuple[Rate, ...]:
    """Rates of every face for every display that was looked for, zeros included.

    Args:
        found: events of a recording.
        recording: its name in the rows; by default that of its source.
        roles: whose face is whose when, of this recording; time outside of them has no subject.
        subject: of all faces, where there are no roles.
        session: goes into the rows.
        condition: goes into the rows.
    """
    name = found.source if recording is None else recording
    out: list[Rate] = []
    for face in found.faces:
        mine = [event for event in found if event.face_id == face.face_id]
        for who, role, window in windows_of(face, roles, subject):
            parts = [(part, time, both(face.seen, time)) for part, time in _parts(face, window)]
            known = face.speech is not None
            for counted, events in _kinds(found, face, mine):
                for part, time, seen in parts:
                    numbers = _numbers(events, face, time, seen, found.duration_s)
                    about = (name, who, role, session, condition, face.face_id, *counted[:4], part, known)
                    out.append(Rate(*about, *numbers, counted.measure))
    return tuple(out)


def windows_of(face: FaceTime, roles: Sequence[Role], subject: str) -> Iterator[tuple[str, str, DoubleArray]]:
    """Stretches of time of each subject whose face this is; the rest of the time is nobody's."""
    mine = [role for role in roles if role.face_id == face.face_id]
    if not mine:
        yield subject if not roles else "", "", EVER
        return
    times: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for role in mine:
        times[role.subject, role.role].append((role.start_s, role.end_s))
    for (who, part), stretches in times.items():
        yield who, part, spans(np.clip(stretches, -1e12, 1e12))
    rest = without(EVER, spans(np.clip([s for part in times.values() for s in part], -1e12, 1e12)))
    if total(both(face.seen, rest)) > 0:
        yield "", "", rest


def _parts(face: FaceTime, window: DoubleArray) -> list[tuple[Part, DoubleArray]]:
    if face.speech is None:
        return [("all", window)]
    return [("all", window), ("silent", without(window, face.speech)), ("speaking", both(window, face.speech))]


class _Counted(NamedTuple):
    token: str
    unit: Kind
    label: str
    region: str
    measure: str


def _kinds(found: EventList, face: FaceTime, mine: Sequence[Event]) -> Iterator[tuple[_Counted, list[Event]]]:
    by_token: dict[str, list[Event]] = defaultdict(list)
    for event in mine:
        by_token[token_of(event)].append(event)
    for number, name in found.names.items():
        yield _Counted(str(number), "display", name.label, name.region, "mm"), by_token[str(number)]
    for group in found.groups:
        yield _Counted(group.token, "group", group.label, group.region, group.measure), by_token[group.token]
    for eye in EYES:
        if face.looks if eye.token in GAZE else face.blinks:
            yield _Counted(eye.token, "eyes", eye.label, eye.region, eye.measure), by_token[eye.token]
    if face.blinks:
        yield _Counted("blink", "blink", "blink", "eyes", "0 to 1"), by_token["blink"]
    if face.gaze:
        for way in WAYS:
            label = f"{SHIFT} {way}"
            yield _Counted(label, "gaze", label, "eyes", "0 to 1"), by_token[label]


def token_of(event: Event) -> str:
    """What stands in columns called ``token``: the display's number, a group's or eye display's name, ``blink``, ..."""
    if event.kind == "display":
        return str(event.display)
    return _EYE_TOKENS.get(event.label, event.label) if event.kind == "eyes" else event.label


def _numbers(
    events: list[Event], face: FaceTime, time: DoubleArray, seen: DoubleArray, duration_s: float
) -> tuple[int, float, float | None, float | None, float | None, float | None, float | None, float | None, int]:
    """What follows ``speech_known`` in a :class:`Rate`."""
    exposure = total(seen)
    inside = contains(time, [event.apex_s for event in events]) if events else np.zeros(0, bool)
    here = [event for event, is_in in zip(events, inside.tolist(), strict=True) if is_in]
    counted = [event for event in here if face.saw_begin(event)]
    on = seconds_on(events, seen)
    risk = exposure - on
    return (
        len(counted),
        exposure,
        exposure / duration_s if duration_s > 0 else None,
        60 * len(counted) / exposure if exposure > 0 else None,
        60 * len(counted) / risk if risk > _LEAST_RISK_S else None,
        on / exposure if exposure > 0 else None,
        on / len(counted) if counted else None,
        math.fsum(event.intensity for event in counted) / len(counted) if counted else None,
        sum(event.censored for event in here),
    )


def seconds_on(events: Sequence[Event], seen: DoubleArray) -> float:
    """Seconds of the time seen ``(k, 2)`` in which any of the events is on."""
    return total(both(spans([(event.onset_s, event.offset_s) for event in events]), seen))


def displays_per_min(rates: Sequence[Rate]) -> float:
    """Displays of the skin that begin in sight, per minute in which a face is seen; NaN where none is.

    Args:
        rates: of one recording, of all its faces or of some.
    """
    whole = [rate for rate in rates if rate.speech == "all"]
    seconds = math.fsum({(rate.face, rate.subject, rate.role): rate.exposure_s for rate in whole}.values())
    count = sum(rate.count for rate in whole if rate.unit == "display")
    return 60 * count / seconds if seconds > 0 else math.nan


def write_rates_csv(rates: Sequence[Rate], path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """``rates.csv``: one or many recordings, one line per face, display and part of the time; unknown cells are empty.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    target = Path(path)
    names = [f.name for f in fields(Rate)]
    text = csv_text(names, ([_cell(getattr(rate, name)) for name in names] for rate in rates))
    with replacing(target, overwrite=overwrite) as (file,):
        file.write(text.encode("utf-8", "replace"))
    return target


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
