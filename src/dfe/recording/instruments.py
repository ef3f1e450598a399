"""What measured the faces of recordings (our networks, another tool's table), in words; and mixtures of them.

A smile in a film and one in a tool's 68 points are not on one scale: what recordings differ in may be the instrument.
"""

from __future__ import annotations

from collections.abc import Sequence

from dfe.recording.neutrals import neutrals_said
from dfe.recording.recording import Recording


def instrument_of(recording: Recording) -> str:
    """What measured a recording's faces: the front end, and of a table what it was read from."""
    about = recording.provenance.frontend
    name = str(about.get("name") or "not said")
    return f"{name} ({about['from']})" if "from" in about else name


def instrument_notes(instruments: Sequence[str]) -> tuple[str, ...]:
    """A sentence where recordings were measured by different instruments; else none."""
    if len(set(instruments)) < 2:
        return ()
    return (
        f"Recordings were measured by different instruments: {neutrals_said(instruments)}. "
        "What they differ in may come from that: measure all by one.",
    )
