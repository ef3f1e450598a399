"""A recording in a few numbers, computed from its rows alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfe.base.types import BoolArray
from dfe.clock.spans import total

if TYPE_CHECKING:
    from dfe.recording.recording import Recording

NOT_SAID = "not said"
"""Reason of a row whose own is empty."""


@dataclass(frozen=True)
class RecordingSummary:
    """Rows, frames, faces and failures of one recording."""

    rows: int
    frames: int
    """Different frame numbers."""
    faces: int
    """Different face ids, failures not counted. For pictures, the most faces in one picture."""
    face_rows: int
    """Rows with a face."""
    face_frames: int
    """Different frame numbers with at least one face."""
    usable_frames: int
    """Different frame numbers with at least one usable face."""
    coverage: float
    """Share of the time (of pictures, of their number) in which at least one face is seen; frames that are missing
    count as frames without a face. See :class:`dfe.clock.clock.Clock` for what time a row stands for."""
    usable_share: float
    """Share in which at least one usable face is seen, likewise."""
    failures: dict[str, int]
    """Rows without a face, by reason, the most frequent first."""
    not_usable: dict[str, int]
    """Rows with a face that are not usable, by reason, the most frequent first."""
    frame_rate: float | None
    """Frames per second, gaps left out; None for pictures, and where no two frames follow each other."""
    duration_s: float | None
    """From the first frame to the end of the last one, in seconds; None for pictures."""

    def to_dict(self) -> dict[str, Any]:
        """Plain types only, fit for JSON."""
        return asdict(self)


def summarise(recording: Recording) -> RecordingSummary:
    """Count the rows, and the time in which faces are seen."""
    frame, success, usable, clock = recording.frames, recording.success, recording.usable, recording.clock()
    frames, with_face, with_usable = (len(np.unique(frame[rows])) for rows in (slice(None), success, usable))
    pictures = not len(clock.times)
    shares = [
        shown / max(frames, 1) if pictures else total(recording.seen(rows)) / clock.duration_s
        for shown, rows in ((with_face, success), (with_usable, usable))
    ]
    return RecordingSummary(
        rows=len(frame),
        frames=frames,
        faces=len(np.unique(recording.face_ids[success])),
        face_rows=int(success.sum()),
        face_frames=with_face,
        usable_frames=with_usable,
        coverage=shares[0],
        usable_share=shares[1],
        failures=_counts(recording, "reason", ~success),
        not_usable=_counts(recording, "why_not", success & ~usable),
        frame_rate=clock.rate,
        duration_s=None if pictures else clock.duration_s,
    )


def _counts(recording: Recording, name: str, rows: BoolArray) -> dict[str, int]:
    words = recording.table.column(name).filter(pa.array(rows)).cast(pa.string())
    return by_count({pair["values"] or NOT_SAID: pair["counts"] for pair in pc.value_counts(words).to_pylist()})


def by_count(counts: dict[str, int]) -> dict[str, int]:
    """The most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
