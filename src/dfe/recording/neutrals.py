"""Whose resting face the expressions of recordings were measured against, in words; and mixtures of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dfe.recording.provenance import RestingNote
from dfe.recording.recording import Recording

OWN = "the person's own"
EVERYBODYS = "everybody's"
INTERVAL = "that of a named interval"
ANOTHER = "another recording's"
NONE = "not said"
"""The recording does not state it; those outside the face model's space never do."""


def neutral_of(recording: Recording, face: int | None) -> str:
    """Whose resting face a face of a recording was measured against; in the words above."""
    note = note_of(recording, face)
    if note is None:
        return NONE
    if note.neutral in ("own", "population"):
        return OWN if note.neutral == "own" else EVERYBODYS
    return ANOTHER if note.neutral.startswith("recording ") else INTERVAL


def note_of(recording: Recording, face: int | None) -> RestingNote | None:
    """What a recording says of the resting face of one of its faces."""
    return next((note for note in recording.provenance.resting if note.face in (None, face or 0)), None)


def neutrals_said(neutrals: Sequence[str]) -> str:
    """How many were measured against which, as in ``the person's own (12), everybody's (2)``."""
    counted = sorted(Counter(neutrals).items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{name} ({count})" for name, count in counted)


def resting_notes(recording: Recording, faces: Sequence[int]) -> tuple[str, ...]:
    """What each face of a recording was measured against, and how well that is known; a line a kind of resting face."""
    lines: dict[str, list[str]] = {}
    for face in faces:
        note, whose = note_of(recording, face), neutral_of(recording, face)
        if note is None:
            continue
        sure = f" ({note.sure:.0%} sure)" if note.sure is not None and whose == OWN else ""
        lines.setdefault(whose, []).append(f"face {face}{sure}")
    return tuple(f"displays count against {whose} resting face: {', '.join(who)}" for whose, who in lines.items())


def neutral_notes(neutrals: Sequence[str]) -> tuple[str, ...]:
    """A sentence where recordings were measured against resting faces of different kinds; else none."""
    if len(set(neutrals)) < 2:
        return ()
    return (
        f"Recordings were measured against different resting faces: {neutrals_said(neutrals)}. "
        "What they differ in may come from that: encode all with the same --neutral.",
    )
