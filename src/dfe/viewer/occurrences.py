"""All occurrences of a display, group or display of the eyes in the viewer's recordings: its events, as everywhere."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dfe.base.errors import DfeError
from dfe.base.types import DoubleArray
from dfe.displays.groups import Group
from dfe.displays.vocabulary import Vocabulary
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.events.rates import token_of
from dfe.events.resting import as_asked
from dfe.recording.recording import Recording
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.viewer.library import Entry

MOST = 500
"""Occurrences that are listed, the strongest first."""
_INTENSITY = 4
"""Column of the strength in what is kept of events."""
PATIENCE_S = 2.0
"""After so long the page is told what was found until then, and asks for the rest."""


@dataclass(frozen=True)
class Occurrence:
    """One event of what is looked for."""

    recording: int
    """Key of the recording."""
    name: str
    """Of the recording."""
    token: str
    face_id: int
    onset_s: float
    apex_s: float
    offset_s: float
    intensity: float
    """At the apex, in the measure of the unit."""
    censored: bool
    """Cut short by the end of what is seen."""


class Found(NamedTuple):
    """Occurrences in the recordings that were looked through until now."""

    rows: tuple[Occurrence, ...]
    total: int
    """All of them, the strongest of which are listed."""
    recordings: int
    """Recordings that were looked through."""
    waiting: int
    """Recordings that were not yet."""
    left_out: Mapping[str, int]
    """Recordings that cannot be looked through, by reason."""

    def told(self) -> dict[str, Any]:
        """For the page, as plain values."""
        return {**self._asdict(), "rows": [asdict(one) for one in self.rows]}


Counted = tuple[tuple[tuple[int, ...], ...], tuple[Group, ...]]
"""Numbers of displays that are merged, and groups: with other ones there are other events."""


class _Kept(NamedTuple):
    """What is kept of a recording: its events, as small as can be, or why it has none."""

    stamp: tuple[int, int]
    """Size and time of change of the file."""
    counted: Counted
    """What counted as one."""
    events: Mapping[str, DoubleArray] | str
    """By token ``(n, 6)``: face, onset, apex, offset, intensity, whether cut short."""


class Occurrences:
    """Looks through recordings, and keeps what it finds until a file, or what counts as one display, changes."""

    def __init__(self, config: EventConfig) -> None:
        self._config = config
        self._kept: dict[tuple[int, str], _Kept] = {}

    def find(
        self,
        entries: Sequence[Entry],
        tokens: Sequence[str],
        made: Tokenizer,
        vocabulary: Vocabulary,
        patience_s: float = PATIENCE_S,
    ) -> Found:
        """Occurrences in recordings, the strongest first; at least one recording more is looked through at each call.

        Args:
            entries: recordings.
            tokens: of displays, groups or displays of the eyes; several are looked for together.
            made: the tokenizer whose recordings are looked through.
            vocabulary: its units.
            patience_s: no further recording is begun after so long.
        """
        until = time.monotonic() + patience_s
        counted = (tuple(merge.displays for merge in vocabulary.merges), vocabulary.groups)
        strongest = _Strongest()
        left_out: dict[str, int] = defaultdict(int)
        looked = waiting = 0
        fresh = False
        for entry in entries:
            stamp = entry.stamp
            kept = self._kept.get((entry.key, made.hash))
            if kept is None or (kept.stamp, kept.counted) != (stamp, counted):
                if fresh and time.monotonic() >= until:
                    waiting += 1
                    continue
                fresh = True
                kept = _Kept(stamp, counted, events_of(entry.path, made, vocabulary, self._config))
                self._kept[entry.key, made.hash] = kept
            if isinstance(kept.events, str):
                left_out[kept.events] += 1
                continue
            looked += 1
            for token in tokens:
                if (events := kept.events.get(token)) is not None:
                    strongest.add(entry, token, events)
        return Found(strongest.listed(), strongest.total, looked, waiting, dict(left_out))


class _Strongest:
    """The strongest of very many events: only those that may be listed become rows."""

    def __init__(self) -> None:
        self.total = 0
        self._parts: list[tuple[Entry, str, DoubleArray]] = []

    def add(self, entry: Entry, token: str, events: DoubleArray) -> None:
        """Events of a token in a recording, as :class:`_Kept` keeps them."""
        self.total += len(events)
        self._parts.append((entry, token, events))

    def listed(self) -> tuple[Occurrence, ...]:
        """:data:`MOST` of them, the strongest first; equally strong ones by recording, time, face and token."""
        least = -np.inf
        if self.total > MOST:
            every = np.concatenate([events[:, _INTENSITY] for _, _, events in self._parts])
            least = np.partition(every, -MOST)[-MOST]
        rows = [
            _occurrence(entry, token, *event)
            for entry, token, events in self._parts
            for event in events[events[:, _INTENSITY] >= least]
        ]
        rows.sort(key=lambda one: (-one.intensity, one.name, one.onset_s, one.face_id, one.token))
        return tuple(rows[:MOST])


def events_of(
    path: Path, made: Tokenizer, vocabulary: Vocabulary, config: EventConfig
) -> Mapping[str, DoubleArray] | str:
    """Events of a recording by token, or why it has none; see :class:`_Kept`."""
    try:
        recording = Recording.read(path, landmarks=False)
    except (DfeError, OSError):
        return "damaged, or no recording"
    coder = recording.provenance.tokenizer
    if coder is None or not recording.levels:
        return "without tokens"
    if coder.hash != made.hash:
        return "of another tokenizer"
    if not np.isfinite(recording.times).any():
        return "of still pictures"
    try:
        found = detect(as_asked(recording, made, config), made, config, vocabulary=vocabulary)
    except DfeError as error:
        return f"without events ({error.what})"
    by_token: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for event in found:
        times = (event.onset_s, event.apex_s, event.offset_s)
        by_token[token_of(event)].append((event.face_id, *times, event.intensity, event.censored))
    return {token: np.array(events, np.float64) for token, events in by_token.items()}


def _occurrence(
    entry: Entry, token: str, face: float, onset: float, apex: float, offset: float, intensity: float, censored: float
) -> Occurrence:
    times = (float(onset), float(apex), float(offset))
    return Occurrence(entry.key, entry.name, token, int(face), *times, float(intensity), bool(censored))
