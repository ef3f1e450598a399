"""A recording in a few numbers, computed from its rows alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.clock.clock import Clock
from dfe.clock.spans import total

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


def summarise(
    *,
    frame: IntArray,
    clock: Clock,
    face_id: IntArray,
    success: BoolArray,
    usable: BoolArray,
    seen: DoubleArray,
    seen_usable: DoubleArray,
    failures: dict[str, int],
    not_usable: dict[str, int],
) -> RecordingSummary:
    """Count the rows.

    Args:
        frame: as the other arrays ``(n,)`` a column of the table.
        clock: of all frames.
        face_id: -1 without a face.
        success: a face was found.
        usable: and it is usable.
        seen: stretches ``(k, 2)`` with a face, seconds.
        seen_usable: stretches with a usable face.
        failures: rows without a face by reason.
        not_usable: rows with a face that are not usable by reason.
    """
    frames, with_face, with_usable = (len(np.unique(frame[rows])) for rows in (slice(None), success, usable))
    duration = clock.duration_s if len(clock.times) else None
    return RecordingSummary(
        rows=len(frame),
        frames=frames,
        faces=len(np.unique(face_id[success])),
        face_rows=int(success.sum()),
        face_frames=with_face,
        usable_frames=with_usable,
        coverage=with_face / max(frames, 1) if duration is None else total(seen) / duration,
        usable_share=with_usable / max(frames, 1) if duration is None else total(seen_usable) / duration,
        failures=by_count(failures),
        not_usable=by_count(not_usable),
        frame_rate=clock.rate,
        duration_s=duration,
    )


def by_count(counts: dict[str, int]) -> dict[str, int]:
    """The most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
