"""A recording in a few numbers, computed from its rows alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, IntArray

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
    """Rows with a face."""
    coverage: float
    """Share of frames with at least one face."""
    usable_share: float
    """Share of frames with at least one usable face."""
    failures: dict[str, int]
    """Rows without a face, by reason, the most frequent first."""
    not_usable: dict[str, int]
    """Rows with a face that are not usable, by reason, the most frequent first."""
    frame_rate: float | None
    """Rows' frames per second: (frames - 1) / (last time - first time); None for pictures."""
    duration_s: float | None
    """From the first frame to the end of the last one, in seconds; None for pictures."""

    def to_dict(self) -> dict[str, Any]:
        """Plain types only, fit for JSON."""
        return asdict(self)


def summarise(
    *,
    frame: IntArray,
    time_s: DoubleArray,
    face_id: IntArray,
    success: BoolArray,
    usable: BoolArray,
    failures: dict[str, int],
    not_usable: dict[str, int],
) -> RecordingSummary:
    """Count the rows.

    Args:
        frame: as all arrays here a column of the table ``(n,)``.
        time_s: NaN where empty.
        face_id: -1 without a face.
        success: a face was found.
        usable: and it is usable.
        failures: rows without a face by reason.
        not_usable: rows with a face that are not usable by reason.
    """
    frames = len(np.unique(frame))
    rate, duration = _rate_and_duration(frame, time_s)
    fleeting = fleeting_faces(face_id, rate, duration)
    return RecordingSummary(
        rows=len(frame),
        frames=frames,
        faces=len(np.unique(face_id[success])) - len(fleeting),
        fleeting=fleeting,
        face_rows=int(success.sum()),
        coverage=len(np.unique(frame[success])) / frames if frames else 0.0,
        usable_share=len(np.unique(frame[usable])) / frames if frames else 0.0,
        failures=by_count(failures),
        not_usable=by_count(not_usable),
        frame_rate=rate,
        duration_s=duration,
    )


def fleeting_faces(
    face_id: IntArray, rate: float | None, duration_s: float | None, moment_s: float = MOMENT_S
) -> dict[int, float]:
    """Seconds for which each face is seen that is seen for a moment only, by its id; none in still pictures.

    Args:
        face_id: of each row ``(n,)``, below 0 without a face.
        rate: frames per second of the rows; None for pictures.
        duration_s: of the recording; in one of less than a second, half of it is more than a moment.
        moment_s: how long a moment is.
    """
    if rate is None or duration_s is None:
        return {}
    enough = min(moment_s, duration_s / 2)
    ids, rows = np.unique(face_id[face_id > 0], return_counts=True)
    seconds = {int(face): float(count / rate) for face, count in zip(ids, rows, strict=True)}
    return {face: time for face, time in seconds.items() if time < enough - 1e-9}


def frame_times(frame: IntArray, time_s: DoubleArray) -> DoubleArray:
    """Time of each different frame, in order of the frame numbers, ``(frames,)``; frames without a time left out."""
    _, first = np.unique(frame, return_index=True)
    times = time_s[first]
    return times[np.isfinite(times)]


def _rate_and_duration(frame: IntArray, time_s: DoubleArray) -> tuple[float | None, float | None]:
    times = frame_times(frame, time_s)
    if len(times) < 2:
        return None, None
    span = float(times.max() - times.min())
    if span <= 0:
        return None, None
    return (len(times) - 1) / span, span + float(np.median(np.diff(times)))


def by_count(counts: dict[str, int]) -> dict[str, int]:
    """The most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
