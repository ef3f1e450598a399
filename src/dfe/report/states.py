"""When one face of a film is usable, when it is not, when it is not there, and why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dfe.base.types import BoolArray
from dfe.pages.spans import StateSpans, state_spans
from dfe.pages.view import LOWER, NOT_FOUND, NOT_USABLE, UPPER, USABLE
from dfe.recording.recording import Recording
from dfe.recording.usability import OVER_LOWER, OVER_UPPER, UsabilityRule

OTHERS = "other faces are found, not this one"
"""Reason of a moment in which a person is not seen, and somebody else is."""


def quality_of(recording: Recording, mine: BoolArray) -> StateSpans:
    """The recording's time in stretches in which one face is usable, is not, or is not there, and why."""
    clock, times = recording.clock(), recording.times
    state, why = np.full(len(clock.times), NOT_FOUND), np.full(len(clock.times), OTHERS, np.object_)
    known = np.isfinite(times)
    place = np.searchsorted(clock.times, times).clip(max=max(len(clock.times) - 1, 0))
    failed = known & ~recording.success
    why[place[failed]] = recording.column("reason")[failed]
    if not mine.any():
        ghosts = known & recording.success
        why[place[ghosts]] = "a face for a moment only, perhaps none"
    found = known & mine & recording.success
    state[place[found]] = np.where(recording.usable[found], USABLE, NOT_USABLE)
    why[place[found]] = _why_not(recording)[found]
    seen = [recording.seen(found & recording.usable), recording.seen(found)]
    return state_spans(clock, seen, state, why.tolist())


def _why_not(recording: Recording) -> NDArray[np.object_]:
    """Why each row is not usable ``(n,)``: the first limit that it breaks, and each half of the face that is hidden."""
    why = np.array(recording.column("why_not"), np.object_)
    limits = recording.provenance.options.get("usability", {})
    rule = UsabilityRule()
    for name, words, most in (
        ("upper", OVER_UPPER, rule.max_covered_upper),
        ("lower", OVER_LOWER, rule.max_covered_lower),
    ):
        hidden = recording.column(f"covered_{name}").astype(np.float64) > limits.get(f"max_covered_{name}", most)
        for row in np.flatnonzero(hidden & recording.success & ~recording.usable).tolist():
            if words not in (why[row] or ""):
                why[row] = f"{why[row]}; {words}" if why[row] else words
    return why


def covered_of(quality: StateSpans) -> tuple[int, ...]:
    """The halves of the face that something hides in each stretch."""
    halves = ((OVER_UPPER, UPPER), (OVER_LOWER, LOWER))
    return tuple(sum(half for words, half in halves if words in reason) for reason in quality.reason)
