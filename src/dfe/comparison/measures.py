"""What each row of a comparison shows: events, time and intensity of each display and region, with their exposure.

All is kept as sums, so that a subject's recordings are pooled by adding them: sums over sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from dfe.base.defects import DefectKind
from dfe.base.errors import ModelError, TableError
from dfe.base.types import DoubleArray, IntArray, Progress
from dfe.clock.spans import both, seconds_in, total, without
from dfe.comparison.recorded import Recorded, Shown
from dfe.comparison.speaking import Talking
from dfe.comparison.table import GroupRow
from dfe.displays.names import load_names
from dfe.displays.units import EYES
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.find import tokenizer_of
from dfe.events.finding import detect
from dfe.events.found import EventList
from dfe.events.rates import Part, Rate, rates
from dfe.events.resting import as_asked
from dfe.recording.copies import FaceStretch
from dfe.recording.instruments import instrument_notes, instrument_of
from dfe.recording.neutrals import neutral_notes, neutral_of
from dfe.recording.noise import noise_mm
from dfe.recording.part import outside_notes, outside_s
from dfe.recording.recording import Recording
from dfe.recording.roles import Role
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.tokenizer import Tokenizer

SILENCE = "silence"

CountedUnit = Literal["display", "region", "eyes", "group"]
"""What a row is about; rows of one unit are judged together, as a family."""


@dataclass(frozen=True)
class Kind:
    """A display, all displays of a region taken together, a display of the eyes, or a group of displays."""

    token: str
    """Number of the display, or the name of the region, the display of the eyes or the group."""
    label: str
    side: str
    """``symmetric``, ``left`` or ``right`` (the subject's); empty for all but displays."""
    region: str
    unsteady: bool = False
    """It comes and goes with the picture's noise, as the tokenizer's card says."""
    unit: CountedUnit = "display"
    displays: tuple[int, ...] = ()
    """Of a group: the numbers of its members that are counted."""


@dataclass(frozen=True, eq=False)
class RowSums:
    """Sums of ``n`` rows of a table over ``T`` kinds: displays, regions, displays of the eyes, groups."""

    kinds: tuple[Kind, ...]
    total_s: DoubleArray
    """``(n,)`` of the part of the recording that the row is about."""
    exposure_s: DoubleArray
    """``(n,)`` with a face that counts."""
    count: DoubleArray
    """``(n, T)`` events that begin in sight."""
    on_s: DoubleArray
    """``(n, T)`` seconds in which the display (any display of the region) is on."""
    intensity: DoubleArray
    """``(n, T)`` sum over those events of the intensity at the apex, mm."""
    main_s: DoubleArray
    """``(n, M)`` seconds in which each of :attr:`main` is the main display: nothing first, then displays."""
    main: tuple[Kind, ...]
    """What the columns of ``main_s`` are."""
    faces: IntArray
    """``(n,)`` faces that the recording has."""
    neutrals: list[str]
    """Whose resting face each row's face was measured against, in words."""
    defects: list[tuple[DefectKind, ...]]
    """What is known to be wrong, odd or mended about the source of each row's recording."""
    vocabulary: Vocabulary
    """Whose units were counted."""
    spoken: list[bool]
    """Whether it is known of each row when its face speaks."""
    instruments: list[str]
    """What measured each row's recording, in words."""
    stretches: list[FaceStretch]
    """What each row asks for, in the order in which recordings were read."""
    outside_s: dict[str, float]
    """Of the part that a row asks for, by the row's line, what its recording does not have."""
    noise_mm: DoubleArray
    """``(n,)`` noise of what is measured of the face (:func:`~dfe.recording.noise.noise_mm`); NaN where unknown."""

    @property
    def coverage(self) -> DoubleArray:
        """``(n,)`` usable by total time; 0 where there is none."""
        part = np.divide(self.exposure_s, self.total_s, out=np.zeros_like(self.total_s), where=self.total_s > 0)
        return np.asarray(part.clip(0, 1))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes recordings unlike each other, or other than the table says they are; a sentence each."""
        alike = (*neutral_notes(self.neutrals), *instrument_notes(self.instruments))
        return (*alike, *outside_notes(self.outside_s))


def measure_rows(
    rows: Sequence[GroupRow],
    *,
    config: EventConfig | None = None,
    tokenizer: Tokenizer | None = None,
    names: Path | None = None,
    talk: Talking | None = None,
    progress: Progress | None = None,
) -> tuple[RowSums, Tokenizer]:
    """Find the events of every row's recording and sum them up; gives the tokenizer of the recordings, too.

    Args:
        rows: of the table.
        config: thresholds of events, and which rows and displays count.
        tokenizer: that made the tokens; by default the packaged one that the recordings name.
        names: the user's file of names, merges and groups; what :func:`dfe.displays.names.load_names` finds if None.
        talk: when faces speak, and which part of the time counts; all of it if None.
        progress: called after each row.

    Raises:
        TableError: a recording that cannot be read or has no tokens, or a part that lies outside of it.
        ModelError: recordings of different tokenizers.
    """
    config = config or EventConfig()
    places: dict[object, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.path, []).append(place)
    vocabulary: Vocabulary | None = None
    sums: RowSums | None = None
    done = 0
    for mine in places.values():
        recording = Recording.read(rows[mine[0]].path, landmarks=False)
        tokenizer = tokenizer or tokenizer_of(recording)
        made = recording.provenance.tokenizer
        if made is not None and made.hash != tokenizer.hash:
            what = f"its tokens are of {made.id} ({made.hash[:8]}), not of {tokenizer.id} ({tokenizer.hash[:8]})"
            advice = "encode all recordings with one tokenizer"
            raise ModelError(what, where=rows[mine[0]].path, advice=advice)
        vocabulary = vocabulary or vocabulary_of(tokenizer, load_names(tokenizer, names))
        recording = as_asked(recording, tokenizer, config)
        path = rows[mine[0]].path
        speech = None if talk is None else talk.speech(recording, path)
        found = detect(recording, tokenizer, config, speech=speech, vocabulary=vocabulary)
        if sums is None:
            sums = _empty(len(rows), found, tokenizer, vocabulary)
        recorded = Recorded(path, recording, found, vocabulary)
        by_region = recorded.by_region(_numbers_of_regions(sums.kinds))
        for place in mine:
            row = rows[place]
            face = recorded.sole_face if row.face is None else row.face
            sums.neutrals[place] = neutral_of(recording, face)
            sums.stretches.append(_stretch(row, face, recorded))
            sums.instruments[place] = instrument_of(recording)
            sums.spoken[place] = speech is not None and (face or 0) in speech
            sums.defects[place] = tuple(defect.kind for defect in recording.provenance.defects)
            part: Part = "all" if talk is None else talk.part
            _measure(sums, place, replace(row, face=face), recorded, by_region, part, tokenizer.space)
            done += 1
            if progress is not None:
                progress(done, len(rows))
    if sums is None or tokenizer is None:
        raise TableError("there are no recordings to be measured")
    return sums, tokenizer


def _empty(count: int, found: EventList, tokenizer: Tokenizer, vocabulary: Vocabulary) -> RowSums:
    described = tokenizer.displays().described
    every = tuple(
        Kind(str(n), name.label, described[n].side, name.region, n in vocabulary.unsteady)
        for n, name in vocabulary.names.items()
    )
    looked = tuple(kind for kind in every if int(kind.token) in found.names)
    regions = tuple(
        Kind(r, f"all displays of the {r}", "", r, unit="region") for r in dict.fromkeys(k.region for k in looked)
    )
    eyes = tuple(Kind(eye.token, eye.label, "", eye.region, unit="eyes") for eye in EYES)
    groups = tuple(
        Kind(group.token, group.label, "", group.region, unit="group", displays=group.displays)
        for group in found.groups
    )
    kinds = looked + regions + eyes + groups
    return RowSums(
        kinds=kinds,
        total_s=np.zeros(count),
        exposure_s=np.zeros(count),
        count=np.zeros((count, len(kinds))),
        on_s=np.zeros((count, len(kinds))),
        intensity=np.zeros((count, len(kinds))),
        main_s=np.zeros((count, len(every) + 1)),
        main=(Kind(SILENCE, "no display", "", ""), *every),
        faces=np.zeros(count, np.int64),
        neutrals=[""] * count,
        defects=[()] * count,
        vocabulary=vocabulary,
        spoken=[False] * count,
        instruments=[""] * count,
        stretches=[],
        outside_s={},
        noise_mm=np.full(count, np.nan),
    )


def _measure(
    sums: RowSums,
    place: int,
    row: GroupRow,
    recorded: Recorded,
    by_region: EventList,
    part: Part,
    space: ExpressionSpace,
) -> None:
    found, (start, end) = recorded.found, recorded.whole
    low, high = max(start, row.onset_s), min(end, row.offset_s)
    sums.outside_s[row.said] = outside_s(row.onset_s, row.offset_s, start, end, row.said, row.path)
    face = row.face or 0
    time = np.array([[low, high]])
    talk = next((one.speech for one in found.faces if one.face_id == face), None)
    if part != "all":
        silence = np.zeros((0, 2)) if talk is None else talk
        time = both(time, silence) if part == "speaking" else without(time, silence)
    sums.total_s[place] = total(time)
    sums.faces[place] = len(found.faces)
    role = Role("", face, row.onset_s, row.offset_s, "x", "")
    columns = {kind.token: i for i, kind in enumerate(sums.kinds)}
    columns |= {str(number): columns[name] for name, number in _numbers_of_regions(sums.kinds).items()}
    for rate in (*rates(found, roles=[role]), *rates(by_region, roles=[role])):
        if rate.face == face and rate.subject == "x" and rate.speech == part and rate.token in columns:
            sums.exposure_s[place] = rate.exposure_s
            _add(sums, place, columns[rate.token], rate)
    sums.main_s[place] = _main(recorded.shown(face), time, sums.vocabulary)
    rows = recorded.counted(face) & (recorded.times >= low) & (recorded.times < high)
    noise = noise_mm(recorded.frames[rows], recorded.expressions[rows], space)
    sums.noise_mm[place] = np.nan if noise is None else noise


def _numbers_of_regions(kinds: Sequence[Kind]) -> dict[str, int]:
    """A number for all displays of each region, which no display has."""
    return {kind.token: -i for i, kind in enumerate(kinds, start=1) if kind.unit == "region"}


def _stretch(row: GroupRow, face: int, recorded: Recorded) -> FaceStretch:
    start, end = recorded.whole
    sha256 = recorded.recording.provenance.source.sha256
    return FaceStretch(sha256, str(row.path), face, max(row.onset_s, start), min(row.offset_s, end), row.said)


def _add(sums: RowSums, place: int, column: int, rate: Rate) -> None:
    sums.count[place, column] = rate.count
    sums.on_s[place, column] = (rate.share or 0.0) * rate.exposure_s
    sums.intensity[place, column] = (rate.mean_intensity or 0.0) * rate.count


def _main(shown: Shown, time: DoubleArray, words: Vocabulary) -> DoubleArray:
    """Seconds of nothing and of each main display in stretches of the recording."""
    seconds = np.bincount(shown.main, seconds_in(time, shown.start_s, shown.end_s), words.size + 1)
    return np.asarray(seconds[[0, *words.names]], np.float64)
