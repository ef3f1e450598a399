"""Events of each person minute by minute: what reliability is worked out from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import DoubleArray, Progress
from dfe.displays.names import load_names
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.find import tokenizer_of
from dfe.events.finding import detect
from dfe.events.rates import rates
from dfe.events.resting import as_asked
from dfe.recording.copies import FaceStretch, refuse_copies, whole_of
from dfe.recording.faces import sole_face
from dfe.recording.instruments import instrument_of
from dfe.recording.neutrals import neutral_of
from dfe.recording.recording import Recording
from dfe.recording.roles import Role
from dfe.tokenizer.tokenizer import Tokenizer

MINUTE_S = 60.0
LEAST = 0.2
"""A block of which less than this share is usable time is not counted."""


@dataclass(frozen=True)
class Counted:
    """What is counted: a display, a group of displays, or a display of the eyes."""

    token: str
    """Number of the display, or name."""
    unit: Literal["display", "group", "eyes"]
    label: str
    region: str


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
    """Events of ``T`` units (displays, groups of them, displays of the eyes) in each stretch of up to a minute."""

    units: tuple[Counted, ...]
    """What the columns of ``count`` are; displays of the eyes where all recordings measure them."""
    subject: tuple[str, ...]
    """``n`` owners."""
    session: tuple[str, ...]
    recording: tuple[int, ...]
    """Numbers; rows of one recording stand in the order of time."""
    exposure_s: DoubleArray
    """``(n,)`` usable time."""
    count: DoubleArray
    """``(n, T)`` events."""
    tokenizer: str = ""
    events: EventConfig = field(default_factory=EventConfig)
    """What counted as one."""
    resting: tuple[str, ...] = ()
    """Whose resting face the face of each recording was measured against, in words."""
    instruments: tuple[str, ...] = ()
    """What measured each recording, in words."""


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
        TableError: a recording that cannot be read or has no tokens, or two that are copies of one film.
    """
    if not 1 <= block_s <= 3600:
        raise UsageError(f"blocks of {block_s:g} s, they must last between 1 and 3,600 s")
    config = config or EventConfig()
    subject: list[str] = []
    session: list[str] = []
    number: list[int] = []
    exposure: list[float] = []
    counts: list[dict[Counted, int]] = []
    resting: list[str] = []
    instruments: list[str] = []
    stretches: list[FaceStretch] = []
    vocabulary: Vocabulary | None = None
    for done, source in enumerate(sources, start=1):
        recording = Recording.read(source.path, landmarks=False)
        tokenizer = tokenizer or tokenizer_of(recording)
        vocabulary = vocabulary or vocabulary_of(tokenizer, load_names(tokenizer, names))
        recording = as_asked(recording, tokenizer, config)
        found = detect(recording, tokenizer, config, vocabulary=vocabulary)
        start = float(np.nanmin(recording.times))
        face = sole_face(recording, source.path) if source.face is None else source.face
        resting.append(neutral_of(recording, face))
        instruments.append(instrument_of(recording))
        sha256, path = recording.provenance.source.sha256, str(source.path)
        stretches.append(FaceStretch(sha256, path, face or 0, *whole_of(recording), source.path.stem))
        for block in range(int(np.ceil(found.duration_s / block_s))):
            low = start + block_s * block
            role = Role("", face, low, low + block_s, "x", "")
            mine = [r for r in rates(found, roles=[role]) if r.subject == "x" and r.face == face]
            kept = {
                Counted(r.token, r.unit, r.label, r.region): r.count or 0
                for r in mine
                if r.speech == "all" and (r.unit == "display" or r.unit == "group" or r.unit == "eyes")
            }
            seconds = next((r.exposure_s for r in mine), 0.0)
            if kept and seconds >= LEAST * block_s:
                subject.append(source.subject)
                session.append(source.session)
                number.append(done)
                exposure.append(seconds)
                counts.append(kept)
        if progress is not None:
            progress(done, len(sources))
    refuse_copies(stretches, sources[0].path.parent if sources else "")
    if tokenizer is None or not counts:
        raise UsageError("there is no usable time in the recordings")
    who, sitting, which = tuple(subject), tuple(session), tuple(number)
    units = tuple(unit for unit in counts[0] if all(unit in kept for kept in counts))
    events = np.array([[kept[unit] for unit in units] for kept in counts], np.float64)
    return Minutes(
        units,
        who,
        sitting,
        which,
        np.array(exposure),
        events,
        tokenizer.id,
        config,
        tuple(resting),
        tuple(instruments),
    )
