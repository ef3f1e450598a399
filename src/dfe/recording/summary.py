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

_LISTED = 6
"""Faces named in the line about those that are left out."""

MOMENT_S = 0.5
"""A face other than the main one that is seen for less time in all is fleeting: a passer-by, or no face at all."""


@dataclass(frozen=True)
class RecordingSummary:
    """Rows, frames, faces and failures of one recording."""

    rows: int
    frames: int
    """Different frame numbers."""
    faces: int
    """Different face ids that are seen for more than a moment. For pictures, the most faces in one picture."""
    fleeting: dict[int, float]
    """Seconds for which each of the others is seen, by face id; they are often no faces, and no report counts them."""
    face_rows: int
    """Rows with a face, those of fleeting ones too."""
    face_frames: int
    """Different frame numbers with at least one face that is not fleeting."""
    usable_frames: int
    """Different frame numbers with at least one usable face that is not fleeting."""
    found_share: float
    """Share of the time (of pictures, of their number) in which at least one such face is seen; frames that are missing
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
    fleeting = fleeting_faces(recording)
    lasting = ~np.isin(recording.face_ids, list(fleeting))
    frame, clock = recording.frames, recording.clock()
    success, usable = recording.success & lasting, recording.usable & lasting
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
        fleeting=fleeting,
        face_rows=int(recording.success.sum()),
        face_frames=with_face,
        usable_frames=with_usable,
        found_share=shares[0],
        usable_share=shares[1],
        failures=_counts(recording, "reason", ~recording.success),
        not_usable=_counts(recording, "why_not", success & ~usable),
        frame_rate=clock.rate,
        duration_s=None if pictures else clock.duration_s,
    )


def fleeting_faces(recording: Recording, moment_s: float = MOMENT_S) -> dict[int, float]:
    """Seconds for which each face is seen that is seen for a moment only, by its id; none in still pictures.

    Args:
        recording: whose faces; face 0 is never one of them.
        moment_s: how long a moment is; in a recording of less than a second, half of it is more than a moment.
    """
    clock, success = recording.clock(), recording.success
    if not len(clock.times):
        return {}
    ids, face = np.unique(recording.face_ids[success], return_inverse=True)
    shown = np.bincount(face, recording.seconds(success)[success], len(ids))
    enough = min(moment_s, clock.duration_s / 2)
    pairs = zip(ids.tolist(), shown.tolist(), strict=True)
    return {face: time for face, time in pairs if face != 0 and time < enough - 1e-9}


def fleeting_note(recording: Recording) -> tuple[str, ...]:
    """One line about the faces that are seen for a moment only; none if there are none."""
    fleeting = fleeting_faces(recording)
    if not fleeting:
        return ()
    ids, times = recording.face_ids, recording.times
    named = [f"face {face} ({time:.2f} s from {times[ids == face].min():.2f} s)" for face, time in fleeting.items()]
    listed = ", ".join(named[:_LISTED]) + (f" and {len(named) - _LISTED} more" if len(named) > _LISTED else "")
    return (f"left out, since seen for a moment only and perhaps no face: {listed}",)


def _counts(recording: Recording, name: str, rows: BoolArray) -> dict[str, int]:
    words = recording.table.column(name).filter(pa.array(rows)).cast(pa.string())
    return by_count({pair["values"] or NOT_SAID: pair["counts"] for pair in pc.value_counts(words).to_pylist()})


def by_count(counts: dict[str, int]) -> dict[str, int]:
    """The most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
