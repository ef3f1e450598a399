"""Events on tiers, as annotation tools want them: within a tier nothing overlaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dfe.formats.event import Event


@dataclass(frozen=True)
class MediaRef:
    """The video that events lie on."""

    path: Path | None = None
    """Where it lies; None links no video."""
    duration_s: float | None = None
    frame_rate: float | None = None


GROUPS = "groups"
"""Tiers of groups of displays, whatever their region."""

Key = tuple[str, int, str]
"""Kind, display and label."""


class Placed(NamedTuple):
    """An event between two whole ticks of a clock, at least one apart."""

    begin: int
    end: int
    event: Event


class Tier(NamedTuple):
    """Events of one region of one face, in the order of time, none overlapping the next."""

    name: str
    """``face0 mouth``; ``face0 mouth 2`` for those that overlap one of the first tier, and so on."""
    face_id: int
    region: str
    placed: tuple[Placed, ...]


def place(event: Event, per_second: int) -> Placed:
    """An event on a clock with so many ticks a second; what is too short for it takes one tick."""
    begin = max(round(event.onset_s * per_second), 0)
    return Placed(begin, max(round(event.offset_s * per_second), begin + 1), event)


def tiers(events: Sequence[Event], per_second: int) -> tuple[Tier, ...]:
    """Sort events into tiers by face and region, on a clock with so many ticks a second.

    Displays of one region may overlap. Each goes, in the order of onset, to the first tier of its face and region that
    is free by then: the fewest tiers that hold them all.
    """
    groups: dict[tuple[int, str], list[list[Placed]]] = {}
    for placed in sorted((place(event, per_second) for event in events), key=_order):
        # Groups repeat what their displays say, so they stand on tiers of their own.
        region = GROUPS if placed.event.kind == "group" else placed.event.region
        layers = groups.setdefault((placed.event.face_id, region), [])
        free = next((layer for layer in layers if layer[-1].end <= placed.begin), None)
        if free is None:
            layers.append([placed])
        else:
            free.append(placed)
    return tuple(
        Tier(f"face{face} {region or 'face'}{f' {number}' if number > 1 else ''}", face, region, tuple(layer))
        for (face, region), layers in sorted(groups.items())
        for number, layer in enumerate(layers, start=1)
    )


def _order(placed: Placed) -> tuple[int, int, str, int, str]:
    event = placed.event
    return placed.begin, placed.end, event.kind, event.display, event.label


def end_s(events: Sequence[Event], media: MediaRef) -> float:
    """End of the time that a file covers: of the video, or of the last event where that is later."""
    return max([media.duration_s or 0.0, *(event.offset_s for event in events)])


def key(event: Event) -> Key:
    """What an event is an occurrence of."""
    return event.kind, event.display, event.label


def names(events: Sequence[Event], spelt: Callable[[str], str] = str) -> dict[Key, str]:
    """What to call each kind of event, so that no two are called alike.

    The label, as ``spelt`` for a format that cannot hold all characters; with the number of the display where several
    have one label or where there is none.
    """
    keys = sorted({key(event) for event in events})
    plain = [" ".join(spelt(label).split()) for _, _, label in keys]
    words: dict[Key, str] = {}
    for (kind, display, label), word in zip(keys, plain, strict=True):
        told = f"{kind} {display}" if display else kind
        base = word if word and plain.count(word) == 1 else f"{word} ({told})".strip()
        name, number = base, 2
        while name in words.values() or (name != word and name in plain):
            name, number = f"{base} {number}", number + 1
        words[kind, display, label] = name
    return words
