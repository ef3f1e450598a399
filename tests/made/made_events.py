"""Events of two faces, with all that makes trouble: overlaps, equal names, odd characters, no length."""

from __future__ import annotations

from hypothesis import strategies as st

from dfe.formats.event import Event
from dfe.formats.tsv import EventSource

SMILE = Event(0, "display", 7, "lip corner pull, left", "mouth", 1.25, 1.5, 2.0, 3.125)
MIXED = (
    SMILE,
    Event(0, "display", 9, "jaw drop", "mouth", 1.75, 2.0, 2.5, 6.0),
    Event(0, "display", 7, "lip corner pull, left", "mouth", 2.0, 2.25, 3.0, 2.0, censored=True),
    Event(0, "display", 12, 'a "b" <c> & d\'', "brows", 0.0, 0.25, 0.5, 1.0, speaking=True),
    Event(0, "blink", 0, "blink", "eyes", 4.0, 4.08, 4.2, 0.9),
    Event(0, "gaze", 0, "gaze left", "eyes", 4.1, 4.2, 4.4, 0.5),
    Event(1, "display", 9, "jaw drop", "mouth", 5.0, 5.0, 5.0, 6.0),
    Event(1, "display", 21, "jaw drop", "mouth", 6.0, 6.5, 7.0004, 6.0),
)
SOURCE = EventSource("Gespräch 1.mp4", "dfe-face41@2", "ab" * 32, 12.5, 30.0)

_LABELS = [
    "smile",
    "jaw drop",
    "a, b",
    "x|y",
    'say "ah"',
    "<b>&amp;</b>",
    "é\u202e",
    "\x00\x0b",
    "-->",
    "",
    "smile (display 1)",
]


@st.composite
def any_events(draw: st.DrawFn) -> list[Event]:
    events = []
    for _ in range(draw(st.integers(0, 12))):
        onset = draw(st.integers(0, 40)) / 8
        length = draw(st.integers(0, 24)) / 8
        display = draw(st.integers(1, 5))
        label = draw(st.sampled_from(_LABELS))
        region = draw(st.sampled_from(["mouth", "brows & <eyes>", ""]))
        face = draw(st.integers(0, 1))
        events.append(Event(face, "display", display, label, region, onset, onset, onset + length, 1.0))
    return events
