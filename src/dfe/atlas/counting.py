"""Counts of displays over the recordings of a corpus, one recording in memory at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from dfe.atlas.book import Book
from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.clock.clock import Clock, face_clocks
from dfe.displays.units import EYES, Unit
from dfe.displays.vocabulary import Vocabulary, plain_vocabulary
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.formats.event import Event
from dfe.recording.recording import Recording
from dfe.recording.shown import shown
from dfe.space.regions import own_images

Subjects = Mapping[tuple[str, int], str]
"""Who a face of a recording is, by the recording's name (its file without suffix, in its folder) and face id."""

EXAMPLES = 12
"""Events kept of each display (of pictures, faces), the strongest."""

EXAMPLES_OF_A_FACE = 3
"""Of them, events of one face of one recording at most."""

_ROWS_AT_ONCE = 16_384


class Example(NamedTuple):
    """The apex of an event of a display, or a face in a picture that says it."""

    recording: str
    frame: int
    time_s: float
    """NaN for a picture."""
    face_id: int
    source: str
    """The picture's file; empty in a video."""
    intensity_mm: float
    """At the apex, as `dfe events` gives it; of a picture as its token says."""


class _Rows(NamedTuple):
    """Rows of one face of a video in order of time, or all faces of a set of pictures."""

    face: int
    clock: Clock | None
    """None for pictures."""
    rows: IntArray
    """``(n,)`` in the recording."""
    times: DoubleArray
    said: IntArray
    """``(n, N)`` column of the display, -1 for none."""
    step: IntArray
    """``(n, N)``."""
    mm: FloatArray
    """``(n, U)`` intensity of each display."""
    units: BoolArray
    """``(n, V)`` where each of the other units is shown."""
    unit_amount: DoubleArray
    """``(n, V)``."""


class Sums:
    """Weights of rows that say this and that."""

    def __init__(self, displays: int, levels: int, steps: int) -> None:
        self.together = np.zeros((displays, displays))
        self.by_level = np.zeros((displays, levels))
        self.by_step = np.zeros((displays, steps))
        self.by_subject: dict[str, DoubleArray] = {}
        self.subjects: dict[str, float] = {}
        self.units: dict[str, DoubleArray] = {}
        """Of each subject, ``(V,)``."""

    def add(self, part: _Rows, subject: str, weights: DoubleArray) -> None:
        """Count some rows of one subject, each with its weight ``(n,)``."""
        share = self.by_subject.setdefault(subject, np.zeros(part.mm.shape[1]))
        for start in range(0, len(weights), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            speaks = (part.mm[rows] > 0).astype(np.float64)
            weighted = speaks * weights[rows, None]
            self.together += weighted.T @ speaks
            share += weighted.sum(axis=0)
        self.units[subject] = self.units.get(subject, 0.0) + weights @ part.units
        self.subjects[subject] = self.subjects.get(subject, 0.0) + float(weights.sum())
        row, level = np.nonzero(part.said >= 0)
        display = part.said[row, level]
        np.add.at(self.by_level, (display, level), weights[row])
        np.add.at(self.by_step, (display, part.step[row, level]), weights[row])


def others(vocabulary: Vocabulary) -> tuple[Unit, ...]:
    """What is counted beside the displays themselves: merged displays, groups, and the displays of the eyes."""
    merged = {merge.displays[0] for merge in vocabulary.merges}
    kept = (u for u in vocabulary.units(unsteady=True) if u.kind == "group" or u.displays[0] in merged)
    return (*kept, *EYES)


class Counting:
    """Everything that is counted; see :func:`dfe.atlas.use.measure_use`."""

    def __init__(self, book: Book, subjects: Subjects | None, all_rows: bool, vocabulary: Vocabulary) -> None:
        self._words = vocabulary
        self.units = others(vocabulary)
        self._book, self._subjects, self._all = book, subjects, all_rows
        self._displays = book.displays()
        self._images = own_images(self._displays.directions.astype(np.float64), book.space)
        count, steps = len(self._displays), self._displays.steps_mm.shape[1]
        self.names: list[str] = []
        self.kinds: set[str] = set()
        self.rows = 0
        self.by_time, self.by_row = Sums(count, book.levels, steps), Sums(count, book.levels, steps)
        self.uses, self.judged, self.agreed = (np.zeros(count, np.int64) for _ in range(3))
        self.examples: list[list[Example]] = [[] for _ in range(count)]
        self.whole: dict[int, list[float]] = defaultdict(list)
        """Seconds of whole events, by place of the display."""
        self.without_events: list[str] = []
        """Films with too few frames a second for events."""
        self._single = plain_vocabulary(book)
        self._intensities: list[tuple[IntArray, FloatArray]] = []
        self._unit_amounts: list[tuple[IntArray, DoubleArray]] = []

    def add(self, recording: Recording, name: str) -> None:
        """Count the usable rows of a recording (or all that have a face)."""
        self.names.append(name)
        rows = np.flatnonzero(recording.success if self._all else recording.usable)
        if not len(rows):
            return
        times, tokens = recording.times[rows], recording.tokens().at(rows)
        said = np.maximum(tokens.display.astype(np.int64), 0) - 1
        self._judge(recording, rows, said)
        stills = bool(np.isnan(times).any())
        self.rows += len(rows)
        self.kinds.add("stills" if stills else "video")
        counted = np.zeros(len(recording), np.bool_)
        counted[rows] = True
        beside = shown(recording, self._words, counted)
        tokens_of = [unit.token for unit in beside.units]
        columns = [tokens_of.index(unit.token) for unit in self.units]
        amount, says = np.nan_to_num(beside.amount[:, columns]), beside.says[:, columns]
        for face, mine, clock in _faces(recording, counted, stills):
            here = np.searchsorted(rows, mine)
            of_face = tokens.at(here)
            mm, step = of_face.amounts(len(self._displays)), self._displays.steps(of_face)
            part = _Rows(face, clock, mine, times[here], said[here], step, mm, says[mine], amount[mine])
            self._count(part, self._subject(name, part))
            if clock is None:
                self._find_pictures(part, recording, name)
        if not stills:
            self._find_events(recording, name, counted)

    def median_mm(self) -> DoubleArray:
        """``(U,)``; NaN where a display is never said."""
        out = np.full(len(self.uses), np.nan)
        for display, values in _grouped(self._intensities):
            out[display] = np.median(values)
        return out

    def unit_medians(self) -> DoubleArray:
        """``(V,)`` median intensity where the unit is shown; NaN where it never is."""
        out = np.full(len(self.units), np.nan)
        for unit, values in _grouped(self._unit_amounts):
            out[unit] = np.median(values)
        return out

    def durations(self) -> tuple[DoubleArray, IntArray]:
        """Quartiles ``(U, 3)`` of whole events in seconds, and how many there are."""
        quartiles, count = np.full((len(self.uses), 3), np.nan), np.zeros(len(self.uses), np.int64)
        for display, seconds in self.whole.items():
            quartiles[display], count[display] = np.percentile(seconds, [25, 50, 75]), len(seconds)
        return quartiles, count

    def _subject(self, name: str, part: _Rows) -> str:
        own = name if part.clock is None else f"{name}, face {part.face}"
        return own if self._subjects is None else self._subjects.get((name, part.face), own)

    def _count(self, part: _Rows, subject: str) -> None:
        ones = np.ones(len(part.rows))
        self.by_row.add(part, subject, ones)
        row, display = np.nonzero(part.mm)
        if part.clock is not None:
            self.by_time.add(part, subject, part.clock.seconds)
        self._intensities.append((display, part.mm[row, display]))
        row, unit = np.nonzero(part.units)
        self._unit_amounts.append((unit, part.unit_amount[row, unit]))
        self.uses += np.bincount(part.said[part.said >= 0], minlength=len(self.uses))

    def _judge(self, recording: Recording, rows: IntArray, said: IntArray) -> None:
        """Which uses agree with the face in the display's own region, where the table holds that space."""
        x = recording.expressions()[rows]
        if recording.space_id != self._book.space.id or x.shape[1] != self._book.space.dimension:
            return
        inner = (x.astype(np.float64) - self._book.neutral) @ self._images.T
        agrees: BoolArray = np.take_along_axis(inner, np.maximum(said, 0), axis=1) > 0
        count = len(self.uses)
        self.judged += np.bincount(said[said >= 0], minlength=count)
        self.agreed += np.bincount(said[(said >= 0) & agrees], minlength=count)

    def _find_pictures(self, part: _Rows, recording: Recording, name: str) -> None:
        frames, ids = recording.frames[part.rows], recording.face_ids[part.rows]
        sources = recording.column("source")[part.rows]
        for display in np.flatnonzero(part.mm.any(axis=0)).tolist():
            mm = part.mm[:, display]
            rows = np.argsort(-mm, kind="stable")[: min(EXAMPLES, int(np.count_nonzero(mm)))].tolist()
            self._keep(
                display,
                (
                    Example(name, int(frames[row]), np.nan, int(ids[row]), str(sources[row] or ""), float(mm[row]))
                    for row in rows
                ),
            )

    def _find_events(self, recording: Recording, name: str, counted: BoolArray) -> None:
        """Events of all displays, unsteady ones too, each by itself: merged ones are shown by themselves here."""
        config = EventConfig(all_rows=self._all, unsteady=True)
        try:
            found = detect(recording, self._book, config, vocabulary=self._single)
        except TableError:
            self.without_events.append(name)
            return
        shown: dict[tuple[int, int], list[Event]] = defaultdict(list)
        for event in found:
            if event.kind == "display":
                shown[event.display - 1, event.face_id].append(event)
                if not event.censored:
                    self.whole[event.display - 1].append(event.duration_s)
        rows_of = {face: np.flatnonzero(counted & (recording.face_ids == face)) for _, face in shown}
        for (display, face), events in shown.items():
            events.sort(key=lambda event: (-event.intensity, event.apex_s))
            rows, made = rows_of[face], []
            for event in events[:EXAMPLES_OF_A_FACE]:
                row = rows[np.abs(recording.times[rows] - event.apex_s).argmin()]
                made.append(Example(name, int(recording.frames[row]), event.apex_s, face, "", event.intensity))
            self._keep(display, made)

    def _keep(self, display: int, found: Iterable[Example]) -> None:
        kept = self.examples[display]
        kept += found
        kept.sort(key=lambda e: (-e.intensity_mm, e.recording, e.frame, e.face_id))
        del kept[EXAMPLES:]


def _faces(recording: Recording, counted: BoolArray, stills: bool) -> Iterator[tuple[int, IntArray, Clock | None]]:
    """Each face's number, rows and clock; all faces of pictures together, without one."""
    if stills:
        yield 0, np.flatnonzero(counted), None
    else:
        yield from face_clocks(recording.frames, recording.times, recording.face_ids, counted)


def _grouped(pairs: list[tuple[IntArray, np.ndarray]]) -> list[tuple[int, DoubleArray]]:
    """Values by display."""
    if not pairs:
        return []
    display = np.concatenate([d for d, _ in pairs])
    values = np.concatenate([v for _, v in pairs]).astype(np.float64)
    if not len(display):
        return []
    order = np.argsort(display, kind="stable")
    present, first = np.unique(display[order], return_index=True)
    return list(zip(present.tolist(), np.split(values[order], first[1:]), strict=True))
