"""What each face of a film shows over time: every unit that is counted, as strength, and its events as marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.clock.clock import frame_ends
from dfe.displays.describe import DisplayDescription
from dfe.displays.units import EYES, Unit
from dfe.displays.vocabulary import Vocabulary
from dfe.events.rates import token_of
from dfe.formats.event import Event
from dfe.pages.course import Course, Mark, Strip, strip
from dfe.pages.view import LOWER, UPPER
from dfe.recording.eyes import eye_signals, looking
from dfe.recording.recording import Recording
from dfe.report.states import covered_of, quality_of
from dfe.tokenizer.tokenizer import Tokenizer

HALVES = {"brow": UPPER, "eyes": UPPER, "eyelids": UPPER, "nose": LOWER, "mouth": LOWER, "jaw": LOWER}
"""Half of the face that a region lies in; none of the others."""
_MEASURES = {"blink": "0 to 1", "gaze": "0 to 1"}
_ORDER = ("group", "region", "eyes", "display")


def unit_strips(
    recording: Recording,
    vocabulary: Vocabulary | None,
    described: tuple[DisplayDescription, ...],
    rows: IntArray,
    counted: BoolArray,
) -> tuple[Strip, ...]:
    """A strip of each unit that the rows show at all: groups, regions, eyes, displays; the most shown of a kind first.

    A region's strength is the sum of its displays'.

    Args:
        recording: with tokens, of a film.
        vocabulary: of the tokenizer that made them; without one the eyes alone are told.
        described: its displays by number.
        rows: ``(m,)`` places of one face's rows in order of time.
        counted: ``(n,)`` rows from which what is usual for the person's eyes is taken.
    """
    made: list[Strip] = []
    regions: dict[str, DoubleArray] = defaultdict(lambda: np.zeros(len(rows)))
    behind: dict[str, list[int]] = defaultdict(list)
    for unit, amount in _signals(recording, vocabulary, rows, counted):
        if unit.kind == "display":
            regions[unit.region] += amount
            behind[unit.region] += unit.displays
        made.append(_strip(unit, amount, vocabulary, described))
    made += [
        strip(name, "region", f"all of the {name}", total, half=HALVES.get(name, 0), displays=tuple(behind[name]))
        for name, total in regions.items()
    ]
    used = [(one, int(one.strength.astype(np.int64).sum())) for one in made if len(one.strength)]
    return tuple(one for one, total in sorted(used, key=lambda pair: (_ORDER.index(pair[0].kind), -pair[1])))


def _signals(
    recording: Recording, vocabulary: Vocabulary | None, rows: IntArray, counted: BoolArray
) -> Iterator[tuple[Unit, DoubleArray]]:
    if vocabulary is not None:
        yield from vocabulary.signals(recording.tokens().at(rows), unsteady=True)
    eyes = eye_signals(recording, counted)
    if eyes is not None:
        yield from zip(EYES, eyes.amount[rows].T, strict=True)


def _strip(
    unit: Unit, amount: DoubleArray, vocabulary: Vocabulary | None, described: tuple[DisplayDescription, ...]
) -> Strip:
    number = unit.displays[0] if unit.kind == "display" else 0
    side = described[number].side if number else "other"
    return strip(
        unit.token,
        unit.kind,
        unit.label,
        amount,
        side="both" if side == "symmetric" else side or "other",
        half=HALVES.get(unit.region, 0),
        measure=unit.measure,
        unsteady=vocabulary is not None and number in vocabulary.unsteady,
        displays=unit.displays,
    )


def marks_of(events: Iterable[Event]) -> dict[int, tuple[Mark, ...]]:
    """Events as marks, by face."""
    units: Mapping[str, str] = {eye.token: eye.measure for eye in EYES}
    made: dict[int, list[Mark]] = defaultdict(list)
    for event in events:
        token = token_of(event)
        made[event.face_id].append(
            Mark(
                token,
                event.kind,
                event.label,
                event.onset_s,
                event.apex_s,
                event.offset_s,
                event.intensity,
                _MEASURES.get(event.kind) or units.get(token, "mm"),
                event.censored,
            )
        )
    return {face: tuple(marks) for face, marks in made.items()}


def curves_of(recording: Recording, rows: IntArray) -> dict[str, DoubleArray]:
    """Pose and gaze in degrees, and how far the lids are apart in mm, of the rows ``(m,)``; what is known of them."""
    pitch, yaw, roll = np.degrees(recording.poses[rows].astype(np.float64)).T
    curves = {"yaw": yaw, "pitch": pitch, "roll": roll}
    eyes = looking(recording)
    if eyes is not None:
        curves |= {"gaze left": eyes.gaze_deg[rows, 0], "gaze up": eyes.gaze_deg[rows, 1]}
        curves |= {"lids left": eyes.opening_mm[rows, 0], "lids right": eyes.opening_mm[rows, 1]}
    return {name: values for name, values in curves.items() if np.isfinite(values).any()}


def course_of(
    recording: Recording,
    face_id: int,
    tokenizer: Tokenizer | None,
    vocabulary: Vocabulary | None,
    marks: tuple[Mark, ...],
    counted: BoolArray,
) -> Course:
    """The course of one face.

    Args:
        recording: of a film.
        face_id: one of its faces.
        tokenizer: that made its tokens; without one the eyes alone are told.
        vocabulary: its units; likewise.
        marks: events of the face.
        counted: ``(n,)`` rows from which what is usual for the person's eyes is taken.
    """
    rows = rows_of(recording, face_id)
    quality = quality_of(recording, recording.face_ids == face_id)
    described = () if tokenizer is None else tokenizer.displays().described
    return Course(
        face_id,
        recording.times[rows],
        frame_ends(recording.frames, recording.times)[rows],
        unit_strips(recording, vocabulary, described, rows, counted),
        marks,
        curves_of(recording, rows),
        quality,
        covered_of(quality),
    )


def rows_of(recording: Recording, face_id: int) -> IntArray:
    """Places of the rows that show a face, in order of time."""
    mine = np.flatnonzero((recording.face_ids == face_id) & recording.success & np.isfinite(recording.times))
    return mine[np.argsort(recording.times[mine], kind="stable")]
