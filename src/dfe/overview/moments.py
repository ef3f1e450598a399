"""The strongest moments of a face: where to look first in a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dfe.events.found import EventList
from dfe.formats.event import Event, Kind

KINDS: tuple[Kind, ...] = ("group", "display")
"""What has moments: all of them in millimetres of the skin."""


@dataclass(frozen=True)
class Moment:
    """One event among the strongest of its face."""

    recording: str
    face: int
    unit: Kind
    """``group`` or ``display``."""
    rank: int
    """1 is the strongest of its face and unit."""
    label: str
    display: int
    """Number of the display; 0 for groups."""
    apex_s: float
    """When it is strongest, seconds from the start of the recording."""
    onset_s: float
    offset_s: float
    intensity_mm: float
    """At the apex."""


def strongest(recording: str, found: EventList, count: int) -> tuple[Moment, ...]:
    """The strongest events of each face and unit, a label once unless there are fewer labels than moments.

    Args:
        recording: its name.
        found: its events.
        count: of each face and unit, at most.
    """
    moments = []
    for face in found.faces:
        for kind in KINDS:
            mine = [event for event in found if event.face_id == face.face_id and event.kind == kind]
            for rank, event in enumerate(_varied(mine, count), start=1):
                moments.append(
                    Moment(
                        recording, face.face_id, kind, rank, event.label, event.display,
                        event.apex_s, event.onset_s, event.offset_s, event.intensity,
                    )
                )  # fmt: skip
    return tuple(moments)


def _varied(events: Sequence[Event], count: int) -> list[Event]:
    """The strongest event of each label, then the strongest of what is left; strongest first."""
    order = sorted(events, key=lambda event: (-event.intensity, event.onset_s))
    first: dict[str, Event] = {}
    for event in order:
        first.setdefault(event.label, event)
    chosen = list(first.values())[:count]
    rest = [event for event in order if event not in chosen]
    return sorted((*chosen, *rest[: count - len(chosen)]), key=lambda event: (-event.intensity, event.onset_s))


def moment_words(event: Event) -> str:
    """``smile, 5.6 mm at 18.9 s``."""
    return f"{event.label}, {event.intensity:.1f} mm at {event.apex_s:.1f} s"
