"""What happened in each example as events: how often each display came, how long it lasted, what followed what.

Events are found in the whole recording (:mod:`dfe.events`) and belong to the example in whose time their apex lies. Of
still pictures there are none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.clock.spans import both, contains, spans, total
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.events.found import EventList
from dfe.events.rates import seconds_on, token_of
from dfe.formats.event import Event
from dfe.predict.measures import check_tokens, others
from dfe.predict.reading import Reading, SpeechPart, covered, window_of
from dfe.tokenizer.tokenizer import Tokenizer

FOLLOWS_S = 1.0
"""An event follows another if it begins within this time after the other's beginning."""


@dataclass(frozen=True, eq=False)
class Episodes:
    """Sums over the ``n`` examples of a recording; U displays, V units of :func:`dfe.predict.measures.others`."""

    valid_s: DoubleArray
    """``(n,)`` seconds in which the face is seen."""
    total_s: DoubleArray
    """``(n,)`` seconds of the recording within the example's window."""
    count: DoubleArray
    """``(n, U)`` events that begin in sight."""
    on_s: DoubleArray
    """``(n, U)`` seconds in which a display is on, those of events cut short included."""
    other_count: DoubleArray
    """``(n, V)`` likewise of groups and of displays of the eyes."""
    other_on_s: DoubleArray
    """``(n, V)``."""
    follows: DoubleArray | None
    """``(n, U, U)`` how often the second display began within :data:`FOLLOWS_S` after the first."""

    @property
    def coverage(self) -> DoubleArray:
        """``(n,)`` valid by total time."""
        return covered(self.valid_s, self.total_s)


def measure_events(
    reading: Reading,
    tokenizer: Tokenizer,
    *,
    config: EventConfig | None = None,
    speech: SpeechPart | None = None,
    bigrams: bool = False,
    vocabulary: Vocabulary | None = None,
) -> Episodes:
    """Count the events of each example of a recording; they are found once, whoever asks for them.

    Args:
        reading: a recording and its examples, no pictures.
        tokenizer: whose tokens it holds.
        config: thresholds, and which rows and displays count.
        speech: count silent or speaking time alone.
        bigrams: count what follows what.
        vocabulary: names, merges and groups; the user's if None.

    Raises:
        TableError: still pictures, a recording without tokens, or no file of its speech.
        ModelError: the tokens are another tokenizer's.
    """
    config = config or EventConfig()
    recording, count, units = reading.recording, len(reading.places), tokenizer.size - 1
    check_tokens(recording, tokenizer)
    times = recording.times
    if np.isnan(times).all():
        raise TableError("still pictures have no events", where=reading.name, advice="use shares of pictures instead")
    words = vocabulary_of(tokenizer) if vocabulary is None else vocabulary
    key = ("events", tokenizer.hash, config, words.merges, words.groups)
    found = reading.once(key, lambda: detect(recording, tokenizer, config, vocabulary=words))
    more = {unit.token: place for place, unit in enumerate(others(words))}
    made = Episodes(
        np.zeros(count), np.zeros(count), np.zeros((count, units)), np.zeros((count, units)),
        np.zeros((count, len(more))), np.zeros((count, len(more))),
        np.zeros((count, units, units)) if bigrams else None,
    )  # fmt: skip
    first = float(np.nanmin(times))
    for place in range(count):
        face = reading.examples.face_in(recording, place)
        time = window_of(reading.examples, place)
        made.total_s[place] = total(both(spans([(first, first + found.duration_s)]), time))
        if speech is not None:
            time = speech.within(time, recording, reading.name, face)
        _add(made, place, found, face, time, more)
    return made


def _add(made: Episodes, place: int, found: EventList, face: int, time: DoubleArray, more: Mapping[str, int]) -> None:
    shown = next((one for one in found.faces if one.face_id == face), None)
    if shown is None:
        return
    seen = shown.seen
    made.valid_s[place] = total(both(seen, time))
    mine = [event for event in found if event.face_id == face and event.kind in ("display", "group", "eyes")]
    if not mine:
        return
    inside = contains(time, [event.apex_s for event in mine]).tolist()
    here = [event for event, is_in in zip(mine, inside, strict=True) if is_in]
    by_unit: dict[tuple[bool, int], list[Event]] = defaultdict(list)
    for event in mine:
        display = event.kind == "display"
        by_unit[display, event.display - 1 if display else more[token_of(event)]].append(event)
    for (display, unit), events in by_unit.items():
        (made.on_s if display else made.other_on_s)[place, unit] = seconds_on(events, both(seen, time))
    for event in here:
        display = event.kind == "display"
        unit = event.display - 1 if display else more[token_of(event)]
        (made.count if display else made.other_count)[place, unit] += shown.saw_begin(event)
    if made.follows is not None:
        _count_pairs(made.follows[place], [event for event in here if event.kind == "display"])


def _count_pairs(follows: DoubleArray, events: list[Event]) -> None:
    """Pairs of an event and one that begins after it in time; events are in order of onset."""
    for place, first in enumerate(events):
        for second in events[place + 1 :]:
            if second.onset_s - first.onset_s > FOLLOWS_S:
                break
            if second.onset_s > first.onset_s:
                follows[first.display - 1, second.display - 1] += 1
