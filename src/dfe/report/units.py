"""Eyes and groups of a recording as rows of its page: share of time, events a minute, intensity."""

from __future__ import annotations

import math

import numpy as np

from dfe.base.types import BoolArray
from dfe.clock.clock import GAP_S
from dfe.displays.vocabulary import Vocabulary
from dfe.events.finding import detect
from dfe.events.found import EventList
from dfe.events.rates import Rate, rates
from dfe.pages.view import UnitRow
from dfe.recording.recording import Recording
from dfe.recording.shown import shown
from dfe.tokenizer.tokenizer import Tokenizer


def unit_rows(
    recording: Recording, tokenizer: Tokenizer, vocabulary: Vocabulary, counted: BoolArray
) -> tuple[UnitRow, ...]:
    """Groups and displays of the eyes that are shown at all, all faces together.

    Args:
        recording: with tokens.
        tokenizer: that made them.
        vocabulary: its units.
        counted: ``(n,)`` rows that count.
    """
    if not recording.levels or not counted.any():
        return ()
    found = shown(recording, vocabulary, counted).only("group", "eyes")
    seconds = recording.seconds(counted)[counted]
    says, amount = found.says[counted], np.nan_to_num(found.amount[counted])
    share = seconds @ says / (float(seconds.sum()) or 1.0)
    per_min = _per_minute(recording, tokenizer, vocabulary)
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


def _per_minute(recording: Recording, tokenizer: Tokenizer, vocabulary: Vocabulary) -> dict[str, float]:
    """Events a minute of each unit; nothing of recordings that can have none."""
    if not _filmed(recording):
        return {}
    found: EventList = detect(recording, tokenizer, vocabulary=vocabulary)
    by_token: dict[str, list[Rate]] = {}
    for rate in rates(found):
        by_token.setdefault(rate.token, []).append(rate)
    out = {}
    for token, mine in by_token.items():
        exposure = math.fsum(rate.exposure_s for rate in mine)
        if exposure > 0:
            out[token] = 60 * sum(rate.count for rate in mine) / exposure
    return out


def _filmed(recording: Recording) -> bool:
    """Whether there is time, and enough frames in it, for events."""
    return bool(np.isfinite(recording.times).any()) and recording.clock().step_s <= GAP_S
