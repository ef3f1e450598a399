"""What tokens did in each example: seconds, intensities, in all its valid time; counts in pictures.

All of it is additive over rows, so that every representation made from it is a matter of division. A row counts with
the time that it stands for (:class:`dfe.clock.clock.Clock`), so nothing depends on the camera's rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, overload

import numpy as np

from dfe.base.errors import ModelError, TableError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.clock.clock import row_times
from dfe.clock.spans import both, seconds_in, total, without
from dfe.datasets.examples import Examples
from dfe.displays.tokens import numbers
from dfe.formats.speech import read_speech, speech_of_faces
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer

SUFFIXES = (".parquet", ".csv")
SPEECH_SUFFIXES = (".rttm", ".eaf", ".TextGrid")
_EVER = 1e12


class ExampleRows(NamedTuple):
    """The rows of one recording that belong to some of the examples."""

    example: IntArray
    """``(m,)`` place of the example, of each pair of a row and an example."""
    row: IntArray
    """``(m,)`` the row."""
    seconds: DoubleArray
    """``(m,)`` that the row stands for; 1 for a picture."""
    total_s: DoubleArray
    """``(n,)`` of all examples: seconds of the recording in the window, with a face or without."""


@dataclass(frozen=True)
class SpeechPart:
    """Silent or speaking time, as files of speech say: ``folder/<name of the recording>.rttm`` (.eaf, .TextGrid)."""

    part: Literal["silent", "speaking"]
    folder: Path
    speaker: Mapping[str, int] | None = None
    """Face of each speaker; may be left out where a recording has one of each."""

    def spans(self, recording: Recording, name: str, face: int) -> DoubleArray:
        """Stretches of speech ``(k, 2)`` of a face of a recording, in seconds.

        Raises:
            TableError: there is no file of this recording, or it cannot be read.
            UsageError: it is not clear whose voice is whose.
        """
        found = [p for s in SPEECH_SUFFIXES if (p := self.folder / f"{name}{s}").is_file()]
        if not found:
            advice = f"give {name}.rttm, .eaf or .TextGrid"
            raise TableError("no file of speech of this recording", where=self.folder / name, advice=advice)
        faces = [int(number) for number in np.unique(recording.face_ids[recording.success])]
        talk = speech_of_faces(read_speech(found[0], Path(name).name), faces, self.speaker, found[0])
        return talk.get(face, np.zeros((0, 2)))

    def within(self, time: DoubleArray, recording: Recording, name: str, face: int) -> DoubleArray:
        """The silent or speaking part of stretches of time, of a face of a recording; errors as in :meth:`spans`."""
        talk = self.spans(recording, name, face)
        return both(time, talk) if self.part == "speaking" else without(time, talk)


@dataclass(frozen=True, eq=False)
class Measures:
    """Sums over the usable rows of ``n`` examples; U displays, Q steps of intensity."""

    valid_s: DoubleArray
    """``(n,)`` seconds with a usable face; for pictures their number."""
    total_s: DoubleArray
    """``(n,)`` seconds of all frames."""
    time: DoubleArray
    """``(n, U)`` seconds in which a display is said."""
    step_time: DoubleArray
    """``(n, U, Q)`` the same by step."""
    amount: DoubleArray
    """``(n, U)`` millimetres times seconds."""

    @property
    def coverage(self) -> DoubleArray:
        """``(n,)`` valid by total time; 0 where there is no frame."""
        return np.divide(self.valid_s, self.total_s, out=np.zeros_like(self.valid_s), where=self.total_s > 0)


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


def by_recording(
    examples: Examples, folder: Path, speech: SpeechPart | None = None
) -> Iterator[tuple[Recording, ExampleRows]]:
    """Every recording once, with the rows that are usable and belong to an example.

    Args:
        examples: whose rows.
        folder: of the recordings.
        speech: count silent or speaking time alone.

    Raises:
        TableError: a recording is missing or damaged, or an example's picture is not in it.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(examples.recording):
        places[name].append(place)
    for name, of_recording in places.items():
        recording = Recording.read(find_recording(folder, name), landmarks=False)
        yield recording, _rows_of(recording, examples, np.array(of_recording), speech, name)


def measure_tokens(
    examples: Examples, folder: Path, tokenizer: Tokenizer, speech: SpeechPart | None = None
) -> Measures:
    """Sum up what the tokens of each example did, in all its valid time, or in its silent or speaking part.

    Raises:
        TableError: a recording is missing, damaged or without tokens.
        ModelError: the tokens are another tokenizer's.
    """
    displays = tokenizer.displays()
    count, units, steps = len(examples), len(displays), displays.steps_mm.shape[1]
    valid, total = np.zeros(count), np.zeros(count)
    time, amount = np.zeros(count * units), np.zeros(count * units)
    step_time = np.zeros(count * units * steps)
    for recording, rows in by_recording(examples, folder, speech):
        check_tokens(recording, tokenizer)
        valid += np.bincount(rows.example, rows.seconds, count)
        total += rows.total_s
        tokens = recording.tokens().at(rows.row)
        seconds = np.broadcast_to(rows.seconds[:, None], tokens.display.shape)
        cell = rows.example[:, None] * units + numbers(tokens.display) - 1
        amount += _summed(cell, tokens.mm * seconds, tokens.says, count * units)
        step_time += _summed(cell * steps + displays.steps(tokens), seconds, tokens.says, count * units * steps)
        time += _summed(cell, seconds, tokens.new(), count * units)
    return Measures(
        valid,
        total,
        time.reshape(count, units),
        step_time.reshape(count, units, steps),
        amount.reshape(count, units),
    )


def check_tokens(recording: Recording, tokenizer: Tokenizer) -> None:
    """Refuse a recording whose tokens are not this tokenizer's.

    Raises:
        TableError: it has no tokens.
        ModelError: they are another tokenizer's.
    """
    made = recording.provenance.tokenizer
    where = recording.provenance.source.name
    if made is None:
        raise TableError("has no tokens", where=where, advice="encode it with the tokenizer first")
    if made.hash != tokenizer.hash:
        advice = f"encode it again with {tokenizer.id}, or name {made.id} with --tokenizer"
        raise ModelError(f"its tokens are of {made.id}, not of {tokenizer.id}", where=where, advice=advice)


def window_of(examples: Examples, place: int) -> DoubleArray:
    """Start and end ``(1, 2)`` of the part of its recording that an example is, in seconds."""
    low = -np.inf if examples.onset_s is None else float(examples.onset_s[place])
    high = np.inf if examples.offset_s is None else float(examples.offset_s[place])
    return np.clip([[low, high]], -_EVER, _EVER)


def _rows_of(
    recording: Recording, examples: Examples, places: IntArray, speech: SpeechPart | None, name: str
) -> ExampleRows:
    times, faces, usable, clock = recording.times, recording.face_ids, recording.usable, recording.clock()
    start, end = row_times(recording.frames, times, faces, usable).T
    whole = clock.times[:1, None] + [0.0, clock.duration_s]
    total_s = np.zeros(len(examples))
    pairs: list[tuple[IntArray, IntArray]] = []
    counted: list[DoubleArray] = []
    pictures = None if examples.picture is None else examples.picture[places]
    if pictures is not None and (pictures >= 0).any():
        pairs, places = _pictured(recording, examples, places, total_s)
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
    recording: Recording, examples: Examples, places: IntArray, total: DoubleArray
) -> tuple[list[tuple[IntArray, IntArray]], IntArray]:
    """Pairs of the examples that are one picture each, all at once, and the places of the others."""
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
            zip(recording.frames.tolist(), recording.face_ids.tolist(), recording.usable.tolist(), strict=True)
        )
        if good
    }
    found = [(p, at.get((int(examples.picture[p]), int(face[p])))) for p in single.tolist()]
    pairs = np.array([(p, row) for p, row in found if row is not None], np.int64).reshape(-1, 2)
    return [(pairs[:, 0], pairs[:, 1])], places[examples.picture[places] < 0]


def _summed(cell: IntArray, weight: DoubleArray, where: BoolArray, size: int) -> DoubleArray:
    return np.bincount(cell[where], weight[where], size).astype(np.float64)


def displays_named(tokenizer: Tokenizer, names: Sequence[str] | None = None) -> tuple[str, ...]:
    """``U`` names of features, as in ``27`` (or ``27 lip corner pull`` where names are given), without silence."""
    return tuple(str(n) if names is None else f"{n} {names[n]}" for n in range(1, tokenizer.size))
