"""A recording at hand: read once, with the rows of the examples made of it, for all representations of a study.

A row counts with the time that it stands for (:class:`dfe.clock.clock.Clock`), so nothing depends on the camera's rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar, overload

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.clock.clock import row_times
from dfe.clock.spans import both, seconds_in, total, without
from dfe.datasets.examples import Examples
from dfe.events.find import check_speech
from dfe.events.resting import against_everybodys
from dfe.formats.speech import read_speech, speech_of_faces
from dfe.recording.copies import FaceStretch, whole_of
from dfe.recording.part import outside_s
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer

SUFFIXES = (".parquet", ".csv")
SPEECH_SUFFIXES = (".rttm", ".eaf", ".TextGrid")
_EVER = 1e12
_Made = TypeVar("_Made")


class ExampleRows(NamedTuple):
    """The rows of one recording that belong to some of the examples."""

    example: IntArray
    """``(m,)`` which of the reading's examples, 0 to k - 1, of each pair of a row and an example."""
    row: IntArray
    """``(m,)`` the row."""
    seconds: DoubleArray
    """``(m,)`` that the row stands for; 1 for a picture."""
    total_s: DoubleArray
    """``(k,)`` of each example: seconds of the recording in the window, with a face or without."""


@dataclass(frozen=True)
class SpeechPart:
    """Silent or speaking time, as files of speech say: ``folder/<name of the recording>.rttm`` (.eaf, .TextGrid)."""

    part: Literal["silent", "speaking"]
    folder: Path
    speaker: Mapping[str, int] | None = field(default=None, hash=False)
    """Face of each speaker; may be left out where a recording has one of each."""

    def spans(self, recording: Recording, name: str, face: int) -> DoubleArray:
        """Stretches of speech ``(k, 2)`` of a face of a recording, in seconds.

        Raises:
            TableError: there is no file of this recording, there are several, or it cannot be read.
            UsageError: it is not clear whose voice is whose.
        """
        found = [p for s in SPEECH_SUFFIXES if (p := self.folder / f"{name}{s}").is_file()]
        if not found:
            advice = f"give {name}.rttm, .eaf or .TextGrid"
            raise TableError("no file of speech of this recording", where=self.folder / name, advice=advice)
        if len(found) > 1:
            what = f"{found[0].name} and {found[1].name} are about one recording"
            raise TableError(what, where=found[0].parent, advice="leave one out, so that one file says who speaks")
        faces = [int(number) for number in np.unique(recording.face_ids[recording.success])]
        said = read_speech(found[0], Path(name).name)
        check_speech(recording, said, found[0])
        talk = speech_of_faces(said, faces, self.speaker, found[0])
        return talk.get(face, np.zeros((0, 2)))

    def within(self, time: DoubleArray, recording: Recording, name: str, face: int) -> DoubleArray:
        """The silent or speaking part of stretches of time, of a face of a recording; errors as in :meth:`spans`."""
        talk = self.spans(recording, name, face)
        return both(time, talk) if self.part == "speaking" else without(time, talk)


@dataclass(frozen=True, eq=False)
class Reading:
    """One recording, and which of the examples are made of it.

    What several representations need of it is made once: :attr:`expressions`, :meth:`rows`, and what they ask
    :meth:`once` for.
    """

    name: str
    recording: Recording
    examples: Examples
    """Those of this recording alone, k of them."""
    places: IntArray
    """``(k,)`` their places among all examples."""
    all_rows: bool = False
    """Turned, small, covered, frozen and blurred faces count too."""
    _kept: dict[Hashable, object] = field(default_factory=dict, repr=False)

    @cached_property
    def counted(self) -> BoolArray:
        """``(n,)`` rows that count: usable ones, or all with a face."""
        return self.recording.success if self.all_rows else self.recording.usable

    @cached_property
    def expressions(self) -> FloatArray:
        """``(rows, D)`` expression vectors of the recording."""
        return self.recording.expressions()

    def once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What ``make`` gives, which is called the first time alone that somebody asks for this key."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]  # type: ignore[return-value]

    def outside_s(self) -> dict[str, float]:
        """Seconds of each example's window, by the example's name, that the recording does not have.

        Raises:
            TableError: less than half of a window lies in the recording.
        """
        start, end = whole_of(self.recording)
        if not np.isfinite(start):
            return {}
        return {
            name: outside_s(*_edges(self.examples, place), start, end, f"example {name}", self.name)
            for place, name in enumerate(self.examples.name)
        }

    def stretches(self, faces: Mapping[int, int | None]) -> Iterator[FaceStretch]:
        """What examples, by their places, show of these faces; all pictures of a recording are there at once."""
        start, end = whole_of(self.recording)
        for place, face in faces.items():
            low, high = _edges(self.examples, place)
            said = f"example {self.examples.name[place]}"
            sha256 = self.recording.provenance.source.sha256
            yield FaceStretch(sha256, self.name, face or 0, max(low, start), min(high, end), said)

    def rows(self, speech: SpeechPart | None = None) -> ExampleRows:
        """The rows that are usable and belong to an example, in all its time or its silent or speaking part.

        Raises:
            TableError: an example's picture is not in the recording, or there is no file of its speech.
            UsageError: it is not clear whose voice is whose.
        """
        return self.once(("rows", speech), lambda: _rows_of(self, speech))


def readings(
    examples: Examples, folder: Path, *, all_rows: bool = False, everybodys: Tokenizer | None = None
) -> Iterator[Reading]:
    """Every recording once, in the order in which examples first name it.

    Args:
        examples: whose recordings.
        folder: of the recordings.
        all_rows: turned, small, covered, frozen and blurred faces count too.
        everybodys: codes each face anew, with its own resting face put back; None: tokens are as they are.

    Raises:
        TableError: a recording is missing or damaged.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(examples.recording):
        places[name].append(place)
    for name, mine in places.items():
        recording = Recording.read(find_recording(folder, name), landmarks=False)
        if everybodys is not None:
            recording = against_everybodys(recording, everybodys)
        at = np.array(mine)
        yield Reading(name, recording, examples.take(at), at, all_rows)


def covered(valid_s: DoubleArray, total_s: DoubleArray) -> DoubleArray:
    """Valid by total time ``(n,)``; 0 where there is no frame."""
    return np.divide(valid_s, total_s, out=np.zeros_like(valid_s), where=total_s > 0)


@overload
def find_recording(folder: Path, name: str) -> Path: ...


@overload
def find_recording(folder: Path, name: str, *, missing_ok: bool) -> Path | None: ...


def find_recording(folder: Path, name: str, *, missing_ok: bool = False) -> Path | None:
    """The table of a recording by its name below a folder; None if it is not there and that is all right.

    Raises:
        TableError: there is none.
    """
    for suffix in SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    if missing_ok:
        return None
    raise TableError("no recording of this name", where=folder / name, advice="encode the data set's media first")


def window_of(examples: Examples, place: int) -> DoubleArray:
    """Start and end ``(1, 2)`` of the part of its recording that an example is, in seconds."""
    return np.clip([_edges(examples, place)], -_EVER, _EVER)


def _edges(examples: Examples, place: int) -> tuple[float, float]:
    low = -np.inf if examples.onset_s is None else float(examples.onset_s[place])
    high = np.inf if examples.offset_s is None else float(examples.offset_s[place])
    return low, high


def _rows_of(reading: Reading, speech: SpeechPart | None) -> ExampleRows:
    recording, examples, name = reading.recording, reading.examples, reading.name
    places = np.arange(len(examples))
    times, faces, usable, clock = recording.times, recording.face_ids, reading.counted, recording.clock()
    start, end = row_times(recording.frames, times, faces, usable).T
    whole = clock.times[:1, None] + [0.0, clock.duration_s]
    total_s = np.zeros(len(examples))
    pairs: list[tuple[IntArray, IntArray]] = []
    counted: list[DoubleArray] = []
    pictures = None if examples.picture is None else examples.picture
    if pictures is not None and (pictures >= 0).any():
        pairs, places = _pictured(reading, places, total_s)
        counted = [np.ones(len(pairs[0][0]))]
    for place in places.tolist():
        face = examples.face_in(recording, place)
        mine = np.flatnonzero(usable & (faces == face))
        if not len(clock.times):
            if speech is not None:
                raise TableError("still pictures have no silent or speaking time", where=name, advice="take all of it")
            total_s[place] = len(np.unique(recording.frames))
            seconds = np.ones(len(mine))
        else:
            time = window_of(examples, place)
            total_s[place] = total(both(whole, time))
            if speech is not None:
                time = speech.within(time, recording, name, face)
            seconds = seconds_in(time, start[mine], end[mine])
        here = seconds > 0
        pairs.append((np.full(int(here.sum()), place), mine[here]))
        counted.append(seconds[here])
    example, row = (np.concatenate([pair[i] for pair in pairs] or [np.zeros(0, np.int64)]) for i in (0, 1))
    return ExampleRows(example, row, np.concatenate([np.zeros(0), *counted]), total_s)


def _pictured(
    reading: Reading, places: IntArray, total: DoubleArray
) -> tuple[list[tuple[IntArray, IntArray]], IntArray]:
    """Pairs of the examples that are one picture each, all at once, and the places of the others."""
    recording, examples = reading.recording, reading.examples
    assert examples.picture is not None
    single = places[examples.picture[places] >= 0]
    face = np.zeros(len(examples), np.int64) if examples.face is None else np.maximum(examples.face, 0)
    shown = set(recording.frames.tolist())
    absent = next((p for p in single.tolist() if int(examples.picture[p]) not in shown), None)
    if absent is not None:
        what = f"holds no picture {examples.picture[absent]}, which the example {examples.name[absent]} is"
        raise TableError(what, where=recording.provenance.source.name, advice="encode the data set anew")
    total[single] = 1
    at = {
        (frame, person): row
        for row, (frame, person, good) in enumerate(
            zip(recording.frames.tolist(), recording.face_ids.tolist(), reading.counted.tolist(), strict=True)
        )
        if good
    }
    found = [(p, at.get((int(examples.picture[p]), int(face[p])))) for p in single.tolist()]
    pairs = np.array([(p, row) for p, row in found if row is not None], np.int64).reshape(-1, 2)
    return [(pairs[:, 0], pairs[:, 1])], places[examples.picture[places] < 0]
