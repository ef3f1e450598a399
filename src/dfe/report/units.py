"""Eyes and groups of a recording as rows of its page: share of time, events a minute, intensity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dfe.base.types import BoolArray
from dfe.clock.clock import GAP_S
from dfe.displays.vocabulary import Vocabulary
from dfe.events.finding import detect
from dfe.events.found import EventList
from dfe.events.rates import rates
from dfe.pages.view import UnitRow
from dfe.recording.recording import Recording
from dfe.recording.shown import shown
from dfe.tokenizer.tokenizer import Tokenizer


def unit_rows(
    recording: Recording, vocabulary: Vocabulary, counted: BoolArray, per_min: Mapping[str, float]
) -> tuple[UnitRow, ...]:
    """Groups and displays of the eyes that are shown at all.

    Args:
        recording: with tokens.
        vocabulary: of the tokenizer that made them.
        counted: ``(n,)`` rows that count.
        per_min: events a minute of each unit, where they are known.
    """
    if not recording.levels or not counted.any():
        return ()
    found = shown(recording, vocabulary, counted).only("group", "eyes")
    seconds = recording.seconds(counted)[counted]
    says, amount = found.says[counted], np.nan_to_num(found.amount[counted])
    share = seconds @ says / (float(seconds.sum()) or 1.0)
    rows = []
    for place, unit in enumerate(found.units):
        mine = says[:, place]
        if mine.any():
            mean = float(seconds[mine] @ amount[mine, place] / (float(seconds[mine].sum()) or 1.0))
            known = per_min.get(unit.token)
            rows.append(
                UnitRow(
                    unit.token, unit.label, unit.kind, float(share[place]), known, mean, unit.measure, unit.displays
                )
            )
    return tuple(rows)


def events_of(recording: Recording, tokenizer: Tokenizer, vocabulary: Vocabulary) -> EventList | None:
    """The events that `dfe events` finds with its options as they are; None of recordings that can have none."""
    if not recording.levels or not _filmed(recording):
        return None
    return detect(recording, tokenizer, vocabulary=vocabulary)


def events_per_minute(found: EventList | None) -> dict[tuple[int, str], float]:
    """Events a minute by face and unit; nothing of recordings that can have none."""
    return {(rate.face, rate.token): rate.per_min for rate in rates(found) if rate.per_min is not None} if found else {}


def _filmed(recording: Recording) -> bool:
    """Whether there is time, and enough frames in it, for events."""
    return bool(np.isfinite(recording.times).any()) and recording.clock().step_s <= GAP_S
