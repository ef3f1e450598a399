"""Events of each person minute by minute: what reliability is worked out from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, Progress
from dfe.displays.names import load_names
from dfe.displays.units import DisplayName
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.find import tokenizer_of
from dfe.events.finding import detect
from dfe.events.rates import rates
from dfe.recording.faces import sole_face
from dfe.recording.recording import Recording
from dfe.recording.roles import Role
from dfe.tokenizer.tokenizer import Tokenizer

MINUTE_S = 60.0
LEAST = 0.2
"""A block of which less than this share is valid time is not counted."""


@dataclass(frozen=True)
class Source:
    """A recording, whose it is, and in which session."""

    path: Path
    subject: str
    session: str = ""
    face: int | None = None
    """face_id; None where nobody said, and the recording has to show one person alone."""


@dataclass(frozen=True, eq=False)
class Minutes:
    """Events of ``T`` displays in each stretch of up to a minute, of all recordings."""

    displays: Mapping[int, DisplayName]
    subject: tuple[str, ...]
    """``n`` owners."""
    session: tuple[str, ...]
    recording: tuple[int, ...]
    """Numbers; rows of one recording stand in the order of time."""
    exposure_s: DoubleArray
    """``(n,)`` valid time."""
    count: DoubleArray
    """``(n, T)`` events."""
    tokenizer: str = ""
    events: EventConfig = field(default_factory=EventConfig)
    """What counted as one."""


def measure_minutes(
    sources: Sequence[Source],
    *,
    tokenizer: Tokenizer | None = None,
    config: EventConfig | None = None,
    names: Path | None = None,
    block_s: float = MINUTE_S,
    progress: Progress | None = None,
) -> Minutes:
    """Count events minute by minute (or in blocks of another length).

    ``names`` is the user's file of names and merges; by default DFE_NAMES, or names.json beside the tokenizer.

    Raises:
        UsageError: nothing to measure, or recordings of different tokenizers.
        TableError: a recording that cannot be read or has no tokens.
    """
    if not 1 <= block_s <= 3600:
        raise UsageError(f"blocks of {block_s:g} s, they must last between 1 and 3,600 s")
    config = config or EventConfig()
    subject: list[str] = []
    session: list[str] = []
    number: list[int] = []
    exposure: list[float] = []
    counts: list[list[int]] = []
    displays: dict[int, DisplayName] = {}
    vocabulary: Vocabulary | None = None
    for done, source in enumerate(sources, start=1):
        recording = Recording.read(source.path, landmarks=False)
        tokenizer = tokenizer or tokenizer_of(recording)
        vocabulary = vocabulary or vocabulary_of(tokenizer, load_names(tokenizer, names))
        found = detect(recording, tokenizer, config, vocabulary=vocabulary)
        displays = dict(found.names)
        start = float(np.nanmin(recording.times))
        face = sole_face(recording, source.path) if source.face is None else source.face
        for block in range(int(np.ceil(found.duration_s / block_s))):
            low = start + block_s * block
            role = Role("", face, low, low + block_s, "x", "")
            mine = [r for r in rates(found, roles=[role]) if r.subject == "x" and r.face == face]
            kept = {int(r.token): r.count for r in mine if r.token.isdecimal() and r.speech == "all"}
            seconds = next((r.exposure_s for r in mine), 0.0)
            if kept and seconds >= LEAST * block_s:
                subject.append(source.subject)
                session.append(source.session)
                number.append(done)
                exposure.append(seconds)
                counts.append([kept[display] for display in displays])
        if progress is not None:
            progress(done, len(sources))
    if tokenizer is None or not counts:
        raise UsageError("there is no valid time in the recordings")
    who, sitting, which = tuple(subject), tuple(session), tuple(number)
    return Minutes(displays, who, sitting, which, np.array(exposure), np.array(counts, float), tokenizer.id, config)
